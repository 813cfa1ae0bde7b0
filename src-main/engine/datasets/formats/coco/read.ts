import { RefineryError } from '../../../../contract/errors.ts';
import { pictureSize } from '../../files/folder.ts';
import { isBlurred, jsonBatches, noObject } from '../../files/json.ts';
import { openSpans } from '../../files/json-spans.ts';
import { damagedEntry } from '../../files/notes.ts';
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
import { ExactEntries, keyOf } from './exact.ts';
import { addFacts, categoryFacts, pictureFacts } from './facts.ts';
import { type CocoFile, partOf, pictureFolders, type Task } from './layout.ts';
import { parsePanoptic } from './panoptic.ts';
import { parseObject } from './parse.ts';
import { type Picture, PictureFinder, Pictures, pictureName } from './pictures.ts';
import { SpanIndex } from './spans.ts';

/** A file's own numbers for the categories. */
type LabelOf = (categoryId: unknown) => number | undefined;

interface OpenFile {
  readonly file: CocoFile;
  readonly labelOf: LabelOf;
  /** Whether the classes' numbers are too long for a number, so that entries are read digit by digit. */
  readonly exact: boolean;
}

/** What all files of a set add to. */
interface Common {
  readonly categories: CategoryBuilder;
  readonly infos: InfosBuilder;
  readonly problems: ProblemLog;
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
  const common: Common = { categories: new CategoryBuilder(), infos: new InfosBuilder(), problems };
  const files = await chooseFiles(folder, only, problems);
  const names = [...new Set(files.map(({ subset }) => subset))];
  const indices = new Map(names.map((name) => [name, new SubsetIndex(folder, filesOf(files, name))]));
  let damage: unknown;
  for (const file of files) {
    try {
      await indices.get(file.subset)!.add(file, common, options);
    } catch (thrown) {
      options.signal?.throwIfAborted();
      damage ??= thrown;
      problems.add(file.path, '', reasonOf(thrown));
    }
  }
  const subsets = [...indices.values()].filter(({ files: open }) => open.length > 0);
  if (subsets.length === 0) {
    if (damage !== undefined) throw damage;
    throw new RefineryError('INPUT_NOT_FOUND', `There is no COCO annotation file in ${folder}.`);
  }
  for (const subset of subsets) subset.finish(problems);
  return {
    categories: common.categories.build(),
    media: 'image',
    infos: common.infos.build(),
    problems,
    async *items() {
      for (const subset of subsets) {
        await subset.remember(options);
        yield* readSubset(folder, subset, problems, options);
      }
    },
    // Where things are in the files stays known from one reading to the next.
    forget: () => {
      for (const subset of subsets) subset.forget();
    },
  };
}

const filesOf = (files: readonly CocoFile[], name: string): CocoFile[] =>
  files.filter(({ subset }) => subset === name);

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
class SubsetIndex {
  readonly #folder: string;
  readonly #finderOf: () => PictureFinder;
  readonly files: OpenFile[] = [];
  #finder: PictureFinder;
  #pictures: Pictures;
  #spans: SpanIndex[] = [];
  #isForgotten = false;

  constructor(folder: string, files: readonly CocoFile[]) {
    this.#folder = folder;
    const folders = new Set(files.flatMap(pictureFolders));
    this.#finderOf = () => new PictureFinder(folder, [...folders], partOf(files[0]!));
    this.#finder = this.#finderOf();
    this.#pictures = new Pictures(this.#finder);
  }

  get finder(): PictureFinder {
    return this.#finder;
  }

  get pictures(): readonly Picture[] {
    return this.#pictures.list;
  }

  /** For each file. */
  get spans(): readonly SpanIndex[] {
    return this.#spans;
  }

  /** Goes through a file. Where it is damaged, nothing of it stays. */
  async add(file: CocoFile, common: Common, options: ReadOptions): Promise<void> {
    try {
      const { spans, head } = await this.#index(file, this.#spans.length, common.problems, options);
      this.files.push({ file, exact: head.exact, labelOf: addHead(head, file, common) });
      this.#spans.push(spans);
    } catch (thrown) {
      if (options.signal?.aborted !== true) await this.#begin(options);
      throw thrown;
    }
  }

  /** Call it once, after the last file. */
  finish(problems: ProblemLog): void {
    for (const [turn, { file }] of this.files.entries()) {
      this.#spans[turn]!.sort(this.pictures.length, (index) => {
        problems.add(file.path, `annotations[${index}]`, 'there is no such picture');
      });
    }
  }

  forget(): void {
    this.#finder = this.#finderOf();
    this.#pictures = new Pictures(this.#finder);
    this.#spans = [];
    this.#isForgotten = true;
  }

  /** Makes sure that it knows what it knew before {@link forget}. */
  async remember(options: ReadOptions): Promise<void> {
    if (!this.#isForgotten) return;
    await this.#begin(options);
    this.finish(new ProblemLog());
    this.#isForgotten = false;
  }

  /** Goes through its files anew; what is wrong with them is told. */
  async #begin(options: ReadOptions): Promise<void> {
    this.#pictures = new Pictures(this.#finder);
    this.#spans = [];
    for (const [turn, { file }] of this.files.entries()) {
      this.#spans.push((await this.#index(file, turn, new ProblemLog(), options)).spans);
    }
  }

  async #index(file: CocoFile, turn: number, problems: ProblemLog, options: ReadOptions): Promise<Indexed> {
    const before = this.files.slice(0, turn);
    this.#pictures.nextFile(!before.some((other) => other.file.task === file.task));
    return indexFile(
      this.#folder,
      file,
      { pictures: this.#pictures, finder: this.#finder, turn },
      problems,
      options,
    );
  }
}

async function* readSubset(
  folder: string,
  { files, pictures, spans, finder }: SubsetIndex,
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
        const objects = readers[turn]!.values(spans[turn]!.of(index), (start) =>
          problems.add(file.path, `image ${id}, byte ${start}`, damagedEntry),
        );
        await addObjects(folder, file, labelOf, { id, size }, objects, annotations, problems);
      }
      const attributes = new Map<string, AttributeValue>();
      if (typeof number === 'number' || typeof number === 'string') attributes.set('id', number);
      if (more !== null) {
        entries ??= opened();
        const [entry] = entries[more.turn]!.values(more.span, noDamage);
        for (const [name, value] of isRecord(entry) ? pictureFacts(entry) : []) attributes.set(name, value);
      }
      const media = { kind: 'image', path, size } as const;
      yield { id, subset, media, attributes, annotations };
    }
  } finally {
    for (const reader of [...readers, ...(entries ?? [])]) reader.close();
  }
}

/** What a file says of its classes and of the set, and where in it the annotations lie. */
interface Indexed {
  readonly spans: SpanIndex;
  readonly head: Head;
}

interface Head {
  readonly categories: Readonly<Record<string, unknown>>[];
  readonly licenses: unknown[];
  readonly info: unknown;
  readonly exact: boolean;
}

function addHead({ categories, licenses, info }: Head, file: CocoFile, common: Common): LabelOf {
  const wrong = addFacts(info, licenses, common.infos, file.subset);
  if (wrong !== null) common.problems.add(file.path, 'info', wrong);
  return addCategories(categories, file, common.categories, common.problems);
}

const lists = new Set(['categories', 'info', 'licenses', 'images', 'annotations']);

async function indexFile(
  folder: string,
  file: CocoFile,
  { pictures, finder, turn }: { pictures: Pictures; finder: PictureFinder; turn: number },
  problems: ProblemLog,
  options: ReadOptions,
): Promise<Indexed> {
  const spans = new SpanIndex();
  const path = inside(folder, file.path);
  const categories: Readonly<Record<string, unknown>>[] = [];
  const licenses: unknown[] = [];
  let info: unknown;
  let exact = false;
  using entries = new ExactEntries(path);
  const addPicture = (value: unknown, place: string, span: readonly [number, number]): void => {
    if (!isRecord(value)) {
      problems.add(file.path, place, notAnObject);
      return;
    }
    const given = field(value, 'file_name');
    const named = pictureName(given, finder);
    if (named === null) {
      problems.add(file.path, place, "the picture's name is missing or is none");
      return;
    }
    const id = field(value, 'id');
    const key = keyOf(isBlurred(id) ? field(entries.record(...span), 'id') : id);
    const index = pictures.add(given, named, () => ({
      size: sizeOf(value),
      number: isBlurred(id) ? key : id,
      more: pictureFacts(value).size === 0 ? null : { turn, span },
    }));
    const isThere = named.found && (!named.foreign || pictures.list[index]!.name === named.name);
    if (!isThere) problems.add(file.path, place, 'its path is not in the set, and no picture has its name');
    if (key === undefined || key === null) return;
    if (!spans.picture(key, index)) problems.add(file.path, place, 'another picture has this number, too');
  };
  const asked = { key: 'annotations', field: 'image_id' };
  for await (const { key, index, values, spans: places } of jsonBatches(path, lists, asked)) {
    options.signal?.throwIfAborted();
    await options.waitWhilePaused?.();
    if (key === 'info') [info] = values;
    else if (key === 'licenses') licenses.push(...values);
    else if (index < 0) problems.add(file.path, key, 'not a list');
    else {
      for (let at = 0; at < values.length; at += 1) {
        const value = values[at];
        const [start, end] = [places[2 * at]!, places[2 * at + 1]!];
        if (key === 'annotations' && value !== noObject) spans.add(keyOf(value), start, end);
        else if (key === 'annotations') {
          problems.add(file.path, `annotations[${index + at}]`, notAnObject);
          spans.skip();
        } else if (key === 'images') addPicture(value, `images[${index + at}]`, [start, end]);
        else if (isRecord(value)) {
          const isLong = isBlurred(field(value, 'id'));
          exact ||= isLong;
          categories.push(isLong ? entries.record(start, end) : value);
        }
      }
    }
  }
  return { spans, head: { categories, licenses, info, exact } };
}

const notAnObject = 'not an object';

/** What an entry is damaged in that was read already. */
const noDamage = (): void => undefined;

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
