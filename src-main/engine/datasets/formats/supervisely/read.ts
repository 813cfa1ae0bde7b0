import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, namesIn, readText, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { fileNameOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  type Colour,
  field,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { below, foldersIn, imageItem, isSubsetName, plainShape, take, UniqueIds } from '../common/read.ts';
import { list, metaFile, onlyFolder, parsed, text } from '../sly_pointcloud/read.ts';
import { parseGeometry } from './geometry.ts';
import { valueIn } from './tags.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Where datasets in a dataset lie. */
export const innerFolder = 'datasets';

/** Folders of a dataset that hold no datasets. */
const notDatasets = new Set(['ann', 'img', 'img_info', 'meta', 'seg', 'blob']);

/** A folder with `ann` and `img`. */
interface Part {
  /** Relative. */
  readonly path: string;
  /** Names of the datasets from the outermost one on. */
  readonly names: readonly string[];
}

/** What meta.json says, or, without one, what the annotations name. */
interface Meta {
  readonly builder: CategoryBuilder;
  readonly skeletons: ReadonlyMap<number, { readonly keys: readonly string[] }>;
  /** Tags of pictures that are classes. */
  readonly classTags: ReadonlySet<string>;
}

/** Reads `<dataset>/ann/<picture>.json` beside `<dataset>/img/`, with classes and tags in meta.json. */
export async function readSupervisely(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await partsIn(folder, '', []);
  if (parts.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ann of Supervisely's in ${folder}.`);
  }
  const given = await textIfThere(inside(folder, metaFile));
  const meta =
    given === undefined
      ? await metaFromFiles(folder, parts, problems)
      : metaOf(parsed(given, metaFile, problems));
  return {
    categories: meta.builder.build(),
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      for (const part of parts) {
        const pictures = new Set((await namesIn(inside(folder, below(part.path, 'img')))).filter(isPicture));
        for await (const file of annotationsIn(folder, part)) {
          options.signal?.throwIfAborted();
          const picture = pictureOf(file, pictures);
          pictures.delete(picture);
          try {
            const fields = annotationIn(await readText(inside(folder, file)));
            yield await itemOf(folder, part, picture, fields, meta, ids, parts.length > 1, (place, reason) =>
              problems.add(file, place, reason),
            );
          } catch (thrown) {
            options.signal?.throwIfAborted();
            problems.add(file, '', reasonOf(thrown));
          }
        }
        // A picture of which nothing is said is one without annotations.
        for (const name of pictures) {
          const ignore = (): void => undefined;
          yield await itemOf(folder, part, name, {}, meta, ids, parts.length > 1, ignore);
        }
      }
    },
  };
}

async function partsIn(folder: string, path: string, names: readonly string[]): Promise<Part[]> {
  const here = path === '' ? folder : inside(folder, path);
  const parts: Part[] = [];
  if (await isFolder(inside(here, 'ann'))) parts.push({ path, names });
  if (names.length > 8) return parts;
  const inner = names.length === 0 ? path : below(path, innerFolder);
  for (const name of await foldersIn(inner === '' ? folder : inside(folder, inner))) {
    if (notDatasets.has(name)) continue;
    parts.push(...(await partsIn(folder, below(inner, name), [...names, name])));
  }
  return parts;
}

async function* annotationsIn(folder: string, { path }: Part): AsyncGenerator<string> {
  for await (const file of filesUnder(folder, below(path, 'ann'))) if (file.endsWith('.json')) yield file;
}

/** `a.png.json` is of `a.png`; older files are called without the picture's ending. */
function pictureOf(file: string, pictures: ReadonlySet<string>): string {
  const name = stemOf(fileNameOf(file));
  if (pictures.has(name) || isPicture(name)) return name;
  return [...pictures].find((picture) => stemOf(picture) === name) ?? `${name}.jpg`;
}

/** The object that says what is on a picture; answers of the server have it in a field. */
function annotationIn(given: string): Fields {
  const fields: unknown = parseLenient(given);
  if (!isRecord(fields)) throw new RefineryError('INPUT_CORRUPT', 'it is no object');
  const inner = field(fields, 'annotation');
  return isRecord(inner) ? inner : fields;
}

function metaOf(meta: Fields): Meta {
  const builder = new CategoryBuilder();
  const skeletons = new Map<number, { keys: readonly string[] }>();
  const tags = list(field(meta, 'tags'));
  const ofObjects = tags.filter((tag) => field(tag, 'applicable_type') !== 'imagesOnly');
  const classesOf = (tag: Fields): readonly unknown[] => {
    const classes = field(tag, 'classes');
    return Array.isArray(classes) ? classes : [];
  };
  const add = builder.scope();
  const classes = list(field(meta, 'classes'));
  for (const entry of classes) {
    const name = text(field(entry, 'title'));
    const attributes = ofObjects
      .filter((tag) => classesOf(tag).includes(name))
      .map((tag) => text(field(tag, 'name')));
    const sourceId = wholeOf(field(entry, 'id'), -1);
    const label = add({ name, parent: '', attributes, ...(sourceId < 0 ? {} : { sourceId }) });
    const colour = colourIn(field(entry, 'color'));
    if (colour !== null) builder.colour(label, colour);
    const keys = addSkeleton(builder, label, field(entry, 'geometry_config'));
    if (keys !== null) skeletons.set(label, { keys });
  }
  const titles = new Set(classes.map((entry) => text(field(entry, 'title'))));
  const plain = tags.filter(
    (tag) =>
      field(tag, 'value_type') === 'none' &&
      field(tag, 'applicable_type') !== 'objectsOnly' &&
      !isSubsetName(text(field(tag, 'name'))),
  );
  const classTags = new Set(
    plain.map((tag) => text(field(tag, 'name'))).filter((name) => titles.size === 0 || titles.has(name)),
  );
  for (const name of classTags) builder.named(name);
  if (titles.size > 0) {
    for (const tag of ofObjects) {
      const name = text(field(tag, 'name'));
      const isMark = plain.includes(tag) && classTags.has(name);
      const isSubset = field(tag, 'value_type') === 'none' && isSubsetName(name);
      if (classesOf(tag).length === 0 && !isMark && !isSubset) builder.attribute(name);
    }
  }
  return { builder, skeletons, classTags };
}

async function metaFromFiles(folder: string, parts: readonly Part[], problems: ProblemLog): Promise<Meta> {
  problems.add(metaFile, '', 'it is missing: the classes are those that the annotations name');
  const builder = new CategoryBuilder();
  for (const part of parts) {
    for await (const file of annotationsIn(folder, part)) {
      try {
        const fields = annotationIn(await readText(inside(folder, file)));
        for (const object of list(field(fields, 'objects'))) {
          const name = text(field(object, 'classTitle'));
          if (name !== '') builder.named(name);
        }
      } catch {
        // What is wrong with it is told when it is read.
      }
    }
  }
  return { builder, skeletons: new Map(), classTags: new Set() };
}

function colourIn(value: unknown): Colour | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text(value));
  return found === null ? null : (found.slice(1).map((part) => Number.parseInt(part, 16)) as never);
}

/** Adds the points that a class of graphs has; returns their keys in their order, or null where it has none. */
function addSkeleton(builder: CategoryBuilder, label: number, config: unknown): readonly string[] | null {
  const nodes = isRecord(config) ? field(config, 'nodes') : undefined;
  if (!isRecord(config) || !isRecord(nodes) || Object.keys(nodes).length === 0) return null;
  const keys = Object.keys(nodes);
  const points = keys.map((key) => {
    const node = field(nodes, key);
    return (isRecord(node) ? text(field(node, 'label')) : '') || key;
  });
  const joints = list(field(config, 'edges')).flatMap((edge) => {
    const [from, to] = ['src', 'dst'].map((end) => keys.indexOf(String(field(edge, end))));
    return from! < 0 || to! < 0 ? [] : [[from! + 1, to! + 1] as const];
  });
  builder.skeleton(label, { points, joints });
  return keys;
}

async function itemOf(
  folder: string,
  { path, names }: Part,
  picture: string,
  fields: Fields,
  meta: Meta,
  ids: UniqueIds,
  isOneOfMany: boolean,
  complain: (place: string, reason: string) => void,
): Promise<Item> {
  const attributes = new Map<string, AttributeValue>();
  const annotations: Annotation[] = [];
  const marked: string[] = [];
  const described = text(field(fields, 'description'));
  if (described !== '') attributes.set('description', described);
  for (const tag of list(field(fields, 'tags'))) {
    const name = text(field(tag, 'name'));
    const value = valueIn(tag);
    const hasNone = (field(tag, 'value') ?? null) === null;
    if (hasNone && isSubsetName(name)) marked.push(name);
    else if (hasNone && meta.classTags.has(name)) {
      const label = meta.builder.find(name)!;
      annotations.push({ type: 'label', id: 0, group: 0, label, attributes: new Map() });
    } else if (name === captionTag && typeof value === 'string')
      annotations.push({ type: 'caption', id: 0, group: 0, attributes: new Map(), text: value });
    else if (attributes.has(name)) {
      complain('tags', `the picture has the tag ${name} several times, of which one is kept`);
    } else attributes.set(name, value);
  }
  const [outer = onlyFolder, ...inner] = names;
  const file = below(path, `img/${picture}`);
  const own = outer === onlyFolder ? 'default' : outer;
  const [mark, another] = marked;
  if (another !== undefined) complain('tags', 'the picture is in several subsets by its tags');
  const isMarked = mark !== undefined && !isSubsetName(own);
  const subset = isMarked ? mark : own;
  const within = [...(isMarked && isOneOfMany ? [outer] : []), ...inner, picture].join('/');
  const plain = await imageItem(
    folder,
    file,
    { id: ids.of(subset, within), subset, annotations: [] },
    sizeIn(field(fields, 'size')),
    attributes,
  );
  const groups = groupsOf(list(field(fields, 'objects')));
  for (const [index, object] of list(field(fields, 'objects')).entries()) {
    const place = `objects[${index}]`;
    const title = text(field(object, 'classTitle'));
    const label = meta.builder.find(title);
    if (label === undefined) complain(place, `there is no class ${title} in ${metaFile}`);
    const id = wholeOf(field(object, 'id'), 0);
    const shape = plainShape(label ?? null, objectTags(object), id, groups(object));
    const skeleton = label === undefined ? undefined : meta.skeletons.get(label);
    const made = await parseGeometry(object, shape, plain.media?.size ?? null, skeleton);
    if (typeof made === 'string') {
      complain(place, made);
      continue;
    }
    if (made.note !== undefined) complain(place, made.note);
    for (const part of made.parts) take(part, annotations, (reason) => complain(place, reason));
  }
  return { ...plain, annotations };
}

/** The tag of pictures that is a text about them. */
export const captionTag = 'caption';

function objectTags(object: Fields): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  const described = text(field(object, 'description'));
  if (described !== '') attributes.set('description', described);
  for (const tag of list(field(object, 'tags'))) attributes.set(text(field(tag, 'name')), valueIn(tag));
  return attributes;
}

function sizeIn(value: unknown): Size | null {
  if (!isRecord(value)) return null;
  const [width, height] = [wholeOf(field(value, 'width'), 0), wholeOf(field(value, 'height'), 0)];
  return width > 0 && height > 0 ? { width, height } : null;
}

/** Objects with the same key belong together: `instance`. Parts of one outline are so, too. */
function groupsOf(objects: readonly Fields[]): (object: Fields) => number {
  const keys = objects.map((object) => field(object, 'instance')).filter((key) => text(key) !== '');
  const areNumbers = keys.every((key) => Number.isSafeInteger(numberOf(key)) && numberOf(key) > 0);
  const numbers = new Map(
    [...new Set(keys)].map((key, index) => [key, areNumbers ? numberOf(key) : index + 1]),
  );
  let free = Math.max(0, ...numbers.values());
  return (object) => {
    const known = numbers.get(field(object, 'instance'));
    if (known !== undefined) return known;
    const parts = field(object, 'parts');
    if (!Array.isArray(parts) || parts.length < 2) return 0;
    free += 1;
    return free;
  };
}
