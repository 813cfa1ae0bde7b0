import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { format, put, scratch, setOf } from '../formats/common/testing.ts';
import type { Annotation, AttributeValue, Item } from '../model/index.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms } from './index.ts';

const { fresh } = scratch();

/** What Datumaro 1.13.12 picks. */
const { before, picks } = JSON.parse(
  readFileSync(new URL('fixtures/relevancy.json', import.meta.url), 'utf8'),
) as {
  readonly before: Readonly<Record<string, object>>;
  readonly picks: readonly { readonly method: string; readonly count: number; readonly sample: string[] }[];
};

const sampled = async (set: Dataset, options: object): Promise<Item[]> =>
  itemsOf(
    await applyTransforms(set, [{ name: 'relevancy_sampler', options: { ...options } }], { scratch: null }),
  );

const idsIn = (items: readonly Item[], wanted: string): string[] =>
  items.flatMap(({ subset, id }) => (subset === wanted ? [id] : []));

const label = (scores: AttributeValue): Annotation => ({
  ...{ type: 'label', id: 0, group: 0, label: 0 },
  attributes: new Map([['scores', scores]]),
});

/** 30 items, the first the least sure. */
const falling = setOf(
  ['a', 'b'],
  Array.from({ length: 30 }, (_, at) => ({
    id: `i${at}`,
    subset: at % 2 === 0 ? 'train' : 'val',
    annotations: [label([0.5 + at / 60, 0.5 - at / 60])],
  })),
);

describe('items of which a model is least sure', () => {
  test('are those that Datumaro picks', async () => {
    const folder = fresh();
    const files = Object.entries(before).map(
      ([name, value]) => [`annotations/${name}.json`, JSON.stringify(value)] as const,
    );
    await put(folder, Object.fromEntries(files));
    const set = await format('datumaro').read(folder);
    for (const { method, count, sample } of picks) {
      const items = await sampled(set, { count, sampling_method: method, input_subset: 'train' });
      const ours = idsIn(items, 'sample');
      expect(items.length - ours.length).toBe(idsIn(items, 'unsampled').length + 1);
      expect(idsIn(items, 'val')).toEqual(['n1']);
      // For one of each half, Datumaro takes the whole set.
      if (method === 'mixk' && count === 1) expect(ours).toEqual(['n11']);
      else expect([method, count, ours.sort()]).toEqual([method, count, sample.sort()]);
    }
  });

  test('come out of the whole set where no subset is named, into the named subsets', async () => {
    const items = await sampled(falling, { count: 3, sampled_subset: 'ask', unsampled_subset: 'rest' });
    expect(idsIn(items, 'ask')).toEqual(['i0', 'i1', 'i2']);
    expect(idsIn(items, 'rest')).toHaveLength(27);
  });

  test('or some at random, the same for a seed', async () => {
    const random = (sampling_method: string, seed: number): Promise<string[]> =>
      sampled(falling, { count: 5, sampling_method, seed }).then((items) => idsIn(items, 'sample'));
    for (const method of ['randk', 'randtopk']) {
      const once = await random(method, 1);
      expect(once).toHaveLength(5);
      expect(await random(method, 1)).toEqual(once);
      expect(await random(method, 2)).not.toEqual(once);
      expect(once).not.toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    }
    const place = (ids: readonly string[]): number =>
      ids.reduce((sum, id) => sum + Number(id.slice(1)), 0) / ids.length;
    const many = Array.from({ length: 20 }, (_, seed) => seed);
    const mean = async (method: string): Promise<number> =>
      (await Promise.all(many.map((seed) => random(method, seed)))).reduce(
        (sum, ids) => sum + place(ids),
        0,
      ) / many.length;
    expect(await mean('randtopk')).toBeLessThan((await mean('randk')) - 4);
  });

  test.each([
    ['no annotation', []],
    ['no scores', [{ ...label(0), attributes: new Map() }]],
    ['one score', [label(0.7)]],
    ['a text', [label('[0.7, 0.3]')]],
    ['none at all', [label([])]],
    ['percent', [label([70, 30])]],
    ['no number', [label([Number.NaN, 0.2])]],
  ])('can’t be told from %s', async (_, annotations) => {
    await expect(sampled(setOf(['a'], [{ id: 'x', annotations }]), { count: 1 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      hint: expect.stringContaining('scores'),
    });
  });

  test('are in a subset that there is', async () => {
    await expect(sampled(falling, { count: 1, input_subset: 'test' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      hint: 'There are train, val.',
    });
  });
});
