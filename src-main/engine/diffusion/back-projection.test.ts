import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backProject, resampler } from './back-projection.ts';
import { largestDifference, readJson } from './fixtures/shared.ts';
import type { Planes, Shades } from './picture.ts';

interface Resized {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly values: readonly number[];
  readonly made: readonly number[];
}

/** Root of the mean squared difference between the shrunk result and the source, both in [0, 1]. */
function missing({ values, width, height }: Shades, source: Planes): number {
  const shrink = resampler(width, height, source.width, source.height);
  const area = source.width * source.height;
  let squares = 0;
  for (let channel = 0; channel < 3; channel += 1) {
    const plane = Float32Array.from({ length: width * height }, (_, pixel) => values[pixel * 3 + channel]!);
    shrink(plane).forEach((value, pixel) => {
      squares += (value - source.values[channel * area + pixel]! / 2 - 0.5) ** 2;
    });
  }
  return Math.sqrt(squares / (3 * area));
}

/** A picture and a result that has nothing to do with it, far enough from black and white. */
const pair = fc
  .record({
    width: fc.integer({ min: 2, max: 12 }),
    height: fc.integer({ min: 2, max: 12 }),
    factor: fc.constantFrom(2, 4),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
  })
  .map(({ width, height, factor, seed }) => {
    let state = seed;
    const next = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const source: Planes = {
      values: Float32Array.from({ length: 3 * width * height }, () => next() * 0.6 - 0.3),
      width,
      height,
    };
    const result: Shades = {
      values: Float32Array.from({ length: 3 * width * height * factor ** 2 }, () => 0.4 + next() * 0.2),
      width: width * factor,
      height: height * factor,
    };
    return { source, result };
  });

describe('back-projection', () => {
  test('resamples as Pillow’s BICUBIC, in both directions', () => {
    const file = fileURLToPath(new URL('./fixtures/bicubic.json', import.meta.url));
    const { cases } = readJson(file) as { cases: Resized[] };
    expect(cases.length).toBeGreaterThan(3);
    for (const { from, to, values, made } of cases) {
      const found = resampler(...from, ...to)(Float32Array.from(values));
      expect(largestDifference(found, Float32Array.from(made)), `${from} to ${to}`).toBeLessThan(2e-6);
    }
  });

  test('brings any result near to its source', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ({ source, result }) => {
        const before = missing(result, source);
        await backProject(result, source);
        expect(missing(result, source)).toBeLessThan(before / 2);
      }),
    );
  });

  test('leaves alone what shows the source already', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ({ source, result: { values, width, height } }) => {
        const shrink = resampler(width, height, source.width, source.height);
        const planes = [0, 1, 2].map((channel) =>
          shrink(Float32Array.from({ length: width * height }, (_, pixel) => values[pixel * 3 + channel]!)),
        );
        const own = Float32Array.from(
          planes.flatMap((plane) => [...plane]),
          (value) => 2 * value - 1,
        );
        const changed = values.slice();
        await backProject({ values: changed, width, height }, { ...source, values: own });
        expect(largestDifference(changed, values)).toBeLessThan(1e-5);
      }),
    );
  });
});
