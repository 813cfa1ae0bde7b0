import { join } from 'node:path';
import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { KnownFiles } from '../../files/folder.ts';
import { jsonBatches, jsonEntries, openSpans } from '../../files/json.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  field,
  InfosBuilder,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { addFacts, categoryFacts, pictureFacts } from './facts.ts';
import { type CocoFile, findFiles, pictureFolders, type Task } from './layout.ts';
import { parsePanoptic } from './panoptic.ts';
import { parseObject } from './parse.ts';
import { SpanIndex } from './spans.ts';

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
  const facts = new InfosBuilder();
  const open: OpenFile[] = [];
  let damage: unknown;
  for (const file of all) {
    if (rivals.includes(file.task) && file.task !== chosen) {
      problems.add(file.path, '', `not read: ${chosen} of the same set is read instead`);
      continue;
    }
    try {
      open.push({ file, labelOf: await readHead(folder, file, builder, facts, problems) });
    } catch (thrown) {
      damage = thrown;
      problems.add(file.path, '', toErrorValue(thrown).message);
    }
  }
  if (open.length === 0) {
    if (damage !== undefined) throw damage;
    throw new RefineryError('INPUT_NOT_FOUND', `There is no COCO annotation file in ${folder}.`);
  }
  const names = [...new Set(open.map(({ file }) => file.subset))];
  const subsets = names.map((subset) => open.filter(({ file }) => file.subset === subset));
  // Where things are in the files stays known from one reading to the next.
  const indices: SubsetIndex[] = [];
  return {
    categories: builder.build(),
    media: 'image',
    infos: facts.build(),
    problems,
    async *items() {
      for (const [at, files] of subsets.entries()) {
        indices[at] ??= await indexSubset(folder, files, problems, options);
        yield* readSubset(folder, files, indices[at], problems, options);
      }
    },
  };
}

const headFields = new Set(['categories', 'info', 'licenses']);

/** Reads what a file says of its classes and of the set. */
async function readHead(
  folder: string,
  file: CocoFile,
  builder: CategoryBuilder,
  infos: InfosBuilder,
  problems: ProblemLog,
): Promise<LabelOf> {
  const categories: Readonly<Record<string, unknown>>[] = [];
  const licenses: unknown[] = [];
  let info: unknown;
  for await (const { key, value } of jsonEntries(inside(folder, file.path), headFields)) {
    if (key === 'info') info = value;
    else if (key === 'licenses') licenses.push(value);
    else if (isRecord(value)) categories.push(value);
  }
  const wrong = addFacts(info, licenses, infos, file.subset);
  if (wrong !== null) problems.add(file.path, 'info', wrong);
  return addCategories(categories, file, builder);
}

function addCategories(
  listed: Readonly<Record<string, unknown>>[],
  file: CocoFile,
  builder: CategoryBuilder,
): LabelOf {
  listed.sort((a, b) => numberOf(field(a, 'id')) - numberOf(field(b, 'id')));
  const add = builder.scope();
  const indexOf = new Map<unknown, number>();
  for (const category of listed) {
    const name = field(category, 'name');
    const parent = field(category, 'supercategory');
    const id = field(category, 'id');
    const sourceId = wholeOf(id, -1);
    const facts = categoryFacts(category);
    const index = add({
      name: typeof name === 'string' ? name : String(id),
      parent: typeof parent === 'string' ? parent : '',
      attributes: [],
      ...(sourceId < 0 ? {} : { sourceId }),
      ...(facts.size === 0 ? {} : { facts }),
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
  /** Which file's entry says more of it, and where that lies: what they say of a hundred thousand is much to keep. */
  readonly more: { readonly turn: number; readonly span: readonly [start: number, end: number] } | null;
}

/** Which pictures a subset has, and where in its files their annotations lie. */
interface SubsetIndex {
  readonly pictures: readonly Picture[];
  /** For each file. */
  readonly spans: readonly SpanIndex[];
  locate(name: string): string;
}

async function indexSubset(
  folder: string,
  files: readonly OpenFile[],
  problems: ProblemLog,
  options: ReadOptions,
): Promise<SubsetIndex> {
  const pictures: Picture[] = [];
  const byId = new Map<string, number>();
  const spans: SpanIndex[] = [];
  for (const [turn, { file }] of files.entries()) {
    const known = { pictures, byId, turn };
    spans.push(await indexFile(folder, file, known, problems, options));
  }
  for (const [turn, { file }] of files.entries()) {
    spans[turn]!.sort(pictures.length, (index) => {
      problems.add(file.path, `annotations[${index}]`, 'there is no such picture');
    });
  }
  return { pictures, spans, locate: pictureFinder(folder, pictureFolders(files[0]!.file)) };
}

async function* readSubset(
  folder: string,
  files: readonly OpenFile[],
  { pictures, spans, locate }: SubsetIndex,
  problems: ProblemLog,
  options: ReadOptions,
): AsyncGenerator<Item> {
  const { subset } = files[0]!.file;
  const opened = () => files.map(({ file }) => openSpans(inside(folder, file.path)));
  const readers = opened();
  // Apart from those, as each reads ahead from where it was asked last.
  let entries: ReturnType<typeof opened> | undefined;
  try {
    for (const [index, picture] of pictures.entries()) {
      options.signal?.throwIfAborted();
      const annotations: Annotation[] = [];
      for (const [turn, { file, labelOf }] of files.entries()) {
        const objects = readers[turn]!.values(spans[turn]!.of(index));
        await addObjects(folder, file, labelOf, picture, objects, annotations, problems);
      }
      const { id, size, number, more } = picture;
      const attributes = new Map<string, AttributeValue>();
      if (typeof number === 'number' || typeof number === 'string') attributes.set('id', number);
      if (more !== null) {
        entries ??= opened();
        const [entry] = entries[more.turn]!.values(more.span);
        for (const [name, value] of isRecord(entry) ? pictureFacts(entry) : []) attributes.set(name, value);
      }
      const media = { kind: 'image', path: locate(picture.name), size } as const;
      yield { id, subset, media, attributes, annotations };
    }
  } finally {
    for (const reader of [...readers, ...(entries ?? [])]) reader.close();
  }
}

/** Finds pictures among the folders where they can be. */
function pictureFinder(folder: string, folders: readonly string[]): (name: string) => string {
  const full = folders.map((below) => (below === '' ? folder : inside(folder, below)));
  const files = new KnownFiles();
  // What held the last picture will mostly hold this one.
  let usual = full[0]!;
  return (name) => {
    for (const candidate of [usual, ...full]) {
      const path = join(candidate, name);
      if (!files.has(path)) continue;
      usual = candidate;
      return path;
    }
    return join(full[0]!, name);
  };
}

async function indexFile(
  folder: string,
  file: CocoFile,
  { pictures, byId, turn }: { pictures: Picture[]; byId: Map<string, number>; turn: number },
  problems: ProblemLog,
  options: ReadOptions,
): Promise<SpanIndex> {
  const found = new SpanIndex();
  const addPicture = (
    value: Readonly<Record<string, unknown>>,
    place: string,
    span: readonly [number, number],
  ): void => {
    const given = field(value, 'file_name');
    const name = typeof given === 'string' ? safeRelative(given) : null;
    if (name === null) {
      problems.add(file.path, place, "the picture's name is missing or leaves the set's folder");
      return;
    }
    const id = stemOf(name);
    const number = field(value, 'id');
    let index = byId.get(id);
    if (index === undefined) {
      const more = pictureFacts(value).size === 0 ? null : { turn, span };
      index = pictures.push({ id, name, size: sizeOf(value), number, more }) - 1;
      byId.set(id, index);
    }
    found.picture(number, index);
  };
  const path = inside(folder, file.path);
  for await (const { key, index, values, spans } of jsonBatches(path, new Set(['images', 'annotations']))) {
    options.signal?.throwIfAborted();
    await options.waitWhilePaused?.();
    for (const [at, value] of values.entries()) {
      const given = isRecord(value);
      if (!given) problems.add(file.path, `${key}[${index + at}]`, 'not an object');
      if (key === 'images') {
        if (given) addPicture(value, `${key}[${index + at}]`, [spans[2 * at]!, spans[2 * at + 1]!]);
      } else if (given) found.add(field(value, 'image_id'), spans[2 * at]!, spans[2 * at + 1]!);
      else found.skip();
    }
  }
  return found;
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
