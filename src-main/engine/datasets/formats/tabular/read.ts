import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, headOf, namesIn, pictureSize } from '../../files/folder.ts';
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
import { type CsvRow, csvRows, type Delimiter, sortedNames, tableHead } from '../common/csv.ts';
import { readMeta } from '../common/meta.ts';
import { PictureIndex, pictureName, subsetInName } from '../common/picture-index.ts';
import { type Columns, columnsOf, isOne, isZero } from './columns.ts';

interface Table {
  readonly name: string;
  readonly subset: string;
  readonly delimiter: Delimiter;
  readonly columns: Columns;
}

type Row = Pick<CsvRow, 'fields' | 'line'>;

/** Rows by which the columns are told. */
const sampleRows = 20;

/**
 * Reads `<subset>.csv`: a row is an item, its class is in a column such as `label` or has a column of its own, the rest are
 * attributes. Kaggle's tables name pictures without folder and ending.
 */
export async function readTabular(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const all = (await namesIn(folder)).filter((name) => /\.csv$/i.test(name));
  const names = all.filter((name) => !isForm(name));
  for (const name of all.filter(isForm))
    problems.add(name, '', 'a form for answers to be sent in, and not read');
  if (names.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no table in ${folder}.`);
  const pictures = new PictureIndex();
  for await (const path of filesUnder(folder)) if (isPicture(path)) pictures.add(path);
  const meta = await readMeta(folder);
  const builder = new CategoryBuilder();
  for (const name of meta ?? []) builder.named(name);
  const tables: Table[] = [];
  const found = new Set<string>();
  for (const name of names) {
    // What was written here has the subset's name as it is.
    const table = await openTable(folder, name, meta === null ? plainSubset(name) : stemOf(name), pictures);
    tables.push(table);
    for (const at of table.columns.classes) builder.named(table.columns.names[at]!);
    for await (const { fields } of rowsIn(folder, table, () => undefined)) {
      options.signal?.throwIfAborted();
      const label = fields[table.columns.label] ?? '';
      if (label !== '') found.add(label);
    }
  }
  for (const name of sortedNames(found)) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const used = new Set<string>();
      const ids = new Map<string, Set<string>>();
      for (const table of tables) {
        let index = 0;
        const taken = ids.get(table.subset) ?? new Set();
        ids.set(table.subset, taken);
        const complain = (line: number, reason: string): void =>
          problems.add(table.name, `line ${line}`, reason);
        for await (const row of rowsIn(folder, table, complain)) {
          options.signal?.throwIfAborted();
          if (row.fields.length !== table.columns.names.length)
            complain(row.line, 'the row has not as many fields as the head');
          const picture = pictureOf(table, row, pictures, complain);
          if (picture !== null) used.add(picture);
          yield await itemOf(folder, table, row, picture, index, taken, builder, complain);
          index += 1;
        }
      }
      tellUnnamed(pictures, used, tables, problems);
    },
  };
}

/** Kaggle's example of what to send in, whose classes are made up. */
export const isForm = (name: string): boolean => /^sample[\s_.-]*submission/i.test(name);

/** The subset that a table's name says, as `train_labels.csv` does; none for `labels.csv`; else the whole name. */
function plainSubset(name: string): string {
  const subset = subsetInName(name);
  if (subset !== undefined) return subset;
  return /^(labels?|annotations?|metadata|data|index|classes)$/i.test(stemOf(name))
    ? 'default'
    : stemOf(name);
}

async function openTable(
  folder: string,
  name: string,
  subset: string,
  pictures: PictureIndex,
): Promise<Table> {
  const { fields, rows, delimiter } = await tableHead(await headOf(inside(folder, name)));
  const isThere = (value: string): boolean =>
    value !== '' && pictures.find(value, { folder: '', subset }).length > 0;
  return { name, subset, delimiter, columns: columnsOf(fields, rows.slice(0, sampleRows), isThere) };
}

async function* rowsIn(
  folder: string,
  { name, delimiter }: Table,
  complain: (line: number, reason: string) => void,
): AsyncGenerator<Row> {
  let isHead = true;
  for await (const row of csvRows(inside(folder, name), complain, [], delimiter)) {
    if (!isHead) yield row;
    isHead = false;
  }
}

/** Where a row's picture lies, there or not; null for a row without one. */
function pictureOf(
  { subset, columns }: Table,
  { fields, line }: Row,
  pictures: PictureIndex,
  complain: (line: number, reason: string) => void,
): string | null {
  const value = fields[columns.picture] ?? '';
  const named = safeRelative(value);
  if (named !== null && isPicture(named)) {
    for (const start of ['', `${subset}/`, 'images/', `images/${subset}/`]) {
      if (pictures.has(`${start}${named}`)) return `${start}${named}`;
    }
  }
  if (value === '') return null;
  const [path, ...more] = pictures.find(value, { folder: '', subset });
  if (more.length > 0) complain(line, 'several pictures are called so, and it is not known which is meant');
  else if (path !== undefined) return path;
  return named !== null && isPicture(named) ? named : null;
}

async function itemOf(
  folder: string,
  { subset, columns }: Table,
  { fields, line }: Row,
  picture: string | null,
  index: number,
  ids: Set<string>,
  builder: CategoryBuilder,
  complain: (line: number, reason: string) => void,
): Promise<Item> {
  const annotations: Annotation[] = [];
  const addLabel = (label: number): unknown =>
    annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
  const label = builder.find(fields[columns.label] ?? '');
  if (label !== undefined) addLabel(label);
  for (const place of columns.classes) {
    if (isOne(fields[place])) addLabel(builder.find(columns.names[place]!)!);
    else if (!isZero(fields[place]))
      complain(line, `the field of ${columns.names[place]} is neither 0 nor 1`);
  }
  const text = fields[columns.text] ?? '';
  if (text !== '') annotations.push({ type: 'caption', id: 0, group: 0, attributes: noAttributes, text });
  const attributes = new Map<string, AttributeValue>();
  for (const [place, name] of columns.names.entries()) {
    const isUsed =
      place === columns.label ||
      place === columns.text ||
      columns.classes.includes(place) ||
      (place === columns.picture && picture !== null);
    const value = fields[place] ?? '';
    if (!isUsed && value !== '') attributes.set(name, valueIn(value));
  }
  const named = safeRelative(fields[columns.picture] ?? '') ?? picture;
  let id = picture === null ? String(index) : pictureName(named!);
  if (ids.has(id)) id = `${id}_${index}`;
  ids.add(id);
  const path = picture === null ? null : inside(folder, picture);
  const media = path === null ? null : ({ kind: 'image', path, size: await pictureSize(path) } as const);
  return { id, subset, media, attributes, annotations };
}

/** Says how many pictures no row names, where rows name any. */
function tellUnnamed(
  pictures: PictureIndex,
  used: ReadonlySet<string>,
  tables: readonly Table[],
  problems: ProblemLog,
): void {
  if (!tables.some(({ columns }) => columns.picture >= 0)) return;
  let count = 0;
  for (const path of pictures.all()) if (!used.has(path)) count += 1;
  const what = count === 1 ? '1 picture is' : `${count} pictures are`;
  if (count > 0) problems.add('', '', `${what} in no table's rows, and not read`);
}

/** Numbers and yes or no as what they are; what is not written back in the same way stays text. */
function valueIn(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return String(Number(text)) === text ? Number(text) : text;
}
