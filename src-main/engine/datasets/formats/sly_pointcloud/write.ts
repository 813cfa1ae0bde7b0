import { createHash } from 'node:crypto';
import { endingOf, fileNameOf, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import {
  type AttributeValue,
  type Categories,
  type Cuboid3d,
  numberOf,
  toRecord,
} from '../../model/index.ts';
import { type Work, writeSet } from '../common/write.ts';
import { keyFile, metaFile, onlyFolder } from './read.ts';

/** Item attributes that have fields of their own. */
const ownFields = new Set(['description', 'frame']);

/** A key made of a name, so that the same set gives the same file: a UUID of RFC 9562's version 8. */
function keyOf(...names: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(names)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Tags as meta.json declares them, with what they were found on. */
class Tags {
  readonly #found = new Map<string, { numbers: boolean; clouds: boolean; objects: boolean }>();

  /** A tag with its value as it is written. */
  of(name: string, value: AttributeValue, on: 'clouds' | 'objects', key: string): object {
    const known = this.#found.get(name) ?? { numbers: true, clouds: false, objects: false };
    known.numbers &&= typeof value === 'number';
    known[on] = true;
    this.#found.set(name, known);
    const text = typeof value === 'boolean' || Array.isArray(value) ? JSON.stringify(value) : value;
    return { key, name, value: text, ...stamps };
  }

  /** Tags that a class or all classes declare belong to these; others are for every class. */
  meta({ labels, attributes }: Categories): object[] {
    const declared = [...attributes, ...labels.flatMap((label) => label.attributes)];
    for (const name of declared) {
      const known = this.#found.get(name) ?? { numbers: false, clouds: false, objects: true };
      this.#found.set(name, { ...known, objects: true });
    }
    return [...this.#found].map(([name, { numbers, clouds, objects }], index) => ({
      name,
      value_type: numbers ? 'any_number' : 'any_string',
      color: '',
      id: index + 1,
      hotkey: '',
      applicable_type: clouds && objects ? 'all' : clouds ? 'imagesOnly' : 'objectsOnly',
      classes: attributes.includes(name)
        ? []
        : labels.filter((label) => label.attributes.includes(name)).map((label) => label.name),
    }));
  }
}

/** When and by whom is not known, and would make every writing another. */
const stamps = { labelerLogin: '', createdAt: '', updatedAt: '' };

interface Keys {
  readonly tags: Map<string, number>;
  readonly objects: Map<string, number>;
  readonly figures: Map<string, number>;
  readonly videos: Map<string, number>;
}

/** Writes a folder for each subset (`ds0` for one without a name), `meta.json` and `key_id_map.json`. */
export function writeSly(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { categories } = dataset;
  const tags = new Tags();
  const keys: Keys = { tags: new Map(), objects: new Map(), figures: new Map(), videos: new Map() };
  const place = (subset: string): string => (subset === 'default' ? onlyFolder : subset);
  const cloudOf = ({ id, item }: Work): string => `${id}${endingOf(item.media?.path ?? '') || '.pcd'}`;
  return writeSet(dataset, folder, abilities, options, {
    picture: (work) => `${place(work.item.subset)}/pointcloud/${cloudOf(work)}`,
    async each(work) {
      const { item, id, output } = work;
      const start = place(item.subset);
      const key = keyOf('cloud', item.subset, id);
      const frame = numberOf(item.attributes.get('frame'));
      keys.videos.set(key, Number.isSafeInteger(frame) ? frame : keys.videos.size + 1);
      const own = [...item.attributes].filter(([name]) => !ownFields.has(name));
      const marks = own.map(([name, value]) => {
        const tagKey = keyOf('tag', item.subset, id, name);
        keys.tags.set(tagKey, keys.tags.size + 1);
        return tags.of(name, value, 'clouds', tagKey);
      });
      const described = item.attributes.get('description');
      const content = {
        description: typeof described === 'string' ? described : '',
        key,
        tags: marks,
        ...objectsOf(work, categories, tags, keys),
      };
      await output.text(`${start}/ann/${cloudOf(work)}.json`, `${JSON.stringify(content)}\n`);
      if (options.media === 'copy')
        await copyRelated(work, `${start}/related_images/${cloudOf(work).replaceAll('.', '_')}`);
    },
    async finish(output) {
      const classes = categories.labels.map(({ name }, id) => ({
        id,
        title: name,
        color: '',
        shape: 'cuboid_3d',
        geometry_config: {},
      }));
      const meta = { classes, tags: tags.meta(categories), projectType: 'point_clouds' };
      await output.text(metaFile, `${JSON.stringify(meta, null, 2)}\n`);
      const listed = Object.fromEntries(
        Object.entries(keys).map(([name, map]) => [name, toRecord(map as Map<string, number>)]),
      );
      await output.text(keyFile, `${JSON.stringify(listed)}\n`);
    },
  });
}

/** Objects with their tags, and a figure for each. Where one object has two figures in a cloud, it becomes two. */
function objectsOf(
  { item, id, annotations, lose }: Work,
  { labels }: Categories,
  tags: Tags,
  keys: Keys,
): { readonly objects: object[]; readonly figures: object[] } {
  const [objects, figures]: [object[], object[]] = [[], []];
  const used = new Set<string>();
  for (const [index, part] of annotations.entries()) {
    if (part.type !== 'cuboid_3d') continue;
    if (part.label === null) {
      lose('a cuboid without a class');
      continue;
    }
    const track = numberOf(part.attributes.get('track_id'));
    const tracked = Number.isSafeInteger(track);
    let key = tracked ? keyOf('object', track, part.label) : keyOf('object', item.subset, id, index);
    if (used.has(key)) key = keyOf('object', item.subset, id, index);
    used.add(key);
    // Without a number of its own an object has none here either, and none comes back.
    if (tracked) keys.objects.set(key, track);
    const own = [...part.attributes].filter(([name]) => name !== 'track_id');
    const marks = own.map(([name, value]) =>
      tags.of(name, value, 'objects', keyOf('tag', key, item.subset, id, name)),
    );
    objects.push({
      key,
      classTitle: labels[part.label]!.name,
      tags: marks,
      objects: [],
      figures: [],
      ...stamps,
    });
    const figure = keyOf('figure', item.subset, id, index);
    keys.figures.set(figure, part.id);
    figures.push({
      key: figure,
      objectKey: key,
      geometryType: 'cuboid_3d',
      geometry: geometryOf(part),
      ...stamps,
    });
  }
  return { objects, figures };
}

function geometryOf({ position, rotation, scale }: Cuboid3d): object {
  const axes = ([x, y, z]: readonly [number, number, number]): object => ({ x, y, z });
  return { position: axes(position), rotation: axes(rotation), dimensions: axes(scale) };
}

async function copyRelated({ item, output }: Work, folder: string): Promise<void> {
  for (const path of item.media?.related ?? []) {
    const name = fileNameOf(path);
    if (!(await output.copy(path, `${folder}/${name}`))) continue;
    const sensors = { extrinsicMatrix: Array(12).fill(0), intrinsicMatrix: Array(9).fill(0) };
    const about = { name, meta: { sensorsData: sensors } };
    await output.text(`${folder}/${stemOf(name)}${endingOf(name)}.json`, `${JSON.stringify(about)}\n`);
  }
}
