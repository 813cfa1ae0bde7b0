import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rotatedCorners } from './convert.ts';
import { leastRectangle } from './rectangles.ts';

const coordinate = fc.double({ min: 0, max: 1000, noNaN: true }).map((value) => Math.round(value * 10) / 10);

test('holds every point, and is never larger than the upright box', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 12 }), (pairs) => {
      const points = pairs.flat();
      const found = leastRectangle(points);
      if (found === null) return new Set(pairs.map(String)).size < 2;
      const turned = (found.angle * Math.PI) / 180;
      const xs = pairs.map(([x]) => x);
      const ys = pairs.map(([, y]) => y);
      const upright = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
      expect(found.width * found.height).toBeLessThanOrEqual(upright + 1e-6);
      expect(found.angle).toBeGreaterThanOrEqual(0);
      expect(found.angle).toBeLessThan(180);
      for (const [x, y] of pairs) {
        const [right, down] = [x - found.centreX, y - found.centreY];
        const along = right * Math.cos(turned) + down * Math.sin(turned);
        const across = down * Math.cos(turned) - right * Math.sin(turned);
        expect(Math.abs(along)).toBeLessThanOrEqual(found.width / 2 + 1e-6);
        expect(Math.abs(across)).toBeLessThanOrEqual(found.height / 2 + 1e-6);
      }
      return true;
    }),
  );
});

test('the corners of a turned box give that box again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 179 }), fc.integer({ min: 21, max: 90 }), (angle, width) => {
      const box = { centreX: 200, centreY: 150, width, height: 20, angle };
      const found = leastRectangle(rotatedCorners(box))!;
      for (const key of ['centreX', 'centreY', 'width', 'height'] as const) {
        expect(found[key]).toBeCloseTo(box[key], 6);
      }
      const apart = Math.abs(found.angle - angle);
      expect(Math.min(apart, 180 - apart)).toBeLessThan(1e-6);
    }),
  );
});
