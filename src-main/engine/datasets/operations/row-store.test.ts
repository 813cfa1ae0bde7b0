import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { place, width } from './fingerprints.ts';
import { RowStore } from './row-store.ts';

const number = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

/** A row as fingerprints are: some have nothing beyond the box around them. */
const row = fc
  .tuple(
    fc.nat(10),
    fc.integer({ min: -1, max: 2 ** 20 }),
    fc.array(number, { minLength: 4, maxLength: 4 }),
    fc.option(fc.tuple(number, number)),
    fc.boolean(),
  )
  .map(([type, label, box, shape, approximated]) => {
    const numbers = new Array<number>(width).fill(0);
    numbers[place.type] = type;
    numbers[place.label] = label;
    for (const [at, value] of box.entries()) numbers[place.x + at] = value;
    [numbers[place.shape], numbers[place.sum]] = shape ?? [0, 0];
    numbers[place.approximated] = approximated ? 1 : 0;
    return numbers;
  });

describe('what is remembered of items', () => {
  test('comes back as it was, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(row)), (items) => {
        const store = new RowStore();
        for (const rows of items) store.add(Float32Array.from(rows.flat()));
        expect(store.items).toBe(items.length);
        for (const index of [...items.keys()].reverse())
          expect(store.of(index)).toEqual(Float32Array.from(items[index]!.flat()));
      }),
    );
  });

  test('is right where an item goes from one chunk on to the next, and after everything was forgotten', () => {
    const rows = (index: number): Float32Array =>
      Float32Array.from({ length: 7 * width }, (_, at) =>
        at % width < place.approximated ? (at + index) % 11 : 1,
      );
    const store = new RowStore();
    for (let turn = 0; turn < 2; turn += 1) {
      store.clear();
      for (let index = 0; index < 3000; index += 1) store.add(rows(index + turn));
      for (let index = 0; index < 3000; index += 1) expect(store.of(index)).toEqual(rows(index + turn));
    }
  });
});
