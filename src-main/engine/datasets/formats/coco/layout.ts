import { headOf, isFile, isFolder, namesIn } from '../../files/folder.ts';
import { folderOf, inside } from '../../files/paths.ts';
import { subsetInName } from '../common/picture-index.ts';
import { isSubsetName } from '../common/read.ts';
import { classesHavePoints, type Sample, sampleOf, sampleOfOther, taskOf } from './sample.ts';

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
  /** Whether its name says what it is, as COCO's and Roboflow's do. */
  readonly named: boolean;
  /** Whether it has key points, whatever its task; it is looked for where that decides. */
  readonly points: boolean;
}

/** A JSON file, and what its name says. */
interface Candidate {
  readonly path: string;
  readonly task: Task | null;
  readonly subset: string;
  readonly named: boolean;
}

/** As people write it, who may have renamed it on a disk that knows no case. */
const taskName = new RegExp(`^(${tasks.join('|')})(?:_(.*))?\\.json$`, 'i');

/** What an annotation file's name says, or null for another name. */
export function parseName(name: string): { readonly task: Task; readonly subset: string } | null {
  const match = taskName.exec(name);
  if (match === null) return null;
  return { task: match[1]!.toLowerCase() as Task, subset: match[2] || 'default' };
}

/** Words of a file's name that say no more than what it is. */
const plainWords = new Set(['annotation', 'annotations', 'anno', 'annos', 'ann', 'coco', 'label', 'labels']);

/** The subset of a file with another name: `train` of `train_annotations`, and all of it where it says more. */
function plainSubset(name: string): string {
  const words = name.split(/[\s_.-]+/).filter((word) => word !== '' && !plainWords.has(word.toLowerCase()));
  const [only, another] = words;
  return only !== undefined && another === undefined && isSubsetName(only) ? only : name;
}

export const isRoboflow = (path: string): boolean => path.toLowerCase().endsWith('.coco.json');

/** Whether a folder is the one that COCO keeps annotations in. */
export const isOfAnnotations = (name: string): boolean => name.toLowerCase() === 'annotations';

/** Whether a file can be read for a task: one of objects with key points for two. */
export const isFor = (file: CocoFile, task: Task): boolean =>
  file.task === task || (task === 'person_keypoints' && file.points);

/** Files of another kind that are looked at in a row before the rest of a folder is passed over. */
const mostOthers = 100;

/**
 * Finds the annotation files of a set: COCO's own `annotations/<task>_<subset>.json`; Roboflow's
 * `<subset>/_annotations.coco.json`; and any other JSON of COCO's fields in the folder, in `annotations/` or in a
 * subset's folder. What those are follows from their entries.
 */
export async function findFiles(folder: string, only: readonly Task[]): Promise<CocoFile[]> {
  const files: CocoFile[] = [];
  const others = new Map<string, number>();
  for (const candidate of await candidatesIn(folder)) {
    const below = folderOf(candidate.path);
    const passed = others.get(below) ?? 0;
    if (passed >= mostOthers) continue;
    const file = await resolve(folder, candidate, only);
    others.set(below, file === null ? passed + 1 : 0);
    if (file !== null) files.push(file);
  }
  return files;
}

/** JSON files where annotations can be: those with a name that says so first, folder by folder. */
/** Files beside the annotations that have what a model found: a list of objects with `image_id` and `score`. */
export async function resultFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path } of await candidatesIn(folder)) {
    const head = await headOf(inside(folder, path));
    if (/^\s*\[\s*\{[^\]]*"image_id"/.test(head) && /"category_id"|"segments_info"|"caption"/.test(head))
      found.push(path);
  }
  return found;
}

async function candidatesIn(folder: string): Promise<Candidate[]> {
  const names = await namesIn(folder);
  const found: Candidate[] = [];
  for (const name of names.filter(isOfAnnotations)) found.push(...(await jsonsIn(folder, name)));
  found.push(...(await jsonsIn(folder, '')));
  for (const name of names) {
    if (isOfAnnotations(name) || !(await isFolder(inside(folder, name)))) continue;
    found.push(...(await jsonsIn(folder, name)).map((file) => ({ ...file, subset: name })));
  }
  return found;
}

async function jsonsIn(folder: string, below: string): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const name of await namesIn(below === '' ? folder : inside(folder, below))) {
    if (!/\.json$/i.test(name)) continue;
    const path = below === '' ? name : `${below}/${name}`;
    if (!(await isFile(inside(folder, path)))) continue;
    const parsed = parseName(name);
    const subset = parsed?.subset ?? plainSubset(name.slice(0, -'.json'.length));
    found.push({ path, task: parsed?.task ?? null, subset, named: parsed !== null || isRoboflow(path) });
  }
  return [...found.filter(({ named }) => named), ...found.filter(({ named }) => !named)];
}

/** Says what a candidate is, with a look into it where its name doesn't tell; null for a file of another kind. */
async function resolve(
  folder: string,
  { path, task, subset, named }: Candidate,
  only: readonly Task[],
): Promise<CocoFile | null> {
  const full = inside(folder, path);
  const sample = named ? await sampleOfNamed(full, task, only) : await sampleOfOther(full);
  if (sample === null) return null;
  const own = sample === undefined ? (task ?? 'instances') : taskOf(task, sample);
  const seen = sample?.points === true || (pointsDecide(only) && (await classesHavePoints(full)));
  const points = own === 'instances' && seen;
  return { path, task: own, subset, named: named && own === (task ?? own), points };
}

/** Where objects are read, their key points are read as well, and a file's task need not be known. */
const pointsDecide = (only: readonly Task[]): boolean =>
  only.includes('person_keypoints') && !only.includes('instances');

/** A large file is not looked into where its name is enough. */
async function sampleOfNamed(
  full: string,
  task: Task | null,
  only: readonly Task[],
): Promise<Sample | undefined> {
  const isDoubtful = task === 'labels' || task === 'captions' || task === 'panoptic';
  const isOfObjects = task === null || task === 'instances';
  return isDoubtful || (isOfObjects && pointsDecide(only)) ? sampleOf(full) : undefined;
}

/** The word by which a file says of which part of the set its pictures are, as `train_annotations.json` does. */
export const partOf = ({ subset, path }: CocoFile): string =>
  [subset, ...subset.split(/[\s_.-]+/)].find(isSubsetName) ?? subsetInName(path) ?? '';

/** Folders where the pictures of an annotation file can lie, by how it is laid out. The usual one comes first. */
export function pictureFolders({ path, subset }: CocoFile): string[] {
  const own = folderOf(path);
  const beside = isOfAnnotations(own) ? '' : own;
  const folders = [`images/${subset}`, 'images', subset, ''];
  if (beside !== '') folders.unshift(beside);
  folders.push(`${subset}2017`, `images/${subset}2017`, 'data', `data/${subset}`);
  if (beside !== '') folders.push(`${beside}/images`, `${beside}/data`);
  return [...new Set(folders)];
}
