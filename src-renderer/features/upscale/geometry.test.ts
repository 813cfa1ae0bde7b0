import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  besideOrBelow,
  fitted,
  fitZoom,
  panBy,
  place,
  type View,
  zoomAt,
  zoomLimits,
  zoomStep,
} from './geometry.ts';

const size = fc.record({
  width: fc.integer({ min: 1, max: 20_000 }),
  height: fc.integer({ min: 1, max: 20_000 }),
});
const field = fc.record({
  width: fc.integer({ min: 200, max: 3_000 }),
  height: fc.integer({ min: 200, max: 2_000 }),
});
const part = fc.double({ min: 0, max: 1, noNaN: true });
const zoom = fc.double({ min: zoomLimits.least, max: zoomLimits.most, noNaN: true });
const view: fc.Arbitrary<View> = fc.record({
  zoom: fc.oneof(fc.constant('fit' as const), zoom),
  center: fc.record({ x: part, y: part }),
});

test('a picture that fits is seen whole and in the middle', () => {
  fc.assert(
    fc.property(size, field, (picture, room) => {
      const { left, top, width, height } = place(fitted, picture, room);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(left + width / 2).toBeCloseTo(room.width / 2, 6);
      expect(top + height / 2).toBeCloseTo(room.height / 2, 6);
      expect(fitZoom(picture, room)).toBeLessThanOrEqual(4);
    }),
  );
});

test('no gap opens beside a picture that is larger than its field', () => {
  fc.assert(
    fc.property(view, size, field, (seen, picture, room) => {
      const { left, width } = place(seen, picture, room);
      if (width <= room.width) return;
      expect(left).toBeLessThanOrEqual(1e-6);
      expect(left + width).toBeGreaterThanOrEqual(room.width - 1e-6);
    }),
  );
});

test('zooming keeps the point under the pointer, unless an edge stops it', () => {
  fc.assert(
    fc.property(view, size, field, zoom, part, part, (seen, picture, room, next, x, y) => {
      const at = { x: x * room.width, y: y * room.height };
      const before = place(seen, picture, room);
      const after = place(zoomAt(seen, picture, room, next, at), picture, room);
      const part0 = (at.x - before.left) / before.width;
      const part1 = (at.x - after.left) / after.width;
      const stopped =
        after.width <= room.width || after.left > -1e-6 || after.left + after.width < room.width + 1e-6;
      if (!stopped) expect(part1 * after.width).toBeCloseTo(part0 * after.width, 3);
    }),
  );
});

test('panning moves by what the pointer moved, and back again', () => {
  const picture = { width: 4_000, height: 3_000 };
  const room = { width: 800, height: 600 };
  const start: View = { zoom: 1, center: { x: 0.5, y: 0.5 } };
  fc.assert(
    fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -500, max: 500 }), (x, y) => {
      const before = place(start, picture, room);
      const moved = panBy(start, picture, room, { x, y });
      const after = place(moved, picture, room);
      expect(after.left - before.left).toBeCloseTo(x, 6);
      expect(after.top - before.top).toBeCloseTo(y, 6);
      const back = place(panBy(moved, picture, room, { x: -x, y: -y }), picture, room);
      expect(back.left).toBeCloseTo(before.left, 6);
    }),
  );
});

test('steps go up and down over the same stops, between the limits', () => {
  const picture = { width: 2_000, height: 1_500 };
  const room = { width: 800, height: 600 };
  let seen: View = { zoom: 0.1, center: { x: 0.5, y: 0.5 } };
  const up: number[] = [];
  for (let step = 0; step < 20; step += 1) {
    seen = zoomStep(seen, picture, room, 1);
    up.push(Number(seen.zoom));
  }
  expect(up.at(-1)).toBe(16);
  expect(up).toContain(1);
  const down: number[] = [];
  for (let step = 0; step < 20; step += 1) {
    seen = zoomStep(seen, picture, room, -1);
    down.push(Number(seen.zoom));
  }
  expect(down.at(-1)).toBe(0.1);
  const passed = [...new Set(up)].slice(0, -1);
  expect([...new Set(down)].slice(0, passed.length)).toEqual(passed.toReversed());
});

test('two pictures lie beside each other or one below the other, whichever shows them larger', () => {
  const photo = { width: 3000, height: 2000 };
  expect(besideOrBelow({ width: 1200, height: 400 }, photo)).toEqual({ columns: 2, rows: 1 });
  expect(besideOrBelow({ width: 300, height: 600 }, photo)).toEqual({ columns: 1, rows: 2 });
  expect(besideOrBelow({ width: 600, height: 600 }, { width: 500, height: 2000 })).toEqual({
    columns: 2,
    rows: 1,
  });
});
