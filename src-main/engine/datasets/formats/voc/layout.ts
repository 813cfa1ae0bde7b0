import { filesUnder, isFolder, listIfThere, namesIn } from '../../files/folder.ts';
import { inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Categories, ProblemLog } from '../../model/index.ts';
import { splitSubset } from '../common/read.ts';

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

/** Whether a set is VOC's tree, and not XML files with their pictures elsewhere: see `flat.ts`. */
export async function isTree(folder: string): Promise<boolean> {
  const has = (name: string): Promise<boolean> => isFolder(inside(folder, name));
  if ((await has('ImageSets')) || (await has('SegmentationClass'))) return true;
  return (await has('Annotations')) && (await has('JPEGImages'));
}

/** The pictures of VOC's tree, from its lists; without lists, every picture and every XML file. */
export async function* entriesOf(folder: string, lists: readonly VocList[]): AsyncGenerator<VocEntry> {
  for (const { subset, ids } of lists) for (const id of ids) yield entryOf(id, id, subset);
  if (lists.length > 0) return;
  for await (const path of idsThere(folder, ['JPEGImages', 'Annotations'])) {
    const { subset, rest } = splitSubset(path);
    yield entryOf(rest, path, subset);
  }
}

const entryOf = (id: string, path: string, subset: string): VocEntry => ({
  id,
  subset,
  xml: `Annotations/${path}.xml`,
  picture: `JPEGImages/${path}`,
});

/** What the pictures and XML files, or masks, in some folders are called, but for some, each once. */
async function* idsThere(
  folder: string,
  folders: readonly string[],
  besides: ReadonlySet<string> = new Set(),
): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const below of folders) {
    for await (const path of filesUnder(folder, below)) {
      if (below === 'Annotations' ? !path.endsWith('.xml') : !isPicture(path)) continue;
      const id = stemOf(path).slice(below.length + 1);
      if (besides.has(id) || seen.has(id)) continue;
      seen.add(id);
      yield id;
    }
  }
}

/** How many pictures, or for masks how many of these, are in no list, of a set that has lists. */
export async function countUnlisted(
  folder: string,
  task: VocTask,
  lists: readonly VocList[],
): Promise<number> {
  if (lists.length === 0) return 0;
  const listed = new Set(lists.flatMap(({ ids }) => [...ids]));
  const folders =
    listFolders[task] === 'Segmentation' ? ['SegmentationClass'] : ['JPEGImages', 'Annotations'];
  let number = 0;
  for await (const _ of idsThere(folder, folders, listed)) number += 1;
  return number;
}

/** A list of a subset's pictures. */
export interface VocList {
  readonly subset: string;
  readonly ids: ReadonlySet<string>;
}

/** The lists of a task. One that holds what others hold together, as `trainval` does, is no subset of its own. */
export async function listsOf(
  folder: string,
  task: VocTask,
  labels: Categories['labels'] | null,
  problems: ProblemLog,
): Promise<VocList[]> {
  let files = await subsetLists(folder, listFolders[task], labels);
  if (files.length === 0) files = await subsetLists(folder, 'Main', labels);
  const lists: VocList[] = [];
  for (const { subset, path } of files) {
    const text = (await listIfThere(inside(folder, path))) ?? '';
    lists.push({ subset, ids: idsIn(text, task, (place, reason) => problems.add(path, place, reason)) });
  }
  return lists.filter((list) => !isUnion(list, lists));
}

function isUnion({ ids }: VocList, lists: readonly VocList[]): boolean {
  const isPart = (other: VocList): boolean =>
    other.ids.size < ids.size && [...other.ids].every((id) => ids.has(id));
  const parts = lists.filter(isPart);
  const union = new Set(parts.flatMap((part) => [...part.ids]));
  return ids.size > 0 && union.size === ids.size;
}

/** The Layout lists name a picture once for each person in it. */
function idsIn(text: string, task: VocTask, tell: (place: string, reason: string) => void): Set<string> {
  const ids = new Set<string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const id = idOf(line, task);
    if (id === '') continue;
    const safe = safeRelative(id);
    if (safe === null) tell(`line ${index + 1}`, "the path leaves the set's folder");
    else ids.add(safe);
  }
  return ids;
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
