import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';
import { alone, Ratios, Seed, split } from './dealing.ts';
import { defineTransform, mapItems } from './transform.ts';

export const reidentificationSplit = defineTransform({
  name: 'reidentification_split',
  about: 'splits',
  aliases: ['reid_split'],
  description:
    'Deals persons out, not pictures: those of the test are in no training, and their pictures are query and gallery.',
  options: z.strictObject({
    subsets: Ratios.default({ train: 0.5, val: 0.2, test: 0.3 }).describe(
      'train, val and test: their parts of all persons, 0 to 1; together 1',
    ),
    query: z.number().min(0).max(1).default(0.5).describe('part of the test that is asked for, 0 to 1'),
    attribute: z
      .string()
      .optional()
      .describe('attribute that says who it is; without it, the class or person_id'),
    seed: Seed,
  }),
  names: 'subsets',
  async apply(dataset, { subsets, query, attribute, seed }) {
    const strange = Object.keys(subsets).find((name) => !['train', 'val', 'test'].includes(name));
    if (strange !== undefined)
      throw new RefineryError('BAD_REQUEST', `reidentification_split: there is no part ${strange}.`, {
        hint: 'There are train, val and test.',
      });
    const test = subsets['test'] ?? 0;
    const rest = 1 - test;
    const who = (item: Item): string | null => identityOf(item, attribute);
    const first = await split(
      dataset,
      { test, rest },
      seed,
      { of: who, nothing: attribute === undefined ? null : `no item has the attribute ${attribute}` },
      () => '',
    );
    const part = async (name: string, ratios: Readonly<Record<string, number>>): Promise<Dataset> =>
      split(
        mapItems(first, (item) => (item.subset === name ? item : null)),
        ratios,
        seed,
        alone,
        // Each person's pictures are dealt out by themselves, so that all of them are in both parts.
        (item) => who(item) ?? '',
      );
    const tested = await part('test', { 'test-query': query, 'test-gallery': 1 - query });
    const learnt = await part(
      'rest',
      rest > 0 ? { train: (subsets['train'] ?? 0) / rest, val: (subsets['val'] ?? 0) / rest } : { train: 1 },
    );
    return {
      ...dataset,
      async *items() {
        for (const side of [learnt, tested]) {
          for await (const item of side.items())
            yield who(item) === null ? { ...item, subset: 'not-supported' } : item;
        }
      },
    };
  },
});

/** Who or what an item is a picture of; null where it says nothing, or more than one. */
function identityOf({ attributes, annotations }: Item, attribute: string | undefined): string | null {
  const marks = annotations.filter((part) => part.type === 'label');
  if (attribute !== undefined) {
    const value =
      attributes.get(attribute) ?? (marks.length === 1 ? marks[0]!.attributes.get(attribute) : undefined);
    return value === undefined || value === null ? null : JSON.stringify(value);
  }
  const person = attributes.get('person_id');
  if (person !== undefined && person !== null) return JSON.stringify(person);
  return marks.length === 1 ? String(marks[0]!.label) : null;
}
