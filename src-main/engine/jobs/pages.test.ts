import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageOf } from './pages.ts';

test('pages together are the list, also where positions are shared', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: 1, max: 8 }),
      (positions, most) => {
        const order = positions.sort((a, b) => a - b).map((position, id) => ({ position, id }));
        const found: typeof order = [];
        for (let after: number | null = null, turn = 0; turn < 100; turn += 1) {
          const { items, next }: ReturnType<typeof pageOf<(typeof order)[number]>> = pageOf(
            order,
            after,
            most,
          );
          found.push(...items);
          if (next === null) break;
          after = next;
        }
        expect(found).toEqual(order);
      },
    ),
  );
});
