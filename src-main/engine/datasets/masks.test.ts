import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  areaOf,
  boundsOf,
  boxOverlap,
  compressCounts,
  countsFromRows,
  decodeBitmap,
  encodeBitmap,
  evenOdd,
  expandCounts,
  maskOverlap,
  rowsFromCounts,
  unionOf,
} from './masks.ts';
import { maskRings, polygonCounts } from './polygons.ts';
import { corpus, data, haveData, whyNot } from './testing/golden.ts';

/** Pictures of bits with their size. */
const pictures = fc
  .tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
      .map((bitmap) => ({ width, height, bitmap })),
  );

describe('masks', () => {
  test('of which an odd number covers a pixel', () => {
    fc.assert(
      fc.property(pictures, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (picture, seeds) => {
        const { width, height, bitmap } = picture;
        const all = seeds.map((seed) => bitmap.map((bit, pixel) => (((pixel * seed) >> 2) + bit) & 1));
        const odd = bitmap.map((_, pixel) => all.reduce((sum, one) => sum + one[pixel]!, 0) & 1);
        const counts = evenOdd(all.map((one) => encodeBitmap(one, width, height)));
        expect(counts).toEqual(encodeBitmap(odd, width, height));
        expect(decodeBitmap(counts, width, height)).toEqual(odd);
      }),
    );
    expect(evenOdd([])).toEqual([0]);
  });

  test('run lengths and bitmaps are two forms of one thing', () => {
    fc.assert(
      fc.property(pictures, ({ width, height, bitmap }) => {
        const counts = encodeBitmap(bitmap, width, height);
        expect(decodeBitmap(counts, width, height)).toEqual(bitmap);
        expect(expandCounts(compressCounts(counts))).toEqual(counts);
        expect(areaOf(counts)).toBe(bitmap.reduce((sum, bit) => sum + bit, 0));
        const rows = rowsFromCounts({ counts, width, height });
        expect(countsFromRows(rows, { left: 0, top: 0, width, height }, width, height)).toEqual(counts);
      }),
    );
  });

  test('compressed counts take large numbers and differences below zero', () => {
    for (const counts of [
      [0, 1],
      [5, 1000, 3, 999_999, 1, 2],
      [100_000_000],
      [7, 3, 1_000_000, 1, 1, 1, 1],
    ]) {
      expect(expandCounts(compressCounts(counts))).toEqual(counts);
    }
  });

  test('damaged compressed counts are null and not an error', () => {
    for (const text of ['\u0000', 'é', 'ooooooooooo', ' ', '~~~~']) expect(expandCounts(text)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => void expandCounts(text)));
  });

  test('bounds, union and overlap are those of the pixels', () => {
    const counts = (rows: string[]): number[] =>
      encodeBitmap(rows.join('').split('').map(Number), rows[0]!.length, rows.length);
    const one = counts(['0000', '0110', '0110']);
    const other = counts(['0000', '0011', '0011']);
    expect(boundsOf({ counts: one, height: 3 })).toEqual({ x: 1, y: 1, width: 2, height: 2 });
    expect(boundsOf({ counts: [12], height: 3 })).toBeNull();
    expect(unionOf([one, other], 4, 3)).toEqual(counts(['0000', '0111', '0111']));
    expect(maskOverlap(one, other)).toBeCloseTo(2 / 6);
    expect(maskOverlap(one, one)).toBe(1);
    expect(boxOverlap({ x: 0, y: 0, width: 2, height: 2 }, { x: 1, y: 0, width: 2, height: 2 })).toBeCloseTo(
      1 / 3,
    );
  });

  test('the outline of a mask without holes holds the same pixels', () => {
    fc.assert(
      fc.property(pictures, ({ width, height, bitmap }) => {
        const counts = encodeBitmap(bitmap, width, height);
        const rings = maskRings({ counts, width, height });
        const drawn = rings.map((ring) => polygonCounts(ring, width, height));
        // Outlines fill holes, so that nothing of the mask is missing.
        const all = drawn.length === 0 ? [width * height] : unionOf(drawn, width, height);
        const filled = decodeBitmap(all, width, height);
        expect(bitmap.every((bit, place) => bit === 0 || filled[place] === 1)).toBe(true);
      }),
    );
    expect(maskRings({ counts: [4, 2, 2, 2, 6], width: 4, height: 4 })).toEqual([[1, 0, 3, 0, 3, 2, 1, 2]]);
  });

  test('a polygon far outside the picture takes no time and holds no pixels', () => {
    const started = performance.now();
    expect(areaOf(polygonCounts([1e7, 1e7, 9e6, 1e7, 9e6, 9e6], 50, 50))).toBe(0);
    expect(areaOf(polygonCounts([-1e7, -1e7, 1e7, -1e7, 1e7, 1e7, -1e7, 1e7], 50, 50))).toBe(2500);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe.skipIf(!haveData)(`masks as in pycocotools${whyNot}`, () => {
  interface Coco {
    images: { id: number; width: number; height: number }[];
    annotations: { image_id: number; area: number; segmentation: number[][] | object }[];
  }
  const read = (path: string): Coco => JSON.parse(readFileSync(path, 'utf8')) as Coco;

  test('areas of polygons are those that pycocotools wrote', () => {
    let seen = 0;
    for (const subset of ['train', 'val', 'test']) {
      const set = read(join(corpus('coco_instances'), 'annotations', `instances_${subset}.json`));
      for (const { image_id, area, segmentation } of set.annotations) {
        if (!Array.isArray(segmentation)) continue;
        const { width, height } = set.images.find(({ id }) => id === image_id)!;
        const parts = segmentation.map((part) => polygonCounts(part, width, height));
        seen += 1;
        expect(areaOf(unionOf(parts, width, height))).toBe(area);
      }
    }
    expect(seen).toBeGreaterThan(50);
  });

  test('polygons drawn as masks are those of the stuff sets, pixel by pixel', () => {
    const stuff = read(join(corpus('coco_stuff'), 'annotations', 'stuff_val.json'));
    const instances = read(join(corpus('coco_instances'), 'annotations', 'instances_val.json'));
    expect(data).not.toBe('');
    let seen = 0;
    for (const [index, { segmentation, image_id }] of instances.annotations.entries()) {
      if (!Array.isArray(segmentation)) continue;
      // Outlines of whole numbers were masks in the source, which the stuff set still has as such.
      if ((segmentation as number[][]).flat().every(Number.isInteger)) continue;
      const { width, height } = instances.images.find(({ id }) => id === image_id)!;
      const parts = segmentation.map((part: number[]) => polygonCounts(part, width, height));
      const theirs = stuff.annotations[index]!.segmentation as { counts: number[] };
      seen += 1;
      expect(unionOf(parts, width, height)).toEqual(theirs.counts);
    }
    expect(seen).toBeGreaterThan(10);
  });
});
