import { isFile, isFolder, namesIn } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import { below, foldersIn } from '../common/read.ts';
import { classFactsFile } from './facts.ts';
import { hierarchyFile, sizesFile } from './files.ts';

const names = {
  labels: /-annotations-(human|machine)-imagelabels(-boxable)?\.csv$/,
  boxes: /-annotations-bbox\.csv$/,
  masks: /-annotations-object-segmentation\.csv$/,
  attributes: /-image-attributes\.csv$/,
} as const;

export type Table = keyof typeof names;

/** Where the files of a set are. Paths are relative to its folder. */
export interface Layout {
  /** Tables of pictures, and the subset of rows that say none. */
  readonly lists: readonly { readonly path: string; readonly subset: string }[];
  readonly tables: readonly { readonly path: string; readonly table: Table; readonly subset: string }[];
  /** Tables of what is not read. */
  readonly unread: readonly string[];
  readonly classes: string | undefined;
  readonly classFacts: string | undefined;
  readonly hierarchy: string | undefined;
  readonly sizes: string;
  /** Where a picture can be, without its ending. */
  pictures(subset: string, id: string): readonly string[];
  masks(subset: string, file: string, id: string): readonly string[];
  /** The pictures of each subset, where the tables have many more than were downloaded. */
  readonly present?: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function layoutOf(folder: string): Promise<Layout | null> {
  return (await original(folder)) ?? (await fiftyOne(folder));
}

/** `oidv6-train-annotations-bbox.csv` and `train-annotations-bbox.csv` are of the subset train. */
const subsetOf = (file: string): string => file.split('-')[file.startsWith('oidv') ? 1 : 0]!;

/** The files as they are downloaded, in `annotations/` as Datumaro has them or beside the pictures. */
async function original(folder: string): Promise<Layout | null> {
  const at = (await isFolder(inside(folder, 'annotations'))) ? 'annotations' : '';
  const files = (await namesIn(at === '' ? folder : inside(folder, at))).filter((name) =>
    name.endsWith('.csv'),
  );
  const tables = (Object.entries(names) as [Table, RegExp][]).flatMap(([table, pattern]) =>
    files
      .filter((file) => pattern.test(file))
      .map((file) => ({ path: below(at, file), table, subset: subsetOf(file) })),
  );
  const lists = files.filter((name) => /rotation\.csv$/.test(name));
  if (tables.length === 0 && lists.length === 0) return null;
  const known = new Set(tables.map(({ path }) => path));
  const order = ['class-descriptions-boxable.csv', 'class-descriptions.csv'];
  const classes =
    files.find((name) => /^oidv.*class-descriptions[^/]*\.csv$/.test(name)) ??
    order.find((name) => files.includes(name));
  return {
    lists: lists.map((file) => ({ path: below(at, file), subset: subsetOf(file) })),
    tables,
    unread: files
      .map((file) => below(at, file))
      .filter((path) => !known.has(path) && /-annotations-[^/]*\.csv$/.test(path)),
    classes: classes === undefined ? undefined : below(at, classes),
    classFacts: files.includes(classFactsFile) ? below(at, classFactsFile) : undefined,
    hierarchy: below(at, hierarchyFile),
    sizes: below(at, sizesFile),
    pictures: (subset, id) =>
      [`images/${subset}/`, 'images/', `${subset}/`, `${subset}/data/`, 'data/', ''].map(
        (start) => `${start}${id}`,
      ),
    masks: (subset, file) => [`masks/${subset}/${file}`, `masks/${file}`, `${subset}-masks/${file}`],
  };
}

/** FiftyOne's names for the tables in `labels/`. */
const ofLabels: Readonly<Record<string, Table>> = {
  'classifications.csv': 'labels',
  'detections.csv': 'boxes',
  'segmentations.csv': 'masks',
};

const isLabels = /^(classifications|detections|segmentations|relationships|points)\.csv$/;

/**
 * What FiftyOne downloads: `[<subset>/]data/`, `labels/` with whole tables, `labels/masks/<first letter>/` and `metadata/`,
 * which may lie in one of the subsets or around them.
 */
async function fiftyOne(folder: string): Promise<Layout | null> {
  const parts: string[] = [];
  for (const part of ['', ...(await foldersIn(folder))]) {
    const labels = inside(folder, below(part, 'labels'));
    if ((await namesIn(labels)).some((name) => isLabels.test(name))) parts.push(part);
  }
  if (parts.length === 0) return null;
  const subsetOfPart = (part: string): string => part || fileNameOf(folder);
  const partOf = new Map(parts.map((part) => [subsetOfPart(part), part]));
  const metadata = async (name: string): Promise<string | undefined> => {
    for (const part of ['', ...parts]) {
      const path = below(part, `metadata/${name}`);
      if (await isFile(inside(folder, path))) return path;
    }
    return undefined;
  };
  const tables: Layout['tables'][number][] = [];
  const lists: Layout['lists'][number][] = [];
  const unread: string[] = [];
  const present = new Map<string, ReadonlySet<string>>();
  for (const part of parts) {
    const subset = subsetOfPart(part);
    for (const name of await namesIn(inside(folder, below(part, 'labels')))) {
      const path = below(part, `labels/${name}`);
      const table = ofLabels[name];
      if (table !== undefined) tables.push({ path, table, subset });
      else if (isLabels.test(name)) unread.push(path);
    }
    const list = below(part, 'metadata/image_ids.csv');
    if (await isFile(inside(folder, list))) lists.push({ path: list, subset });
    const pictures = (await namesIn(inside(folder, below(part, 'data')))).filter(isPicture);
    present.set(subset, new Set(pictures.map(stemOf)));
  }
  return {
    lists,
    tables,
    unread,
    classes: await metadata('classes.csv'),
    classFacts: undefined,
    hierarchy: await metadata('hierarchy.json'),
    sizes: sizesFile,
    pictures: (subset, id) => [below(partOf.get(subset) ?? '', `data/${id}`)],
    masks: (subset, file, id) => {
      const start = below(partOf.get(subset) ?? '', 'labels/masks');
      return [`${start}/${id.slice(0, 1).toUpperCase()}/${file}`, `${start}/${file}`];
    },
    present,
  };
}

/** Whether a path is one of FiftyOne's tables. */
export const isFiftyOneTable = (path: string): boolean =>
  /^([^/]+\/)?labels$/.test(folderOf(path)) && isLabels.test(fileNameOf(path));
