import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import { isFile } from '../files/folder.ts';
import { fileNameOf, safeRelative, stemOf } from '../files/paths.ts';
import type { Item } from '../model/index.ts';
import { Seed } from './dealing.ts';
import { Pattern } from './patterns.ts';
import { Random } from './random.ts';
import { defineTransform, mapBatches, mapItems, tellingOf } from './transform.ts';

export const reindex = defineTransform({
  name: 'reindex',
  about: 'names',
  description: 'Gives the items numbers as their names.',
  options: z.strictObject({ start: z.number().int().min(0).default(1).describe('the first number') }),
  apply: (dataset, { start }) => mapItems(dataset, (item, index) => ({ ...item, id: String(index + start) })),
});

export const rename = defineTransform({
  name: 'rename',
  about: 'names',
  description: 'Renames items by a regular expression.',
  options: z.strictObject({
    search: z.string().min(1).max(1000).describe('regular expression; every match is replaced'),
    replace: z
      .string()
      .max(1000)
      .default('')
      .describe('what comes instead; $1 is the first group, $<name> a named one, {item.subset} the subset'),
  }),
  apply(dataset, { search, replace }) {
    const pattern = new Pattern('rename', search);
    return mapBatches(dataset, () => {
      const taken = new Set<string>();
      return (items) => {
        const ids = renamed(items, pattern, replace);
        return items.map((item, at) => {
          const id = ids[at]!;
          const key = `${item.subset}/${id}`;
          if (safeRelative(id) !== id || taken.has(key)) {
            const why = taken.has(key) ? 'another item has that name' : 'that is no name of a file';
            throw new RefineryError(
              'BAD_REQUEST',
              `rename: ${item.id} would become ${JSON.stringify(id)}: ${why}.`,
            );
          }
          taken.add(key);
          return { ...item, id };
        });
      };
    });
  },
});

/** In Datumaro's words for it. */
const subsetMark = '{item.subset}';

function renamed(items: readonly Item[], pattern: Pattern, replace: string): readonly string[] {
  if (!replace.includes(subsetMark)) {
    return pattern.replaceIn(
      items.map(({ id }) => id),
      replace,
    );
  }
  const ids: string[] = [];
  for (const [subset, places] of Map.groupBy(items.keys(), (at) => items[at]!.subset)) {
    // A dollar in it is one, and no group.
    const own = replace.replaceAll(subsetMark, () => subset.replaceAll('$', '$$$$'));
    const made = pattern.replaceIn(
      places.map((at) => items[at]!.id),
      own,
    );
    for (const [index, at] of places.entries()) ids[at] = made[index]!;
  }
  return ids;
}

export const labelSampler = defineTransform({
  name: 'label_random_sampler',
  about: 'choice',
  description: 'Takes items at random until each class is in so many of them, in each subset for itself.',
  options: z.strictObject({
    count: z.number().int().min(0).default(100).describe('items for each class that is not named'),
    labels: z
      .record(z.string(), z.number().int().min(0))
      .default({})
      .describe('class: items for it; a class of 0 items asks for none')
      .meta({ names: 'classes' }),
    seed: Seed,
  }),
  names: 'labels',
  async apply(dataset, { count, labels, seed }) {
    const wanted = dataset.categories.labels.map(({ name }) =>
      Object.hasOwn(labels, name) ? labels[name]! : count,
    );
    const places = new Map<string, (readonly [place: number, labels: readonly number[]])[]>();
    let items = 0;
    for await (const { subset, annotations } of dataset.items()) {
      const found = annotations.flatMap((part) =>
        'label' in part && part.label !== null ? [part.label] : [],
      );
      const known = places.get(subset) ?? [];
      places.set(subset, known);
      known.push([items, [...new Set(found)]]);
      items += 1;
    }
    const chosen = new Uint8Array(items);
    const random = new Random(seed);
    for (const subset of [...places.keys()].sort()) {
      const left = [...wanted];
      const own = places.get(subset)!;
      const order = random.shuffle(Uint32Array.from(own.keys()));
      for (const at of order) {
        const [place, of] = own[at]!;
        // What was taken for one class counts for its others, too.
        if (!of.some((label) => left[label]! > 0)) continue;
        chosen[place] = 1;
        for (const label of of) left[label]! -= 1;
      }
    }
    return mapItems(dataset, (item, index) => (chosen[index] === 1 ? item : null));
  },
});

export const sort = defineTransform({
  name: 'sort',
  about: 'names',
  description: 'Brings the items into the order of their names, numbers in them counted as numbers.',
  options: z.strictObject({
    by: z.enum(['id', 'subset']).default('id').describe('the name alone, or the subset before it'),
  }),
  apply: (dataset, { by }) => ({
    ...dataset,
    async *items() {
      // The whole set's annotations are in memory meanwhile.
      const items: Item[] = [];
      for await (const item of dataset.items()) items.push(item);
      const order = new Intl.Collator('en', { numeric: true }).compare;
      const key = ({ subset, id }: Item): string => (by === 'subset' ? `${subset}/${id}` : id);
      yield* items.sort((one, other) => order(key(one), key(other)));
    },
  }),
});

export const idFromImageName = defineTransform({
  name: 'id_from_image_name',
  about: 'names',
  description: "Names the items by their pictures' files, without the folders and the ending.",
  options: z.strictObject({
    ensure_unique: z
      .boolean()
      .default(false)
      .describe('whether a name that is taken gets a number, instead of ending the conversion'),
  }),
  apply(dataset, { ensure_unique }) {
    const taken = new Set<string>();
    return mapItems(dataset, (item, index) => {
      if (index === 0) taken.clear();
      if (item.media === null) return item;
      const name = stemOf(fileNameOf(item.media.path.replaceAll('\\', '/')));
      let id = name;
      for (let turn = 2; taken.has(`${item.subset}/${id}`); turn += 1) {
        if (!ensure_unique)
          throw new RefineryError('BAD_REQUEST', `id_from_image_name: two pictures are called ${name}.`, {
            hint: 'Set ensure_unique, and they get numbers.',
          });
        id = `${name}__${turn}`;
      }
      taken.add(`${item.subset}/${id}`);
      return { ...item, id };
    });
  },
});

export const dropMissing = defineTransform({
  name: 'drop_missing',
  about: 'choice',
  description: 'Takes out items whose picture is not there.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapItems(dataset, async (item) => (item.media !== null && (await isFile(item.media.path)) ? item : null)),
});

export const removeItems = defineTransform({
  name: 'remove_items',
  about: 'choice',
  description: 'Takes items out by their names.',
  options: z.strictObject({ items: z.array(z.string()).min(1).describe('the items as subset/id') }),
  apply(dataset, { items }) {
    const gone = new Set(items);
    const unseen = new Set(items);
    const left = mapItems(dataset, (item) => {
      const key = `${item.subset}/${item.id}`;
      unseen.delete(key);
      return gone.has(key) ? null : item;
    });
    return tellingOf(left, unseen, dataset.problems, 'remove_items: there is no item of this name');
  },
});

export const sample = defineTransform({
  name: 'sample',
  about: 'choice',
  aliases: ['random_sampler'],
  description: 'Takes some of the items at random, and keeps their order.',
  options: z
    .strictObject({
      count: z.number().int().min(0).optional().describe('how many'),
      ratio: z.number().min(0).max(1).optional().describe('or which part of them, 0 to 1'),
      seed: Seed,
    })
    .refine(
      ({ count, ratio }) => (count === undefined) !== (ratio === undefined),
      'give either count or ratio',
    ),
  async apply(dataset, { count, ratio, seed }) {
    let items = 0;
    for await (const _ of dataset.items()) items += 1;
    const wanted = Math.min(items, count ?? Math.round(items * ratio!));
    const order = new Random(seed).shuffle(Uint32Array.from({ length: items }, (_, index) => index));
    const chosen = new Uint8Array(items);
    for (const index of order.subarray(0, wanted)) chosen[index] = 1;
    return mapItems(dataset, (item, index) => (chosen[index] === 1 ? item : null));
  },
});
