import { describe, expect, test } from 'vitest';
import type { Dataset } from './format.ts';
import { shape } from './formats/common/testing.ts';
import { applyTransforms, describeSet, diff, parseStep, samePictures, validate } from './index.ts';
import type { Item } from './model/index.ts';
import { noCategories, ProblemLog } from './model/index.ts';
import { similarPictures } from './validation/pictures.ts';

/** A set without an end, whose items are there at once: whoever reads it must stop by itself to hear anything. */
const endless: Dataset = {
  categories: { ...noCategories, labels: [{ name: 'a', parent: '', attributes: [] }] },
  media: 'image',
  problems: new ProblemLog(),
  async *items() {
    const box = { ...shape, type: 'box', label: 0, x: 1, y: 1, width: 3, height: 3 } as const;
    for (let at = 0; ; at += 1) yield { ...item, id: String(at % 1000), annotations: [box] };
  },
};

const item: Omit<Item, 'annotations'> = { id: '', subset: 'train', media: null, attributes: new Map() };

const works: readonly (readonly [string, (signal: AbortSignal) => Promise<unknown>])[] = [
  ['describing', (signal) => describeSet(endless, signal)],
  ['looking for faults', (signal) => validate(endless, { signal })],
  ['looking for the same pictures', (signal) => samePictures(endless, signal)],
  ['looking for pictures that are alike', (signal) => similarPictures(endless, signal)],
  ['comparing', (signal) => diff(endless, endless, { signal })],
  ...['random_split:train=0.5,val=0.5', 'stratified_split:train=0.5,val=0.5', 'sample:count=3', 'sort'].map(
    (step) =>
      [
        `the change ${step}`,
        async (signal: AbortSignal) => {
          const changed = await applyTransforms(endless, [parseStep(step)], { scratch: null, signal });
          for await (const _ of changed.items());
        },
      ] as const,
  ),
];

describe('work that goes through a whole set', () => {
  test.each(works)('hears that it is to end: %s', async (_, work) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 30);
    const started = performance.now();
    await expect(work(abort.signal)).rejects.toThrow('enough');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
