import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, isFolder, namesIn, pictureSize } from '../../files/folder.ts';
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
import { addAttributes, classFactsFile, codeFact, displayFact, pictureFacts } from './facts.ts';
import { hierarchyFile, readParents, readSizes } from './files.ts';
import { type MaskPlace, toBox, toLabel, toMask } from './rows.ts';

const tables = {
  labels: /-annotations-(human|machine)-imagelabels(-boxable)?\.csv$/,
  boxes: /-annotations-bbox\.csv$/,
  masks: /-annotations-object-segmentation\.csv$/,
  attributes: /-image-attributes\.csv$/,
} as const;
type Table = keyof typeof tables;

/** `oidv6-train-annotations-bbox.csv` and `train-annotations-bbox.csv` are of the subset train. */
const subsetOf = (file: string): string => file.split('-')[file.startsWith('oidv') ? 1 : 0]!;

const subsetOfRow = (row: CsvRow, file: string): string => row.get('Subset') || subsetOf(file);

/** Where a picture can lie: as Datumaro has it, or as those who download the originals do. */
const placesOf = (subset: string, id: string): readonly string[] =>
  [`images/${subset}/`, 'images/', `${subset}/`, `${subset}/data/`, 'data/', ''].map(
    (below) => `${below}${id}`,
  );

async function pictureIn(pictures: Pictures, subset: string, id: string): Promise<string> {
  const places = placesOf(subset, id);
  for (const place of places) {
    const found = await pictures.find(place);
    if (found !== null) return found;
  }
  return `${places[0]}.jpg`;
}

interface Subset {
  /** The tables of its pictures. */
  readonly lists: Set<string>;
  readonly files: Record<Table, string[]>;
}

type Rows = Record<Table, Map<string, [string, CsvRow][]>>;

/**
 * Reads `annotations/` with tables of pictures, classes, boxes and masks. A class is called by its name and not by its
 * code (`/m/0199g`) where the names are unique. Rows of one picture need not follow each other, so that a subset's rows
 * are in memory while it is read.
 */
export async function readOpenImages(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const nested = await isFolder(inside(folder, 'annotations'));
  const at = nested ? inside(folder, 'annotations') : folder;
  const shown = (file: string): string => (nested ? `annotations/${file}` : file);
  const files = (await namesIn(at)).filter((name) => name.endsWith('.csv'));
  const known = files.filter((name) => Object.values(tables).some((pattern) => pattern.test(name)));
  const lists = files.filter((name) => /rotation\.csv$/.test(name));
  if (known.length === 0 && lists.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There are no tables of Open Images in ${folder}.`);
  }
  const rowsOf = (file: string, columns?: readonly string[]): AsyncGenerator<CsvRow> =>
    csvRows(inside(at, file), (line, reason) => problems.add(shown(file), `line ${line}`, reason), columns);
  for (const file of files) {
    if (!known.includes(file) && /-annotations-[^/]*\.csv$/.test(file))
      problems.add(shown(file), '', 'tables of this kind are not read');
  }
  const builder = new CategoryBuilder();
  const labelOf = await readClasses(at, files, builder, rowsOf, (file, place, reason) =>
    problems.add(shown(file), place, reason),
  );
  const subsets = new Map<string, Subset>();
  const subset = (name: string): Subset => {
    const none = { labels: [], boxes: [], masks: [], attributes: [] };
    const own = subsets.get(name) ?? { lists: new Set(), files: none };
    subsets.set(name, own);
    return own;
  };
  for (const file of lists) {
    for await (const row of rowsOf(file)) {
      const name = subsetOfRow(row, file);
      const safe = safeRelative(name);
      if (safe === null || safe.includes('/'))
        problems.add(shown(file), `line ${row.line}`, "the subset's name is no name");
      else subset(name).lists.add(file);
    }
  }
  for (const [table, pattern] of Object.entries(tables) as [Table, RegExp][]) {
    for (const file of files) if (pattern.test(file)) subset(subsetOf(file)).files[table].push(file);
  }
  const sizes = await readSizes(at);
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const [name, { lists: own, files: ownFiles }] of subsets) {
        const rows = await collect(ownFiles);
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
          const path = inside(folder, await pictureIn(pictures, name, safe));
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
    own: ReadonlySet<string>,
    rows: Rows,
  ): AsyncGenerator<readonly [id: string, facts: Map<string, AttributeValue>]> {
    const seen = new Set<string>();
    for (const file of own) {
      // What is wrong with it was told when the subsets were looked for.
      for await (const row of csvRows(inside(at, file), () => undefined)) {
        const id = row.get('ImageID');
        if (subsetOfRow(row, file) !== name || seen.has(id)) continue;
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
  }

  function withOwn(facts: Map<string, AttributeValue>, { attributes }: Rows, id: string): Attributes {
    for (const [file, row] of attributes.get(id) ?? []) {
      const wrong = addAttributes(facts, row.get('Attributes'));
      if (wrong !== null) problems.add(shown(file), `line ${row.line}`, wrong);
    }
    return facts;
  }

  async function collect(own: Record<Table, string[]>): Promise<Rows> {
    const rows: Rows = { labels: new Map(), boxes: new Map(), masks: new Map(), attributes: new Map() };
    for (const table of Object.keys(rows) as Table[]) {
      for (const file of own[table]) {
        for await (const row of rowsOf(file)) {
          const id = row.get('ImageID');
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
        if (typeof made === 'string') problems.add(shown(file), `line ${row.line}`, made);
        else annotations.push(made);
      }
    };
    await each('labels', async (row, label) => toLabel(row, label));
    let group = 0;
    await each('boxes', async (row, label) => toBox(row, label, size, ++group));
    await each('masks', async (row, label) => {
      const place = await maskPlace(row.get('MaskPath'), name);
      if (place === null) return 'the mask picture is not there';
      return toMask(row, label, size, place, annotations).catch((thrown: unknown) => reasonOf(thrown));
    });
    return annotations;
  }

  async function maskPlace(file: string, name: string): Promise<MaskPlace | null> {
    const safe = safeRelative(file);
    if (safe === null) return null;
    for (const path of [`masks/${name}/${safe}`, `masks/${safe}`, `${name}-masks/${safe}`]) {
      if (await isFile(inside(folder, path))) return { path: inside(folder, path) };
    }
    return null;
  }
}

const noDescriptions =
  'there is no table of the names of classes (class-descriptions.csv): they are called by their codes';

/** The codes of classes that rows have, in their order. */
async function codesIn(at: string, files: readonly string[]): Promise<readonly string[]> {
  const codes = new Set<string>();
  const ofClasses = [tables.labels, tables.boxes, tables.masks];
  for (const file of files.filter((name) => ofClasses.some((pattern) => pattern.test(name)))) {
    // What is wrong with them is told when they are read.
    for await (const row of csvRows(inside(at, file), () => undefined)) codes.add(row.get('LabelName'));
  }
  codes.delete('');
  return [...codes].sort();
}

/** Fills in the classes; returns their indices by the names in the tables. */
async function readClasses(
  at: string,
  files: readonly string[],
  builder: CategoryBuilder,
  rowsOf: (file: string, columns?: readonly string[]) => AsyncGenerator<CsvRow>,
  complain: (file: string, place: string, reason: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const parents = await readParents(at, (reason) => complain(hierarchyFile, '', reason));
  const order = ['class-descriptions-boxable.csv', 'class-descriptions.csv'];
  const file =
    files.find((name) => /^oidv.*class-descriptions[^/]*\.csv$/.test(name)) ??
    order.find((name) => files.includes(name));
  const shownAs = new Map<string, string>();
  if (file !== undefined) {
    for await (const row of rowsOf(file, ['LabelName', 'DisplayName'])) {
      if (row.get('LabelName') === 'LabelName') continue;
      shownAs.set(row.get('LabelName'), row.get('DisplayName') || row.get('LabelName'));
    }
  } else {
    for (const code of await codesIn(at, files)) shownAs.set(code, code);
    if (shownAs.size > 0) complain('', '', noDescriptions);
  }
  const facts = new Map<string, Map<string, AttributeValue>>();
  if (files.includes(classFactsFile)) {
    for await (const row of rowsOf(classFactsFile)) {
      const own = new Map<string, AttributeValue>();
      const wrong = addAttributes(own, row.get('Facts'));
      if (wrong !== null) complain(classFactsFile, `line ${row.line}`, wrong);
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
