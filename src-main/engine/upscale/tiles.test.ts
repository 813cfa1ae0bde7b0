import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planTiles } from './tiles.ts';

const whole = (least: number, most: number) => fc.integer({ min: least, max: most });

test('tiles are all of one size, see their context, and what counts of them covers the picture once', () => {
  fc.assert(
    fc.property(
      whole(1, 700),
      whole(1, 700),
      whole(64, 300),
      whole(0, 64),
      (width, height, size, overlap) => {
        const rows = planTiles(width, height, size, overlap);
        const first = rows[0]![0]!;
        let y = 0;
        for (const row of rows) {
          let x = 0;
          for (const tile of row) {
            const { inner } = tile;
            expect([tile.width, tile.height]).toEqual([first.width, first.height]);
            expect([inner.x, inner.y]).toEqual([x, y]);
            // Context on all sides but where the picture ends.
            expect(inner.x - tile.x).toBeGreaterThanOrEqual(Math.min(overlap, inner.x));
            expect(inner.y - tile.y).toBeGreaterThanOrEqual(Math.min(overlap, inner.y));
            const [right, bottom] = [inner.x + inner.width, inner.y + inner.height];
            expect(tile.x + tile.width - right).toBeGreaterThanOrEqual(Math.min(overlap, width - right));
            expect(tile.y + tile.height - bottom).toBeGreaterThanOrEqual(Math.min(overlap, height - bottom));
            x = right;
          }
          expect(x).toBe(width);
          y = row[0]!.inner.y + row[0]!.inner.height;
        }
        expect(y).toBe(height);
        // No more memory than a tile with its context takes.
        expect(first.width).toBeLessThanOrEqual(Math.min(width, size + 2 * overlap));
        expect(first.height).toBeLessThanOrEqual(Math.min(height, size + 2 * overlap));
      },
    ),
    { numRuns: 200 },
  );
});
