import { RefineryError } from '../../../../contract/errors.ts';
import { namesIn, pictureSize } from '../../files/folder.ts';
import { jsonEntries } from '../../files/json.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  attributesOf,
  CategoryBuilder,
  field,
  InfosBuilder,
  type Item,
  isRecord,
  type Media,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { addCategories, addInfos } from './categories.ts';
import { parseAnnotation, pointClouds } from './parse.ts';

type Fields = Readonly<Record<string, unknown>>;
const sub = (value: unknown, name: string): unknown => (isRecord(value) ? field(value, name) : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

async function filesOf(folder: string): Promise<string[]> {
  const names = await namesIn(inside(folder, 'annotations'));
  return names.filter((name) => name.endsWith('.json')).map((name) => `annotations/${name}`);
}

/** Opens a set of Datumaro's own JSON: `annotations/<subset>.json`, files in `images/` or `point_clouds/`. */
export async function readDatumaro(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const infos = new InfosBuilder();
  const files: { path: string; subset: string; indices: number[] }[] = [];
  let media: Media['kind'] = 'image';
  let damage: unknown;
  for (const path of await filesOf(folder)) {
    const file = {
      path,
      subset: path.slice('annotations/'.length, -'.json'.length),
      indices: [] as number[],
    };
    try {
      for await (const { key, value } of jsonEntries(
        inside(folder, path),
        new Set(['categories', 'infos', 'media_type']),
      )) {
        if (key === 'categories') file.indices = addCategories(value, builder);
        else if (key === 'infos')
          addInfos(value, infos, file.subset, (place, reason) => problems.add(path, place, reason));
        else if (value === pointClouds) media = 'point_cloud';
      }
      files.push(file);
    } catch (thrown) {
      damage = thrown;
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0) {
    if (damage !== undefined) throw damage;
    throw new RefineryError('INPUT_NOT_FOUND', `There is no annotation file of Datumaro's in ${folder}.`);
  }
  return {
    categories: builder.build(),
    media,
    infos: infos.build(),
    problems,
    async *items() {
      for (const { path, subset, indices } of files) {
        for await (const { value, index } of jsonEntries(inside(folder, path), new Set(['items']))) {
          options.signal?.throwIfAborted();
          const complain = (place: string, reason: string): void => problems.add(path, place, reason);
          const item = isRecord(value) ? await readItem(folder, value, subset, indices, complain) : null;
          if (item === null)
            complain(`items[${index}]`, 'the item has no name, or one that leaves the folder');
          else yield item;
        }
      }
    },
  };
}

async function readItem(
  folder: string,
  fields: Fields,
  subset: string,
  indices: readonly number[],
  complain: (place: string, reason: string) => void,
): Promise<Item | null> {
  const given = field(fields, 'id');
  const id = typeof given === 'string' ? safeRelative(given) : null;
  if (id === null) return null;
  const annotations: Annotation[] = [];
  for (const [index, entry] of list(field(fields, 'annotations')).entries()) {
    const parsed = isRecord(entry) ? parseAnnotation(entry, indices.length) : 'not an object';
    if (typeof parsed === 'string') complain(`item ${id}, annotation ${index}`, parsed);
    else if ('label' in parsed && parsed.label !== null) {
      annotations.push({ ...parsed, label: indices[parsed.label]! } as Annotation);
    } else annotations.push(parsed);
  }
  return {
    id,
    subset,
    media: await mediaOf(folder, fields, subset, id, complain),
    attributes: attributesOf(field(fields, 'attr')),
    annotations,
  };
}

async function mediaOf(
  folder: string,
  fields: Fields,
  subset: string,
  id: string,
  complain: (place: string, reason: string) => void,
): Promise<Media | null> {
  const cloud = field(fields, 'point_cloud');
  const image = field(fields, 'image');
  const entry = cloud ?? image;
  if (!isRecord(entry)) return null;
  const below = cloud === undefined ? 'images' : 'point_clouds';
  const given = field(entry, 'path');
  const path = typeof given === 'string' && given !== '' ? safeRelative(given) : `${id}.jpg`;
  if (path === null) {
    complain(`item ${id}`, "the path of its file leaves the set's folder");
    return null;
  }
  const full = inside(folder, `${below}/${subset}/${path}`);
  if (cloud !== undefined) {
    const related = list(field(fields, 'related_images'))
      .map((other) => sub(other, 'path'))
      .map((other) => (typeof other === 'string' ? safeRelative(other) : null))
      .filter((other) => other !== null)
      .map((other) => inside(folder, `images/${subset}/${other}`));
    return { kind: 'point_cloud', path: full, size: null, related };
  }
  const [height, width] = list(field(entry, 'size')).map(numberOf);
  const size: Size | null =
    Number.isInteger(width) && Number.isInteger(height) && width! > 0 && height! > 0
      ? { width: width!, height: height! }
      : await pictureSize(full);
  return { kind: 'image', path: full, size };
}
