import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item } from '../model/index.ts';
import { ItemStore } from './store.ts';

const item = fc.record({
  id: fc.string({ minLength: 1, maxLength: 12 }),
  subset: fc.constantFrom('train', 'val', '__proto__'),
  labels: fc.array(fc.option(fc.nat(3)), { maxLength: 4 }),
});

const made = ({
  id,
  subset,
  labels,
}: {
  id: string;
  subset: string;
  labels: readonly (number | null)[];
}): Item => ({
  id,
  subset,
  media: { kind: 'image', path: `/nowhere/${id}`, size: { width: 10, height: 20 } },
  attributes: new Map([['weather', 'rain']]),
  annotations: labels.map((label, index) => ({
    type: 'box',
    id: index,
    group: 0,
    label,
    attributes: new Map(),
    zOrder: 0,
    x: 1.5,
    y: 2,
    width: 3,
    height: 4,
  })),
});

test('every item comes back as it was, and a filter finds what looking at each would find', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 30 }),
      fc.record({
        subset: fc.option(fc.constantFrom('train', 'val', 'other')),
        label: fc.option(fc.nat(4)),
        empty: fc.boolean(),
        text: fc.constantFrom('', 'a', 'A ', 'é'),
      }),
      async (specifications, filter) => {
        await using store = await ItemStore.create();
        const items = specifications.map(made);
        for (const one of items) await store.add(one);
        await store.flush();
        for (const [index, one] of items.entries()) expect(await store.get(index)).toEqual(one);
        expect(await store.get(items.length)).toBeUndefined();
        const wanted = items.flatMap(({ id, subset, annotations }, index) =>
          (filter.subset === null || filter.subset === subset) &&
          (filter.label === null ||
            annotations.some((box) => 'label' in box && box.label === filter.label)) &&
          (!filter.empty || annotations.length === 0) &&
          id.toLowerCase().includes(filter.text.trim().toLowerCase())
            ? [index]
            : [],
        );
        expect(store.find(filter)).toEqual(wanted);
      },
    ),
    { numRuns: 50 },
  );
});
