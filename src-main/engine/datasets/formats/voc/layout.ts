import { filesUnder, isFolder, namesIn, readText } from '../../files/folder.ts';
import { folderOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Categories, ProblemLog } from '../../model/index.ts';

export type VocTask =
  | 'all'
  | 'detection'
  | 'classification'
  | 'segmentation'
  | 'instance_segmentation'
  | 'layout'
  | 'action';

/** The folder in `ImageSets` that a task's lists are in. */
export const listFolders: Readonly<Record<VocTask, string>> = {
  all: 'Main',
  detection: 'Main',
  classification: 'Main',
  segmentation: 'Segmentation',
  instance_segmentation: 'Segmentation',
  layout: 'Layout',
  action: 'Action',
};

/** One picture of a set. */
export interface VocEntry {
  readonly id: string;
  readonly subset: string;
  /** XML file, relative; it need not be there. */
  readonly xml: string;
  /** The picture without its ending, relative. */
  readonly picture: string;
}

/** Whether a set is VOC's tree, and not XML files beside their pictures. */
export async function isTree(folder: string): Promise<boolean> {
  return (
    (await isFolder(inside(folder, 'ImageSets'))) ||
    (await isFolder(inside(folder, 'Annotations'))) ||
    (await isFolder(inside(folder, 'SegmentationClass')))
  );
}

/** The pictures of a set, from its lists; without lists, every picture and every XML file. */
export async function* entriesOf(
  folder: string,
  task: VocTask,
  labels: Categories['labels'] | null,
  problems: ProblemLog,
): AsyncGenerator<VocEntry> {
  if (!(await isTree(folder))) {
    for await (const path of filesUnder(folder)) {
      if (!path.toLowerCase().endsWith('.xml')) continue;
      const stem = stemOf(path);
      const subset = folderOf(path).split('/')[0] || 'default';
      const id = folderOf(path) === '' ? stem : stem.slice(subset.length + 1);
      yield { id, subset, xml: path, picture: stem };
    }
    return;
  }
  let lists = await subsetLists(folder, listFolders[task], labels);
  if (lists.length === 0) lists = await subsetLists(folder, 'Main', labels);
  const entry = (id: string, subset: string): VocEntry => ({
    id,
    subset,
    xml: `Annotations/${id}.xml`,
    picture: `JPEGImages/${id}`,
  });
  for (const { subset, path } of lists) {
    const seen = new Set<string>();
    for (const [index, line] of (await readText(inside(folder, path))).split(/\r?\n/).entries()) {
      const id = idOf(line, task);
      if (id === '') continue;
      const safe = safeRelative(id);
      if (safe === null) problems.add(path, `line ${index + 1}`, "the path leaves the set's folder");
      // The Layout lists name a picture once for each person in it.
      else if (!seen.has(safe)) {
        seen.add(safe);
        yield entry(safe, subset);
      }
    }
  }
  if (lists.length > 0) return;
  const seen = new Set<string>();
  for (const below of ['JPEGImages', 'Annotations']) {
    for await (const path of filesUnder(folder, below)) {
      if (below === 'JPEGImages' ? !isPicture(path) : !path.endsWith('.xml')) continue;
      const id = stemOf(path).slice(below.length + 1);
      if (!seen.has(id)) yield entry(id, 'default');
      seen.add(id);
    }
  }
}

/** A line of a list: the picture, and in some lists the number of an object after it. Names may hold spaces. */
function idOf(line: string, task: VocTask): string {
  const text = line.trim();
  if (text.startsWith('"')) return text.slice(1, text.indexOf('"', 1));
  return task === 'layout' || task === 'action' ? text.replace(/\s+-?\d+$/, '') : text;
}

/** Lists of a folder that name a subset; `<class>_<subset>.txt` are for one class. */
async function subsetLists(
  folder: string,
  name: string,
  labels: Categories['labels'] | null,
): Promise<{ subset: string; path: string }[]> {
  const names = (await namesIn(inside(folder, `ImageSets/${name}`))).filter((entry) =>
    entry.endsWith('.txt'),
  );
  const known = new Set(labels?.map((label) => label.name) ?? []);
  const actions = new Set(labels?.flatMap((label) => label.attributes) ?? []);
  return names
    .map((entry) => ({ subset: entry.slice(0, -'.txt'.length), path: `ImageSets/${name}/${entry}` }))
    .filter(({ subset }) => {
      for (let at = subset.indexOf('_'); at >= 0; at = subset.indexOf('_', at + 1)) {
        const before = subset.slice(0, at);
        const other = `${subset.slice(at + 1)}.txt`;
        if (known.has(before) || actions.has(before)) return false;
        // Without a label map, a list beside one whose name it ends with is a class's.
        if (names.includes(other)) return false;
      }
      return true;
    });
}
