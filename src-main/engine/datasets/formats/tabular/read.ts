import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  type Item,
  noAttributes,
  ProblemLog,
} from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';
import { readMeta } from '../common/meta.ts';

/** Names of columns, in the order in which they are looked for. */
const labelNames = ['label', 'class', 'target', 'category', 'species', 'y'];
const pictureNames = ['image', 'file_name', 'filename', 'image_path', 'path', 'file', 'img', 'image_id'];
const textNames = ['caption', 'text'];

/** Which columns have a meaning; -1 for none. */
interface Columns {
  readonly names: readonly string[];
  readonly label: number;
  readonly picture: number;
  readonly text: number;
}

const columnsOf = (names: readonly string[]): Columns => {
  const lower = names.map((name) => name.toLowerCase());
  const place = (wanted: readonly string[]): number =>
    lower.indexOf(wanted.find((name) => lower.includes(name)) ?? '\0');
  return { names, label: place(labelNames), picture: place(pictureNames), text: place(textNames) };
};

/** Reads `<subset>.csv`: a row is an item, its class is in a column such as `label`, the rest are attributes. */
export async function readTabular(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const tables = (await namesIn(folder)).filter((name) => /\.csv$/i.test(name));
  if (tables.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no table in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  const found = new Set<string>();
  for (const table of tables) {
    for await (const { columns, fields } of rowsIn(folder, table, () => undefined)) {
      const name = fields[columns.label] ?? '';
      if (name !== '') found.add(name);
    }
  }
  const numbers = [...found].every((name) => /^-?\d+$/.test(name));
  for (const name of [...found].sort((a, b) => (numbers ? Number(a) - Number(b) : a < b ? -1 : 1)))
    builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const table of tables) {
        let index = 0;
        const ids = new Set<string>();
        const complain = (line: number, reason: string): void => problems.add(table, `line ${line}`, reason);
        for await (const { columns, fields, line } of rowsIn(folder, table, complain)) {
          options.signal?.throwIfAborted();
          if (fields.length !== columns.names.length)
            complain(line, 'the row has not as many fields as the head');
          yield await itemOf(folder, stemOf(table), columns, fields, index, ids, builder);
          index += 1;
        }
      }
    },
  };
}

async function* rowsIn(
  folder: string,
  table: string,
  complain: (line: number, reason: string) => void,
): AsyncGenerator<{ readonly columns: Columns; readonly fields: readonly string[]; readonly line: number }> {
  let columns: Columns | undefined;
  for await (const { fields, line } of csvRows(inside(folder, table), complain, [])) {
    if (columns === undefined) columns = columnsOf(fields);
    else yield { columns, fields, line };
  }
}

async function itemOf(
  folder: string,
  subset: string,
  columns: Columns,
  fields: readonly string[],
  index: number,
  ids: Set<string>,
  builder: CategoryBuilder,
): Promise<Item> {
  const annotations: Annotation[] = [];
  const label = builder.find(fields[columns.label] ?? '');
  if (label !== undefined)
    annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
  const text = fields[columns.text] ?? '';
  if (text !== '') annotations.push({ type: 'caption', id: 0, group: 0, attributes: noAttributes, text });
  const named = safeRelative(fields[columns.picture] ?? '');
  const picture = named !== null && isPicture(named) ? await pictureNamed(folder, subset, named) : null;
  const attributes = new Map<string, AttributeValue>();
  for (const [place, name] of columns.names.entries()) {
    const used =
      place === columns.label || place === columns.text || (place === columns.picture && picture !== null);
    const value = fields[place] ?? '';
    if (!used && value !== '') attributes.set(name, valueIn(value));
  }
  let id = picture === null ? String(index) : stemOf(named!);
  if (ids.has(id)) id = `${id}_${index}`;
  ids.add(id);
  const path = picture === null ? null : inside(folder, picture);
  const media = path === null ? null : ({ kind: 'image', path, size: await pictureSize(path) } as const);
  return { id, subset, media, attributes, annotations };
}

/** Where a picture lies that a row names: beside the table, or in a folder of that name or for pictures. */
async function pictureNamed(folder: string, subset: string, name: string): Promise<string> {
  for (const start of ['', `${subset}/`, 'images/', `images/${subset}/`]) {
    if (await isFile(inside(folder, `${start}${name}`))) return `${start}${name}`;
  }
  return name;
}

/** Numbers and yes or no as what they are; what is not written back in the same way stays text. */
function valueIn(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return String(Number(text)) === text ? Number(text) : text;
}
