import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shape } from '../formats/common/testing.ts';
import type { Annotation } from '../model/index.ts';
import { type Axis, type End, leastLikeness, likenessOf, pairsOf } from './pairing.ts';

const place = { left: 0, top: 0, width: 100, height: 100 };

/** Every one held against every other. */
function plainly(
  open: readonly End[],
  next: readonly End[],
  along: readonly Axis[],
): (readonly [End, End])[] {
  const taken = new Set<End>();
  return open
    .flatMap((one) =>
      next
        .filter(({ cluster }) => cluster.key === one.cluster.key)
        .map((other) => ({ pair: [one, other] as const, likeness: likenessOf(one, other, along) })),
    )
    .filter(({ likeness }) => likeness >= leastLikeness)
    .sort((one, other) => other.likeness - one.likeness)
    .map(({ pair }) => pair)
    .filter(([one, other]) => {
      if (taken.has(one) || taken.has(other)) return false;
      taken.add(one).add(other);
      return true;
    });
}

const length = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.double({ min: 0, max: 40, noNaN: true }));
const start = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.double({ min: -3, max: 60, noNaN: true }));
const bounds = fc.option(fc.record({ x: start, y: start, width: length, height: length }), {
  freq: 8,
  nil: null,
});

const endOf = (key: string, annotation: Annotation, of: End['bounds']): End => ({
  cluster: { key, parts: [{ annotation, place }] },
  bounds: of,
});

const anEnd: fc.Arbitrary<End> = fc.oneof(
  fc
    .tuple(fc.constantFrom('cat', 'dog'), bounds)
    .map(([key, of]) => endOf(key, { ...shape, type: 'box', label: 0, x: 0, y: 0, width: 1, height: 1 }, of)),
  fc.constant('whole').map((key) => endOf(key, { ...shape, type: 'label', label: 0 }, null)),
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, 1.4, 3), fc.constantFrom(0, 2)), {
      minLength: 1,
      maxLength: 3,
    })
    .map((points) =>
      endOf(
        'points',
        {
          ...{ ...shape, type: 'points', label: 0 },
          points: points.flatMap(([x, y, _]) => [x, y]),
          visibility: points.map(([, , seen]) => seen as 0 | 2),
        },
        null,
      ),
    ),
);

describe('what goes on as what', () => {
  test('is as if every one were held against every other', () => {
    fc.assert(
      fc.property(
        fc.array(anEnd, { maxLength: 30 }),
        fc.array(anEnd, { maxLength: 30 }),
        fc.constantFrom<readonly Axis[]>(['x'], ['y'], ['x', 'y'], ['y', 'x']),
        (open, next, along) => {
          expect(pairsOf(open, next, along)).toEqual(
            plainly(open, next, along).map(([one, other]) => ({ open: one.cluster, next: other.cluster })),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('of 40,000 is found in a moment', () => {
    const many = (shift: number): End[] =>
      Array.from({ length: 40_000 }, (_, at) =>
        endOf(
          'cat',
          { ...shape, type: 'box', label: 0, x: 0, y: 0, width: 1, height: 1 },
          {
            ...{ x: at * 3 + shift, y: 0, width: 9, height: 2 },
          },
        ),
      );
    const started = performance.now();
    expect(pairsOf(many(0), many(0.3), ['x'])).toHaveLength(40_000);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
