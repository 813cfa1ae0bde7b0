import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, headOf } from '../../files/folder.ts';
import { fileNameOf, inside, isPicture } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Box, CategoryBuilder, type Item, ProblemLog, type Size } from '../../model/index.ts';
import { csvRows, sortedNames } from '../common/csv.ts';
import { readMeta } from '../common/meta.ts';
import { PictureIndex } from '../common/picture-index.ts';
import { imageItem } from '../common/read.ts';
import { layoutIn } from './columns.ts';
import { absentPlace, ItemIds, namedFrom, Owners, type Table, tableAt } from './places.ts';
import { addRow, allShares, classIn, numbersIn, type Pictured, type Row } from './rows.ts';

/** What a set's folder holds. */
interface Found {
  readonly tables: readonly Table[];
  readonly pictures: PictureIndex;
  /** Tables of something else. */
  readonly others: readonly string[];
}

/** Where a row's picture lies, there or not; null where the row doesn't say. */
type FindPlace = (name: string, table: Table, complain: (reason: string) => void) => string | null;

/**
 * Reads tables with a row for each box: TensorFlow's and Roboflow's, keras-retinanet's without a head, and what is like
 * them. Pictures that have no row are items without annotations.
 */
export async function readBoxTable(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const { tables, pictures, others } = await look(folder);
  if (tables.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no table of boxes in ${folder}.`);
  }
  const { builder, shares } = await survey(folder, tables, others, problems, options);
  const subsets = Map.groupBy(tables, ({ subset }) => subset);
  const owners = new Owners(tables);
  const findPlace: FindPlace = (name, table, complain) => placeOf(name, table, pictures, owners, complain);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const used = new Set<string>();
      const ids = new ItemIds();
      for (const own of subsets.values()) {
        const rows = await rowsOfSubset(folder, own, findPlace, builder, problems, options);
        for (const [path, { annotations, size, table }] of rows) {
          if (used.has(path)) problems.add(table.path, path, 'the picture is in another subset, too');
          used.add(path);
          const { subset } = table;
          const item = { id: ids.of(subset, path, table), subset, annotations };
          const read = await imageItem(folder, path, item, size);
          yield shares.has(table) ? inPixels(read, (reason) => problems.add(table.path, path, reason)) : read;
        }
      }
      yield* withoutRows(folder, pictures, owners, used, ids, options);
    },
  };
}

async function look(folder: string): Promise<Found> {
  const tables: Table[] = [];
  const others: string[] = [];
  const pictures = new PictureIndex();
  for await (const path of filesUnder(folder)) {
    if (isPicture(path)) pictures.add(path);
    if (!/\.csv$/i.test(path)) continue;
    const head = await headOf(inside(folder, path));
    if (head.trim() === '') continue;
    const layout = await layoutIn(head);
    if (layout === null) others.push(path);
    else tables.push(tableAt(path, layout));
  }
  return { tables, pictures, others };
}

async function* rowsIn(
  folder: string,
  { path, layout }: Table,
  complain: (line: number, reason: string) => void,
): AsyncGenerator<Row> {
  let isHead = layout.hasHead;
  for await (const { fields, line } of csvRows(inside(folder, path), complain, [], layout.delimiter)) {
    if (!isHead) yield { columns: layout.columns, fields, line };
    isHead = false;
  }
}

interface Survey {
  readonly builder: CategoryBuilder;
  /** Tables whose coordinates are shares of the picture. */
  readonly shares: ReadonlySet<Table>;
}

/** Reads everything once for the classes: first those of lists, in their order, then what the rows name, sorted. */
async function survey(
  folder: string,
  tables: readonly Table[],
  others: readonly string[],
  problems: ProblemLog,
  options: ReadOptions,
): Promise<Survey> {
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  for (const path of others) {
    const names = /class/i.test(fileNameOf(path)) ? await classList(inside(folder, path)) : [];
    for (const name of names) builder.named(name);
    if (names.length === 0) problems.add(path, '', 'the table is none of boxes, and not read');
  }
  const names = new Set<string>();
  const shares = new Set<Table>();
  for (const table of tables) {
    await options.waitWhilePaused?.();
    if (!(await surveyTable(folder, table, names, options))) continue;
    shares.add(table);
    problems.add(table.path, '', areShares);
  }
  for (const name of sortedNames(names)) builder.named(name);
  return { builder, shares };
}

const areShares = 'all coordinates lie between 0 and 1, and are taken for shares of the pictures';

/** Collects the classes of a table; true where its coordinates are shares of the picture. */
async function surveyTable(
  folder: string,
  table: Table,
  names: Set<string>,
  { signal }: ReadOptions,
): Promise<boolean> {
  const areAllShares = allShares();
  for await (const row of rowsIn(folder, table, () => undefined)) {
    signal?.throwIfAborted();
    const numbers = numbersIn(row);
    if (numbers === null) continue;
    const name = classIn(row);
    if (name !== '') names.add(name);
    areAllShares.add(numbers);
  }
  return areAllShares.result();
}

/** An item whose boxes are shares of its picture. */
function inPixels(item: Item, complain: (reason: string) => void): Item {
  const size = item.media?.size;
  if (size === null || size === undefined) {
    for (const _ of item.annotations) complain("without the picture's size the box in pixels is not known");
    return { ...item, annotations: [] };
  }
  const annotations = item.annotations.map((part) => (part.type === 'box' ? scaled(part, size) : part));
  return { ...item, annotations };
}

const scaled = (box: Box, size: Size): Box => ({
  ...box,
  x: box.x * size.width,
  y: box.y * size.height,
  width: box.width * size.width,
  height: box.height * size.height,
});

/** keras-retinanet's `classes.csv`, a name and a number a row; empty where the file is something else. */
async function classList(path: string): Promise<string[]> {
  const names: [name: string, number: number][] = [];
  for await (const { fields } of csvRows(path, () => undefined, [])) {
    const [name = '', number = ''] = fields;
    if (fields.length !== 2 || name === '' || !/^\d+$/.test(number)) return [];
    names.push([name, Number(number)]);
  }
  return names.sort(([, a], [, b]) => a - b).map(([name]) => name);
}

/** All rows of a subset by their pictures: a picture's rows need not follow each other. */
async function rowsOfSubset(
  folder: string,
  tables: readonly Table[],
  findPlace: FindPlace,
  builder: CategoryBuilder,
  problems: ProblemLog,
  { signal }: ReadOptions,
): Promise<ReadonlyMap<string, Pictured>> {
  const rows = new Map<string, Pictured>();
  for (const table of tables) {
    const complain = (line: number, reason: string): void => problems.add(table.path, `line ${line}`, reason);
    let [lastName, lastPath]: [string, string | null] = ['', null];
    for await (const row of rowsIn(folder, table, complain)) {
      signal?.throwIfAborted();
      const name = row.fields[row.columns.picture] ?? '';
      if (name !== lastName) lastPath = findPlace(name, table, (reason) => complain(row.line, reason));
      lastName = name;
      if (lastPath === null) {
        complain(row.line, "the picture's name is missing or no path");
        continue;
      }
      const known = rows.get(lastPath) ?? { annotations: [], size: null, table };
      rows.set(
        lastPath,
        addRow(known, row, builder, (reason) => complain(row.line, reason)),
      );
    }
  }
  return rows;
}

function placeOf(
  name: string,
  table: Table,
  pictures: PictureIndex,
  owners: Owners,
  complain: (reason: string) => void,
): string | null {
  if (name === '') return null;
  const [path, ...more] = pictures.find(name, namedFrom(table, owners));
  if (more.length > 0) complain('several pictures are called so, and it is not known which is meant');
  return path !== undefined && more.length === 0 ? path : absentPlace(name, table);
}

async function* withoutRows(
  folder: string,
  pictures: PictureIndex,
  owners: Owners,
  used: ReadonlySet<string>,
  ids: ItemIds,
  { signal }: ReadOptions,
): AsyncGenerator<Item> {
  for (const path of pictures.all()) {
    signal?.throwIfAborted();
    if (used.has(path)) continue;
    const { subset, table } = owners.of(path);
    yield await imageItem(folder, path, { id: ids.of(subset, path, table), subset, annotations: [] });
  }
}
