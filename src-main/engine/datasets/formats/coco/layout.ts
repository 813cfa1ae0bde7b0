import { isFile, isFolder, namesIn } from '../../files/folder.ts';
import { folderOf, inside } from '../../files/paths.ts';

/** COCO's annotation files by what is in them: `<task>_<subset>.json`. */
export const tasks = [
  'instances',
  'person_keypoints',
  'captions',
  'labels',
  'image_info',
  'panoptic',
  'stuff',
] as const;
export type Task = (typeof tasks)[number];

export interface CocoFile {
  /** Relative to the set's folder. */
  readonly path: string;
  readonly task: Task;
  readonly subset: string;
}

const named = new RegExp(`^(${tasks.join('|')})(?:_(.*))?\\.json$`);

/** What an annotation file's name says, or null for another name. */
export function parseName(name: string): { readonly task: Task; readonly subset: string } | null {
  const match = named.exec(name);
  if (match === null) return null;
  return { task: match[1] as Task, subset: match[2] || 'default' };
}

/**
 * Finds the annotation files of a set: COCO's own `annotations/<task>_<subset>.json`; Roboflow's
 * `<subset>/_annotations.coco.json`; and any other JSON in the folder, in `annotations/` or in a subset's folder, which
 * is taken for instances.
 */
export async function findFiles(folder: string): Promise<CocoFile[]> {
  const found: CocoFile[] = [];
  const others: CocoFile[] = [];
  for (const name of await namesIn(inside(folder, 'annotations'))) {
    if (!name.endsWith('.json')) continue;
    const path = `annotations/${name}`;
    const parsed = parseName(name);
    if (parsed !== null) found.push({ path, ...parsed });
    else others.push({ path, task: 'instances', subset: name.slice(0, -'.json'.length) });
  }
  if (found.length > 0) return found;
  for (const name of await namesIn(folder)) {
    if (name.endsWith('.json') && (await isFile(inside(folder, name)))) {
      const parsed = parseName(name);
      others.push({ path: name, task: 'instances', subset: name.slice(0, -'.json'.length), ...parsed });
    } else if (name !== 'annotations' && (await isFolder(inside(folder, name)))) {
      const inner = await namesIn(inside(folder, name));
      const own =
        inner.find((entry) => entry.endsWith('.coco.json')) ?? inner.find((n) => n.endsWith('.json'));
      if (own !== undefined) others.push({ path: `${name}/${own}`, task: 'instances', subset: name });
    }
  }
  return others;
}

/** Folders where the pictures of an annotation file can lie, by how it is laid out. The usual one comes first. */
export function pictureFolders({ path, subset }: CocoFile): string[] {
  const beside = folderOf(path);
  const folders = [`images/${subset}`, 'images', subset, ''];
  if (beside !== 'annotations' && beside !== '') folders.unshift(beside);
  folders.push(`${subset}2017`, `images/${subset}2017`);
  return [...new Set(folders)];
}
