import { dirname } from 'node:path';
import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { isFile, isFolder } from '../../files/folder.ts';
import { jsonEntries, openSpans } from '../../files/json.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { type CocoFile, findFiles, picturePlaces, type Task } from './layout.ts';
import { parsePanoptic } from './panoptic.ts';
import { parseObject } from './parse.ts';

/** A file's own numbers for the categories. */
type LabelOf = (categoryId: unknown) => number | undefined;

interface OpenFile {
  readonly file: CocoFile;
  readonly labelOf: LabelOf;
}

/** Tasks that describe the same objects in different ways: of these, one is read. */
const rivals: readonly Task[] = ['instances', 'person_keypoints', 'panoptic', 'stuff', 'labels'];

/**
 * Opens a COCO set.
 *
 * @param only the tasks to read. Where rivals are among them and in the folder, the first of them is read, and a
 *   problem names the files that are left.
 */
export async function readCoco(
  folder: string,
  only: readonly Task[],
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const all = (await findFiles(folder)).filter(({ task }) => only.includes(task));
  const chosen = rivals.find((task) => all.some((file) => file.task === task));
  const builder = new CategoryBuilder();
  const open: OpenFile[] = [];
  let damage: unknown;
  for (const file of all) {
    if (rivals.includes(file.task) && file.task !== chosen) {
      problems.add(file.path, '', `not read: ${chosen} of the same set is read instead`);
      continue;
    }
    try {
      open.push({ file, labelOf: await readCategories(folder, file, builder) });
    } catch (thrown) {
      damage = thrown;
      problems.add(file.path, '', toErrorValue(thrown).message);
    }
  }
  if (open.length === 0) {
    if (damage !== undefined) throw damage;
    throw new RefineryError('INPUT_NOT_FOUND', `There is no COCO annotation file in ${folder}.`);
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const subsets = [...new Set(open.map(({ file }) => file.subset))];
      for (const subset of subsets) {
        const files = open.filter(({ file }) => file.subset === subset);
        yield* readSubset(folder, files, problems, options.signal);
      }
    },
  };
}

async function readCategories(folder: string, file: CocoFile, builder: CategoryBuilder): Promise<LabelOf> {
  const listed: Readonly<Record<string, unknown>>[] = [];
  for await (const { value } of jsonEntries(inside(folder, file.path), new Set(['categories']))) {
    if (isRecord(value)) listed.push(value);
  }
  listed.sort((a, b) => numberOf(field(a, 'id')) - numberOf(field(b, 'id')));
  const add = builder.scope();
  const indexOf = new Map<unknown, number>();
  for (const category of listed) {
    const name = field(category, 'name');
    const parent = field(category, 'supercategory');
    const id = field(category, 'id');
    const sourceId = wholeOf(id, -1);
    const index = add({
      name: typeof name === 'string' ? name : String(id),
      parent: typeof parent === 'string' ? parent : '',
      attributes: [],
      ...(sourceId < 0 ? {} : { sourceId }),
    });
    indexOf.set(id, index);
    if (file.task === 'person_keypoints') {
      const points = field(category, 'keypoints');
      const joints = field(category, 'skeleton');
      builder.skeleton(index, {
        points: Array.isArray(points) ? points.map(String) : [],
        joints: (Array.isArray(joints) ? joints : [])
          .filter((joint) => Array.isArray(joint) && joint.length === 2)
          .map((joint: unknown[]) => [wholeOf(joint[0], 0), wholeOf(joint[1], 0)] as const),
      });
    }
  }
  return (id) => indexOf.get(id);
}

interface Picture {
  readonly id: string;
  readonly name: string;
  readonly size: Size | null;
  /** The number that the first file gives it. */
  readonly number: unknown;
  /** For each file: starts and ends of this picture's annotations. */
  readonly spans: number[][];
}

async function* readSubset(
  folder: string,
  files: readonly OpenFile[],
  problems: ProblemLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  // First pass: which pictures there are, and where in the files their annotations lie.
  const pictures = new Map<string, Picture>();
  for (const [turn, { file }] of files.entries()) {
    await indexFile(folder, file, turn, files.length, pictures, problems, signal);
  }
  // Second pass: one picture after the other.
  const readers = files.map(({ file }) => openSpans(inside(folder, file.path)));
  try {
    const locate = pictureFinder(folder);
    for (const picture of pictures.values()) {
      signal?.throwIfAborted();
      const annotations: Annotation[] = [];
      for (const [turn, { file, labelOf }] of files.entries()) {
        const spans = picture.spans[turn]!;
        const objects: unknown[] = [];
        for (let at = 0; at < spans.length; at += 2) {
          objects.push(readers[turn]!.at(spans[at]!, spans[at + 1]!));
        }
        await addObjects(folder, file, labelOf, picture, objects, annotations, problems);
      }
      const path = await locate(picturePlaces(files[0]!.file, picture.name));
      yield {
        id: picture.id,
        subset: files[0]!.file.subset,
        media: { kind: 'image', path, size: picture.size },
        attributes: new Map(
          typeof picture.number === 'number' || typeof picture.number === 'string'
            ? [['id', picture.number]]
            : [],
        ),
        annotations,
      };
    }
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** Finds pictures among the places where they can be; folders that are not there are asked for once. */
function pictureFinder(folder: string): (places: readonly string[]) => Promise<string> {
  const folders = new Map<string, boolean>();
  // What held the last picture will mostly hold this one.
  let usual = 0;
  return async (places) => {
    for (const candidate of [usual, ...places.keys()]) {
      const path = inside(folder, places[candidate] ?? places[0]!);
      const holder = dirname(path);
      const known = folders.get(holder) ?? (await isFolder(holder));
      folders.set(holder, known);
      if (!known || !(await isFile(path))) continue;
      usual = candidate;
      return path;
    }
    return inside(folder, places[0]!);
  };
}

async function indexFile(
  folder: string,
  file: CocoFile,
  turn: number,
  files: number,
  pictures: Map<string, Picture>,
  problems: ProblemLog,
  signal: AbortSignal | undefined,
): Promise<void> {
  const spansOf = new Map<unknown, number[]>();
  // Annotations can come before the pictures that they belong to.
  const early: { key: unknown; index: number; span: [number, number] }[] = [];
  const path = inside(folder, file.path);
  for await (const { key, index, value, start, end } of jsonEntries(
    path,
    new Set(['images', 'annotations']),
  )) {
    signal?.throwIfAborted();
    const place = `${key}[${index}]`;
    if (!isRecord(value)) {
      problems.add(file.path, place, 'not an object');
      continue;
    }
    if (key === 'images') {
      const given = field(value, 'file_name');
      const name = typeof given === 'string' ? safeRelative(given) : null;
      if (name === null) {
        problems.add(file.path, place, "the picture's name is missing or leaves the set's folder");
        continue;
      }
      const id = stemOf(name);
      let picture = pictures.get(id);
      if (picture === undefined) {
        const number = field(value, 'id');
        const spans = Array.from({ length: files }, (): number[] => []);
        picture = { id, name, size: sizeOf(value), number, spans };
        pictures.set(id, picture);
      }
      spansOf.set(field(value, 'id'), picture.spans[turn]!);
    } else {
      const image = field(value, 'image_id');
      const spans = spansOf.get(image);
      if (spans === undefined) early.push({ key: image, index, span: [start, end] });
      else spans.push(start, end);
    }
  }
  for (const { key, index, span } of early) {
    const spans = spansOf.get(key);
    if (spans === undefined) problems.add(file.path, `annotations[${index}]`, 'there is no such picture');
    else spans.push(...span);
  }
}

function sizeOf(value: Readonly<Record<string, unknown>>): Size | null {
  const width = numberOf(field(value, 'width'));
  const height = numberOf(field(value, 'height'));
  return Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0
    ? { width, height }
    : null;
}

async function addObjects(
  folder: string,
  file: CocoFile,
  labelOf: LabelOf,
  picture: Picture,
  objects: readonly unknown[],
  annotations: Annotation[],
  problems: ProblemLog,
): Promise<void> {
  const place = `image ${picture.id}`;
  // Numbers for objects that have none of their own, or one that another object of the picture has.
  let next = 1;
  for (const object of objects)
    if (isRecord(object)) next = Math.max(next, wholeOf(field(object, 'id'), 0) + 1);
  const used = new Set<number>();
  for (const object of objects) {
    if (!isRecord(object)) continue;
    if (file.task === 'panoptic') {
      const name = field(object, 'file_name');
      const safe = typeof name === 'string' ? safeRelative(name) : null;
      try {
        if (safe === null) throw new Error('the name of its picture is missing or leaves the folder');
        const path = inside(folder, `${file.path.slice(0, -'.json'.length)}/${safe}`);
        const parsed = await parsePanoptic(object, path, labelOf);
        for (const reason of parsed.problems) problems.add(file.path, place, reason);
        annotations.push(...parsed.annotations);
      } catch (thrown) {
        problems.add(file.path, place, toErrorValue(thrown).message);
      }
      continue;
    }
    const own = wholeOf(field(object, 'id'), 0);
    const id = own;
    let group = own;
    if (own <= 0 || used.has(own)) group = next++;
    used.add(group);
    const parsed = parseObject(object, file.task, id, group, labelOf, picture.size);
    for (const reason of parsed.problems) problems.add(file.path, `${place}, annotation ${own}`, reason);
    const alone = own === 0 && parsed.annotations.length === 1;
    annotations.push(...parsed.annotations.map((part) => (alone ? { ...part, group: 0 } : part)));
  }
}
