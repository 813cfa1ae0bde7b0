import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, pictureSize } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  CategoryBuilder,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { type CsvRow, csvRows } from '../common/csv.ts';
import { Pictures } from '../common/read.ts';
import { addAttributes, codeFact, displayFact, pictureFacts } from './facts.ts';
import { readParents, readSizes } from './files.ts';
import { type Layout, layoutOf, type Table } from './layout.ts';
import { type MaskPlace, toBox, toLabel, toMask } from './rows.ts';

async function pictureIn(pictures: Pictures, places: readonly string[]): Promise<string> {
  for (const place of places) {
    const found = await pictures.find(place);
    if (found !== null) return found;
  }
  return `${places[0]}.jpg`;
}

interface Subset {
  /** The tables of its pictures, with the subset of rows that say none. */
  readonly lists: Map<string, string>;
  readonly files: Record<Table, string[]>;
}

type Rows = Record<Table, Map<string, [string, CsvRow][]>>;

/**
 * Reads tables of pictures, classes, boxes and masks, as the originals and Datumaro name them or as FiftyOne does. A class
 * is called by its name and not by its code (`/m/0199g`) where the names are unique. Rows of one picture need not follow
 * each other, so that a subset's rows are in memory while it is read.
 */
export async function readOpenImages(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const found = await layoutOf(folder);
  if (found === null)
    throw new RefineryError('INPUT_NOT_FOUND', `There are no tables of Open Images in ${folder}.`);
  const layout: Layout = found;
  // FiftyOne's tables lie with the pictures of their subset.
  const subsetIn = (row: CsvRow, own: string): string =>
    layout.present === undefined ? row.get('Subset') || own : own;
  const rowsOf = (file: string, columns?: readonly string[]): AsyncGenerator<CsvRow> =>
    csvRows(inside(folder, file), (line, reason) => problems.add(file, `line ${line}`, reason), columns);
  for (const file of layout.unread) problems.add(file, '', 'tables of this kind are not read');
  const builder = new CategoryBuilder();
  const labelOf = await readClasses(folder, layout, builder, rowsOf, (file, place, reason) =>
    problems.add(file, place, reason),
  );
  const subsets = new Map<string, Subset>();
  const subset = (name: string): Subset => {
    const none = { labels: [], boxes: [], masks: [], attributes: [] };
    const own = subsets.get(name) ?? { lists: new Map(), files: none };
    subsets.set(name, own);
    return own;
  };
  for (const { path, subset: own } of layout.lists) {
    for await (const row of rowsOf(path)) {
      const name = subsetIn(row, own);
      const safe = safeRelative(name);
      if (safe === null || safe.includes('/'))
        problems.add(path, `line ${row.line}`, "the subset's name is no name");
      else subset(name).lists.set(path, own);
    }
  }
  for (const { path, table, subset: name } of layout.tables) subset(name).files[table].push(path);
  // What is not there has not been downloaded, and was never to be in the set.
  for (const name of layout.present?.keys() ?? []) subset(name);
  const sizes = await readSizes(folder, layout.sizes);
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const [name, { lists: own, files: ownFiles }] of subsets) {
        const rows = await collect(ownFiles, layout.present?.get(name));
        for await (const [id, facts] of picturesOf(name, own, rows)) {
          options.signal?.throwIfAborted();
          const safe = safeRelative(id);
          if (safe === null) {
            problems.add('', `picture ${id}`, "the picture's name leaves the set's folder");
            continue;
          }
          if (facts.has('Rotation')) {
            problems.add(
              '',
              `picture ${id}`,
              'the table says that the picture is turned; boxes are taken as they stand',
            );
          }
          const path = inside(folder, await pictureIn(pictures, layout.pictures(name, safe)));
          const size = sizes.get(id) ?? (await pictureSize(path));
          const annotations = await annotationsOf(rows, id, size, name);
          yield {
            id: safe,
            subset: name,
            media: { kind: 'image', path, size },
            attributes: withOwn(facts, rows, id),
            annotations,
          };
        }
      }
    },
  };

  /** The pictures of a subset in their order, each with what its row says; what the row says is not kept. */
  async function* picturesOf(
    name: string,
    own: ReadonlyMap<string, string>,
    rows: Rows,
  ): AsyncGenerator<readonly [id: string, facts: Map<string, AttributeValue>]> {
    const seen = new Set<string>();
    const present = layout.present?.get(name);
    for (const [file, ofFile] of own) {
      // What is wrong with it was told when the subsets were looked for.
      for await (const row of csvRows(inside(folder, file), () => undefined)) {
        const id = row.get('ImageID');
        if (subsetIn(row, ofFile) !== name || seen.has(id) || present?.has(id) === false) continue;
        seen.add(id);
        yield [id, pictureFacts(row)];
      }
    }
    for (const table of Object.values(rows)) {
      for (const id of table.keys()) {
        if (!seen.has(id)) yield [id, new Map()];
        seen.add(id);
      }
    }
    for (const id of present ?? []) if (!seen.has(id)) yield [id, new Map()];
  }

  function withOwn(facts: Map<string, AttributeValue>, { attributes }: Rows, id: string): Attributes {
    for (const [file, row] of attributes.get(id) ?? []) {
      const wrong = addAttributes(facts, row.get('Attributes'));
      if (wrong !== null) problems.add(file, `line ${row.line}`, wrong);
    }
    return facts;
  }

  async function collect(own: Record<Table, string[]>, present?: ReadonlySet<string>): Promise<Rows> {
    const rows: Rows = { labels: new Map(), boxes: new Map(), masks: new Map(), attributes: new Map() };
    for (const table of Object.keys(rows) as Table[]) {
      for (const file of own[table]) {
        for await (const row of rowsOf(file)) {
          const id = row.get('ImageID');
          if (present?.has(id) === false) continue;
          const list = rows[table].get(id);
          if (list === undefined) rows[table].set(id, [[file, row]]);
          else list.push([file, row]);
        }
      }
    }
    return rows;
  }

  async function annotationsOf(
    rows: Rows,
    id: string,
    size: Size | null,
    name: string,
  ): Promise<Annotation[]> {
    const annotations: Annotation[] = [];
    const each = async (
      table: Table,
      make: (row: CsvRow, label: number) => Promise<Annotation | string>,
    ): Promise<void> => {
      for (const [file, row] of rows[table].get(id) ?? []) {
        const label = labelOf.get(row.get('LabelName'));
        const made =
          label === undefined ? 'the class is not in the table of classes' : await make(row, label);
        if (typeof made === 'string') problems.add(file, `line ${row.line}`, made);
        else annotations.push(made);
      }
    };
    await each('labels', async (row, label) => toLabel(row, label));
    let group = 0;
    await each('boxes', async (row, label) => toBox(row, label, size, ++group));
    await each('masks', async (row, label) => {
      const place = await maskPlace(row.get('MaskPath'), name, id);
      if (place === null) return 'the mask picture is not there';
      return toMask(row, label, size, place, annotations).catch((thrown: unknown) => reasonOf(thrown));
    });
    return annotations;
  }

  async function maskPlace(file: string, name: string, id: string): Promise<MaskPlace | null> {
    const safe = safeRelative(file);
    if (safe === null) return null;
    for (const path of layout.masks(name, safe, id)) {
      if (await isFile(inside(folder, path))) return { path: inside(folder, path) };
    }
    return null;
  }
}

const noDescriptions =
  'there is no table of the names of classes (class-descriptions.csv): they are called by their codes';

/** The codes of classes that rows have, in their order. */
async function codesIn(folder: string, { tables }: Layout): Promise<readonly string[]> {
  const codes = new Set<string>();
  for (const { path, table } of tables) {
    if (table === 'attributes') continue;
    // What is wrong with them is told when they are read.
    for await (const row of csvRows(inside(folder, path), () => undefined)) codes.add(row.get('LabelName'));
  }
  codes.delete('');
  return [...codes].sort();
}

/** Fills in the classes; returns their indices by the names in the tables. */
async function readClasses(
  folder: string,
  layout: Layout,
  builder: CategoryBuilder,
  rowsOf: (file: string, columns?: readonly string[]) => AsyncGenerator<CsvRow>,
  complain: (file: string, place: string, reason: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const { hierarchy, classes: file, classFacts } = layout;
  const parents =
    hierarchy === undefined
      ? new Map<string, string>()
      : await readParents(inside(folder, hierarchy), (reason) => complain(hierarchy, '', reason));
  const shownAs = new Map<string, string>();
  if (file !== undefined) {
    for await (const row of rowsOf(file, ['LabelName', 'DisplayName'])) {
      if (row.get('LabelName') === 'LabelName') continue;
      shownAs.set(row.get('LabelName'), row.get('DisplayName') || row.get('LabelName'));
    }
  } else {
    for (const code of await codesIn(folder, layout)) shownAs.set(code, code);
    if (shownAs.size > 0) complain('', '', noDescriptions);
  }
  const facts = new Map<string, Map<string, AttributeValue>>();
  if (classFacts !== undefined) {
    for await (const row of rowsOf(classFacts)) {
      const own = new Map<string, AttributeValue>();
      const wrong = addAttributes(own, row.get('Facts'));
      if (wrong !== null) complain(classFacts, `line ${row.line}`, wrong);
      facts.set(row.get('LabelName'), own);
    }
  }
  const unique = new Set(shownAs.values()).size === shownAs.size;
  const nameOf = (code: string): string => (unique ? (shownAs.get(code) ?? code) : code);
  const add = builder.scope();
  const labelOf = new Map<string, number>();
  for (const [code, display] of shownAs) {
    const above = parents.get(code);
    const parent = above !== undefined && shownAs.has(above) ? nameOf(above) : '';
    const own = facts.get(code) ?? new Map<string, AttributeValue>();
    // A class has its code and its name, one of which it is called by.
    if (display !== code) own.set(unique ? codeFact : displayFact, unique ? code : display);
    const label = { name: nameOf(code), parent, attributes: [] };
    labelOf.set(code, add(own.size === 0 ? label : { ...label, facts: own }));
  }
  return labelOf;
}
