import { RefineryError } from '../../../../contract/errors.ts';
import { pictureSize } from '../../files/folder.ts';
import { jsonBatches, jsonEntries, openSpans } from '../../files/json.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
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
import { chooseFiles } from './choose.ts';
import { ExactEntries, isBlurred, keyOf } from './exact.ts';
import { addFacts, categoryFacts, pictureFacts } from './facts.ts';
import { type CocoFile, partOf, pictureFolders, type Task } from './layout.ts';
import { parsePanoptic } from './panoptic.ts';
import { parseObject } from './parse.ts';
import { type Picture, PictureFinder, Pictures, pictureName } from './pictures.ts';
import { SpanIndex } from './spans.ts';

/** A file's own numbers for the categories. */
type LabelOf = (categoryId: unknown) => number | undefined;

interface Head {
  readonly labelOf: LabelOf;
  /** Whether the classes' numbers are too long for a number, so that entries are read digit by digit. */
  readonly exact: boolean;
}

interface OpenFile extends Head {
  readonly file: CocoFile;
}

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
  const builder = new CategoryBuilder();
  const facts = new InfosBuilder();
  const open: OpenFile[] = [];
  let damage: unknown;
  for (const file of await chooseFiles(folder, only, problems)) {
    try {
      open.push({ file, ...(await readHead(folder, file, builder, facts, problems)) });
    } catch (thrown) {
      damage = thrown;
      problems.add(file.path, '', reasonOf(thrown));
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
    forget: () => indices.splice(0),
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
): Promise<Head> {
  const categories: Readonly<Record<string, unknown>>[] = [];
  const licenses: unknown[] = [];
  let info: unknown;
  let exact = false;
  const path = inside(folder, file.path);
  using entries = new ExactEntries(path);
  for await (const { key, value, start, end } of jsonEntries(path, headFields)) {
    if (key === 'info') info = value;
    else if (key === 'licenses') licenses.push(value);
    else if (isRecord(value)) {
      const isLong = isBlurred(field(value, 'id'));
      exact ||= isLong;
      categories.push(isLong ? entries.record(start, end) : value);
    }
  }
  const wrong = addFacts(info, licenses, infos, file.subset);
  if (wrong !== null) problems.add(file.path, 'info', wrong);
  return { labelOf: addCategories(categories, file, builder, problems), exact };
}

function addCategories(
  listed: Readonly<Record<string, unknown>>[],
  file: CocoFile,
  builder: CategoryBuilder,
  problems: ProblemLog,
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
    if (indexOf.has(id)) problems.add(file.path, `category ${id}`, 'another class has this number, too');
    indexOf.set(id, index);
    addSkeleton(category, file.task, index, builder);
  }
  for (const [id, index] of [...indexOf]) if (!indexOf.has(keyOf(id))) indexOf.set(keyOf(id), index);
  return (id) => indexOf.get(id) ?? (typeof id === 'string' ? indexOf.get(keyOf(id)) : undefined);
}

/** A class's key points, which tools write into files of any name. */
function addSkeleton(
  category: Readonly<Record<string, unknown>>,
  task: Task,
  index: number,
  builder: CategoryBuilder,
): void {
  const points = field(category, 'keypoints');
  const joints = field(category, 'skeleton');
  const hasPoints = Array.isArray(points) && points.length > 0;
  if (task !== 'person_keypoints' && !(task === 'instances' && hasPoints)) return;
  builder.skeleton(index, {
    points: Array.isArray(points) ? points.map(String) : [],
    joints: (Array.isArray(joints) ? joints : [])
      .filter((joint) => Array.isArray(joint) && joint.length === 2)
      .map((joint: unknown[]) => [wholeOf(joint[0], 0), wholeOf(joint[1], 0)] as const),
  });
}

/** Which pictures a subset has, and where in its files their annotations lie. */
interface SubsetIndex {
  readonly pictures: readonly Picture[];
  /** For each file. */
  readonly spans: readonly SpanIndex[];
  readonly finder: PictureFinder;
}

async function indexSubset(
  folder: string,
  files: readonly OpenFile[],
  problems: ProblemLog,
  options: ReadOptions,
): Promise<SubsetIndex> {
  const folders = new Set(files.flatMap(({ file }) => pictureFolders(file)));
  const finder = new PictureFinder(folder, [...folders], partOf(files[0]!.file));
  const pictures = new Pictures(finder);
  const spans: SpanIndex[] = [];
  for (const [turn, { file }] of files.entries()) {
    pictures.nextFile(!files.slice(0, turn).some((before) => before.file.task === file.task));
    spans.push(await indexFile(folder, file, { pictures, finder, turn }, problems, options));
  }
  for (const [turn, { file }] of files.entries()) {
    spans[turn]!.sort(pictures.list.length, (index) => {
      problems.add(file.path, `annotations[${index}]`, 'there is no such picture');
    });
  }
  return { pictures: pictures.list, spans, finder };
}

async function* readSubset(
  folder: string,
  files: readonly OpenFile[],
  { pictures, spans, finder }: SubsetIndex,
  problems: ProblemLog,
  options: ReadOptions,
): AsyncGenerator<Item> {
  const { subset } = files[0]!.file;
  const opened = () => files.map(({ file }) => openSpans(inside(folder, file.path)));
  const readers = files.map(({ file, exact }) => {
    const path = inside(folder, file.path);
    return exact ? new ExactEntries(path) : openSpans(path);
  });
  // Apart from those, as each reads ahead from where it was asked last.
  let entries: ReturnType<typeof opened> | undefined;
  try {
    for (const [index, picture] of pictures.entries()) {
      options.signal?.throwIfAborted();
      const { id, number, more } = picture;
      const path = finder.locate(picture.name);
      const size = picture.size ?? (await pictureSize(path));
      const annotations: Annotation[] = [];
      for (const [turn, { file, labelOf }] of files.entries()) {
        const objects = readers[turn]!.values(spans[turn]!.of(index));
        await addObjects(folder, file, labelOf, { id, size }, objects, annotations, problems);
      }
      const attributes = new Map<string, AttributeValue>();
      if (typeof number === 'number' || typeof number === 'string') attributes.set('id', number);
      if (more !== null) {
        entries ??= opened();
        const [entry] = entries[more.turn]!.values(more.span);
        for (const [name, value] of isRecord(entry) ? pictureFacts(entry) : []) attributes.set(name, value);
      }
      const media = { kind: 'image', path, size } as const;
      yield { id, subset, media, attributes, annotations };
    }
  } finally {
    for (const reader of [...readers, ...(entries ?? [])]) reader.close();
  }
}

async function indexFile(
  folder: string,
  file: CocoFile,
  { pictures, finder, turn }: { pictures: Pictures; finder: PictureFinder; turn: number },
  problems: ProblemLog,
  options: ReadOptions,
): Promise<SpanIndex> {
  const found = new SpanIndex();
  const path = inside(folder, file.path);
  using exact = new ExactEntries(path);
  /** What an entry says in a field by which entries name each other. */
  const keyIn = (value: Readonly<Record<string, unknown>>, name: string, start: number, end: number) => {
    const key = field(value, name);
    return keyOf(isBlurred(key) ? field(exact.record(start, end), name) : key);
  };
  const addPicture = (
    value: Readonly<Record<string, unknown>>,
    place: string,
    span: readonly [number, number],
  ): void => {
    const given = field(value, 'file_name');
    const named = pictureName(given, finder);
    if (named === null) {
      problems.add(file.path, place, "the picture's name is missing or is none");
      return;
    }
    const key = keyIn(value, 'id', ...span);
    const index = pictures.add(given, named, () => ({
      size: sizeOf(value),
      number: isBlurred(field(value, 'id')) ? key : field(value, 'id'),
      more: pictureFacts(value).size === 0 ? null : { turn, span },
    }));
    const isThere = named.found && (!named.foreign || pictures.list[index]!.name === named.name);
    if (!isThere) problems.add(file.path, place, 'its path is not in the set, and no picture has its name');
    if (key === undefined || key === null) return;
    if (!found.picture(key, index)) problems.add(file.path, place, 'another picture has this number, too');
  };
  for await (const { key, index, values, spans } of jsonBatches(path, new Set(['images', 'annotations']))) {
    options.signal?.throwIfAborted();
    await options.waitWhilePaused?.();
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      const start = spans[2 * at]!;
      const end = spans[2 * at + 1]!;
      const given = isRecord(value);
      if (!given) problems.add(file.path, `${key}[${index + at}]`, 'not an object');
      if (key === 'images') {
        if (given) addPicture(value, `${key}[${index + at}]`, [start, end]);
      } else if (given) found.add(keyIn(value, 'image_id', start, end), start, end);
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
  picture: Pick<Picture, 'id' | 'size'>,
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
        problems.add(file.path, place, reasonOf(thrown));
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
    const [only] = parsed.annotations;
    if (own === 0 && only !== undefined && parsed.annotations.length === 1)
      annotations.push({ ...only, group: 0 });
    else annotations.push(...parsed.annotations);
  }
}
