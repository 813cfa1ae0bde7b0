import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, readText, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  attributeValue,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  wholeOf,
} from '../../model/index.ts';
import { foldersIn, take } from '../common/read.ts';

type Fields = Readonly<Record<string, unknown>>;

export const metaFile = 'meta.json';
export const keyFile = 'key_id_map.json';

/** The folder that a set without subsets has. */
export const onlyFolder = 'ds0';

export const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Numbers that stand for the keys in the annotations. */
interface Keys {
  readonly objects: ReadonlyMap<string, AttributeValue>;
  readonly figures: ReadonlyMap<string, AttributeValue>;
  readonly videos: ReadonlyMap<string, AttributeValue>;
}

/** Reads `<folder>/ann/<cloud>.json` and `<folder>/pointcloud/`, with classes in meta.json. */
export async function readSly(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const given = await textIfThere(inside(folder, metaFile));
  if (given === undefined)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${metaFile} in ${folder}.`);
  const meta = parsed(given, metaFile, problems);
  const known = parsed((await textIfThere(inside(folder, keyFile))) ?? '{}', keyFile, problems);
  const keys: Keys = {
    objects: attributesOf(field(known, 'objects')),
    figures: attributesOf(field(known, 'figures')),
    videos: attributesOf(field(known, 'videos')),
  };
  const builder = classesOf(meta);
  const folders: string[] = [];
  for (const name of await foldersIn(folder))
    if (await isFolder(inside(folder, `${name}/ann`))) folders.push(name);
  return {
    categories: builder.build(),
    media: 'point_cloud',
    problems,
    async *items() {
      for (const name of folders) {
        const start = `${name}/ann/`;
        for await (const file of filesUnder(folder, start.slice(0, -1))) {
          options.signal?.throwIfAborted();
          if (!file.endsWith('.json')) continue;
          try {
            const fields: unknown = parseLenient(await readText(inside(folder, file)));
            if (!isRecord(fields)) throw new Error('it is no object');
            const cloud = stemOf(file.slice(start.length));
            const complain = (place: string, reason: string): void => problems.add(file, place, reason);
            yield await itemOf(folder, name, cloud, fields, keys, builder, complain);
          } catch (thrown) {
            problems.add(file, '', reasonOf(thrown));
          }
        }
      }
    },
  };
}

/** What a file says; without an object in it, nothing, which is told. */
export function parsed(given: string, file: string, problems: ProblemLog): Fields {
  try {
    const value: unknown = parseLenient(given);
    if (isRecord(value)) return value;
    problems.add(file, '', 'it is no object');
  } catch (thrown) {
    problems.add(file, '', reasonOf(thrown));
  }
  return {};
}

/** Classes, and the tags that objects can have as their attributes: of the classes that a tag names, or of all. */
function classesOf(meta: Fields): CategoryBuilder {
  const builder = new CategoryBuilder();
  const tags = list(field(meta, 'tags')).filter((tag) => field(tag, 'applicable_type') !== 'imagesOnly');
  const named = (tag: Fields): unknown[] => {
    const classes = field(tag, 'classes');
    return Array.isArray(classes) ? classes : [];
  };
  for (const tag of tags) if (named(tag).length === 0) builder.attribute(text(field(tag, 'name')));
  const add = builder.scope();
  for (const entry of list(field(meta, 'classes'))) {
    const name = text(field(entry, 'title'));
    const own = tags.filter((tag) => named(tag).includes(name)).map((tag) => text(field(tag, 'name')));
    add({ name, parent: '', attributes: own });
  }
  return builder;
}

const valueIn = (tag: Fields): AttributeValue => {
  const value = field(tag, 'value');
  if (value === 'true' || value === 'false') return value === 'true';
  return attributeValue(value);
};

async function itemOf(
  folder: string,
  name: string,
  cloud: string,
  fields: Fields,
  keys: Keys,
  builder: CategoryBuilder,
  complain: (place: string, reason: string) => void,
): Promise<Item> {
  const attributes = new Map<string, AttributeValue>();
  const frame = keys.videos.get(text(field(fields, 'key')));
  if (frame !== undefined) attributes.set('frame', frame);
  attributes.set('description', text(field(fields, 'description')));
  for (const tag of list(field(fields, 'tags'))) attributes.set(text(field(tag, 'name')), valueIn(tag));
  const objects = new Map(
    list(field(fields, 'objects')).map((object) => [text(field(object, 'key')), object]),
  );
  const annotations: Annotation[] = [];
  for (const [index, figure] of list(field(fields, 'figures')).entries()) {
    const place = `figures[${index}]`;
    const object = objects.get(text(field(figure, 'objectKey')));
    const geometry = field(figure, 'geometry');
    if (object === undefined || !isRecord(geometry)) {
      complain(place, 'a figure has no object, or no geometry');
      continue;
    }
    const label = builder.find(text(field(object, 'classTitle'))) ?? null;
    if (label === null) complain(place, 'there is no class of this name');
    const own = new Map<string, AttributeValue>();
    const track = keys.objects.get(text(field(object, 'key')));
    if (track !== undefined) own.set('track_id', track);
    for (const tag of list(field(object, 'tags'))) own.set(text(field(tag, 'name')), valueIn(tag));
    const id = wholeOf(keys.figures.get(text(field(figure, 'key'))), 0);
    const [position, rotation, scale] = ['position', 'rotation', 'dimensions'].map((key) =>
      axes(field(geometry, key)),
    );
    const common = { id, group: 0, label, attributes: own };
    take(
      { ...common, type: 'cuboid_3d', position: position!, rotation: rotation!, scale: scale! },
      annotations,
      (reason) => complain(place, reason),
    );
  }
  const start = `${name}/related_images/${cloud.replaceAll('.', '_')}`;
  const related: string[] = [];
  for await (const file of filesUnder(folder, start)) if (isPicture(file)) related.push(inside(folder, file));
  const path = inside(folder, `${name}/pointcloud/${cloud}`);
  return {
    id: stemOf(cloud),
    subset: name === onlyFolder ? 'default' : name,
    media: { kind: 'point_cloud', path, size: null, ...(related.length > 0 ? { related } : {}) },
    attributes,
    annotations,
  };
}

function axes(value: unknown): [number, number, number] {
  const own = isRecord(value) ? value : {};
  return [numberOf(field(own, 'x')), numberOf(field(own, 'y')), numberOf(field(own, 'z'))];
}
