import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import { safeRelative } from '../files/paths.ts';
import { Random } from './random.ts';
import { defineTransform, mapItems } from './transform.ts';

export const reindex = defineTransform({
  name: 'reindex',
  description: 'Gives the items numbers as their names.',
  options: z.strictObject({ start: z.number().int().min(0).default(1).describe('the first number') }),
  apply: (dataset, { start }) => mapItems(dataset, (item, index) => ({ ...item, id: String(index + start) })),
});

export const rename = defineTransform({
  name: 'rename',
  description: 'Renames items by a regular expression.',
  options: z.strictObject({
    search: z.string().min(1).max(1000).describe('regular expression; every match is replaced'),
    replace: z
      .string()
      .max(1000)
      .default('')
      .describe('what comes instead; $1 is the first group, $<name> a named one'),
  }),
  apply(dataset, { search, replace }) {
    let pattern: RegExp;
    try {
      pattern = new RegExp(search, 'gu');
    } catch (thrown) {
      throw new RefineryError('BAD_REQUEST', `rename: ${(thrown as Error).message}.`);
    }
    const taken = new Set<string>();
    return mapItems(dataset, (item, index) => {
      if (index === 0) taken.clear();
      const id = item.id.replace(pattern, replace);
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
  },
});

export const sample = defineTransform({
  name: 'sample',
  aliases: ['random_sampler'],
  description: 'Takes some of the items at random, and keeps their order.',
  options: z
    .strictObject({
      count: z.number().int().min(0).optional().describe('how many'),
      ratio: z.number().min(0).max(1).optional().describe('or which part of them, 0 to 1'),
      seed: z
        .number()
        .int()
        .min(0)
        .max(0xffffffff)
        .default(0)
        .describe('whole number; the same gives the same'),
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
