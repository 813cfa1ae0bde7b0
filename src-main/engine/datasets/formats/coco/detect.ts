import { join } from 'node:path';
import { isFile } from '../../files/folder.ts';
import type { Listing, Verdict } from '../../format.ts';
import { isOfAnnotations, isRoboflow, parseName, type Task } from './layout.ts';
import { cocoFields, type Sample, sampleOf, sampleOfText, taskOf } from './sample.ts';

/** What a folder's JSON files are, each task with a file of it. */
interface Found {
  /** Files with COCO's names in `annotations/`. */
  readonly named: ReadonlyMap<Task, string>;
  /** Where there are none: files of COCO's fields. */
  readonly others: ReadonlyMap<Task, Other>;
}

interface Other {
  readonly path: string;
  readonly fields: readonly string[];
}

/** Every COCO format asks the same of a listing. */
const answers = new WeakMap<Listing, Promise<Found>>();

/** Whether a folder is of a format that reads these tasks. */
export async function detect(reads: readonly Task[], listing: Listing): Promise<Verdict | null> {
  const answer = answers.get(listing) ?? lookAt(listing);
  answers.set(listing, answer);
  const { named, others } = await answer;
  return named.size > 0 ? verdictOfNamed(reads, named) : verdictOfOthers(reads, others);
}

function verdictOfNamed(reads: readonly Task[], found: ReadonlyMap<Task, string>): Verdict | null {
  const wanted = reads.filter((task) => found.has(task));
  if (wanted.length === 0) return null;
  const several = found.size > 1;
  const isWhole = reads.length > 1;
  // With files of several tasks the whole is meant; with one, that task.
  const fits = several === isWhole;
  return {
    confidence: fits ? 0.95 : isWhole ? 0.8 : 0.6,
    reasons: wanted.map((task) => `${found.get(task)} has the name of a COCO file.`),
    against: fits ? [] : several ? ['The folder has files of other COCO tasks, too.'] : [],
  };
}

function verdictOfOthers(reads: readonly Task[], found: ReadonlyMap<Task, Other>): Verdict | null {
  const isWhole = reads.length > 1;
  const own = reads.find((task) => found.has(task));
  // Objects are read with their key points.
  const task =
    own ?? (reads.includes('instances') && found.has('person_keypoints') ? 'person_keypoints' : null);
  if (task === null) return null;
  const { path, fields } = found.get(task)!;
  const sure = isRoboflow(path) ? 0.9 : fields.length > 1 ? 0.7 : 0.4;
  const fits = found.size > 1 === isWhole && own !== undefined;
  return {
    confidence: sure - (fits ? 0 : isWhole ? 0.2 : 0.3),
    reasons: isRoboflow(path)
      ? [`${path} has the name that Roboflow gives to a COCO file.`]
      : [`${path} has COCO's fields ${fields.map((name) => `"${name}"`).join(', ')}.`],
    against: isRoboflow(path) ? [] : ['No file has a name as in COCO.'],
  };
}

/** Files of one task that are looked into: the first are like the rest. */
const mostAlike = 2;

/** JSON files of other names that are looked into. */
const mostOthers = 10;

async function lookAt(listing: Listing): Promise<Found> {
  const named = new Map<Task, string>();
  const others = new Map<Task, Other>();
  const looks = new Map<Task, number>();
  for (const path of listing.files) {
    const [below, name, ...deeper] = path.split('/');
    const isThere = name !== undefined && deeper.length === 0 && isOfAnnotations(below!);
    const parsed = isThere ? parseName(name) : null;
    if (parsed === null) continue;
    const looked = looks.get(parsed.task) ?? 0;
    looks.set(parsed.task, looked + 1);
    if (looked < mostAlike) named.set(await taskIn(listing, path, parsed.task), path);
  }
  if (named.size > 0) return { named, others };
  const jsons = listing.files.filter((path) => /\.json$/i.test(path) && path.split('/').length <= 2);
  for (const path of jsons.slice(0, mostOthers)) {
    const fields = cocoFields(await listing.head(path));
    if (fields.length === 0 && !isRoboflow(path)) continue;
    const parsed = parseName(path.slice(path.lastIndexOf('/') + 1));
    const task = await taskIn(listing, path, parsed?.task ?? null);
    if (!others.has(task)) others.set(task, { path, fields });
  }
  return { named, others };
}

/** A file's task by its name and its entries: those of objects with key points are of key points, whatever their name. */
async function taskIn(listing: Listing, path: string, named: Task | null): Promise<Task> {
  const sample = await sampleIn(listing, path);
  const task = taskOf(named, sample);
  return task === 'instances' && sample.points ? 'person_keypoints' : task;
}

/** In an archive, the first characters have to do. */
async function sampleIn(listing: Listing, path: string): Promise<Sample> {
  const head = sampleOfText(await listing.head(path));
  const full = join(listing.folder, path);
  if (head.points || !(await isFile(full))) return head;
  const sample = await sampleOf(full);
  const [shapes, captions, segments] = [sample.shapes || head.shapes, sample.captions, sample.segments];
  return { shapes, captions, segments, points: sample.points };
}
