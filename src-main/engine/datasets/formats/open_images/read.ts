import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { isFile, isFolder, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  noAttributes,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { type CsvRow, csvRows } from '../common/csv.ts';
import { Pictures } from '../common/read.ts';
import { hierarchyFile, readParents, readSizes } from './files.ts';
import { type MaskPlace, toBox, toLabel, toMask } from './rows.ts';

const tables = {
  labels: /-annotations-(human|machine)-imagelabels(-boxable)?\.csv$/,
  boxes: /-annotations-bbox\.csv$/,
  masks: /-annotations-object-segmentation\.csv$/,
} as const;
type Table = keyof typeof tables;

/** `oidv6-train-annotations-bbox.csv` and `train-annotations-bbox.csv` are of the subset train. */
const subsetOf = (file: string): string => file.split('-')[file.startsWith('oidv') ? 1 : 0]!;

interface Subset {
  /** Pictures in their order. */
  readonly ids: Map<string, string>;
  readonly files: Record<Table, string[]>;
}

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
  const builder = new CategoryBuilder();
  const labelOf = await readClasses(at, files, builder, rowsOf, (reason) =>
    problems.add(shown(hierarchyFile), '', reason),
  );
  const subsets = new Map<string, Subset>();
  const subset = (name: string): Subset => {
    const own = subsets.get(name) ?? { ids: new Map(), files: { labels: [], boxes: [], masks: [] } };
    subsets.set(name, own);
    return own;
  };
  for (const file of lists) {
    for await (const row of rowsOf(file)) {
      const name = row.get('Subset') || subsetOf(file);
      const safe = safeRelative(name);
      if (safe === null || safe.includes('/'))
        problems.add(shown(file), `line ${row.line}`, "the subset's name is no name");
      else subset(name).ids.set(row.get('ImageID'), row.get('Rotation'));
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
      for (const [name, { ids, files: own }] of subsets) {
        const rows = await collect(own);
        for (const rowsOfTable of Object.values(rows))
          for (const id of rowsOfTable.keys()) if (!ids.has(id)) ids.set(id, '');
        for (const [id, rotation] of ids) {
          options.signal?.throwIfAborted();
          const safe = safeRelative(id);
          if (safe === null) {
            problems.add('', `picture ${id}`, "the picture's name leaves the set's folder");
            continue;
          }
          if (rotation !== '' && numberOf(rotation) !== 0) {
            problems.add(
              '',
              `picture ${id}`,
              'the table says that the picture is turned; boxes are taken as they stand',
            );
          }
          const stem = `images/${name}/${safe}`;
          const picture =
            (await pictures.find(stem)) ?? (await pictures.find(`images/${safe}`)) ?? `${stem}.jpg`;
          const path = inside(folder, picture);
          const size = sizes.get(id) ?? (await pictureSize(path));
          const annotations = await annotationsOf(rows, id, size, name);
          yield {
            id: safe,
            subset: name,
            media: { kind: 'image', path, size },
            attributes: noAttributes,
            annotations,
          };
        }
      }
    },
  };

  async function collect(
    own: Record<Table, string[]>,
  ): Promise<Record<Table, Map<string, [string, CsvRow][]>>> {
    const rows = { labels: new Map(), boxes: new Map(), masks: new Map() } as Record<
      Table,
      Map<string, [string, CsvRow][]>
    >;
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
    rows: Record<Table, Map<string, [string, CsvRow][]>>,
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
      return toMask(row, label, size, place, annotations).catch(
        (thrown: unknown) => toErrorValue(thrown).message,
      );
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

/** Fills in the classes; returns their indices by the names in the tables. */
async function readClasses(
  at: string,
  files: readonly string[],
  builder: CategoryBuilder,
  rowsOf: (file: string, columns?: readonly string[]) => AsyncGenerator<CsvRow>,
  complain: (reason: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const parents = await readParents(at, complain);
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
  }
  const unique = new Set(shownAs.values()).size === shownAs.size;
  const nameOf = (code: string): string => (unique ? (shownAs.get(code) ?? code) : code);
  const add = builder.scope();
  const labelOf = new Map<string, number>();
  for (const code of shownAs.keys()) {
    const above = parents.get(code);
    const parent = above !== undefined && shownAs.has(above) ? nameOf(above) : '';
    labelOf.set(code, add({ name: nameOf(code), parent, attributes: [] }));
  }
  return labelOf;
}
