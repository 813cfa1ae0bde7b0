import { decodeBitmap } from './masks.ts';
import type { Mask } from './model/index.ts';

/** How many times finer than a pixel pycocotools draws a polygon's edge. */
const fine = 5;

/**
 * The pixels in a polygon as COCO's run lengths, pixel by pixel those of pycocotools (`rleFrPoly` in maskApi.c): areas
 * and masks then agree with every tool that uses it.
 *
 * @param points x0, y0, x1, y1, … in pixels, at least three of them.
 */
export function polygonCounts(points: readonly number[], width: number, height: number): number[] {
  // With a margin, so that the edges of what is cut off are not drawn into the picture.
  const ring = far(points, width, height)
    ? clipRing(points, {
        left: -width - 16,
        top: -height - 16,
        right: 2 * width + 16,
        bottom: 2 * height + 16,
      })
    : points;
  const count = ring.length >> 1;
  if (count < 3 || width === 0 || height === 0) return [width * height];
  const cornerX: number[] = [];
  const cornerY: number[] = [];
  for (let corner = 0; corner <= count; corner += 1) {
    cornerX.push(Math.trunc(fine * ring[(corner % count) * 2]! + 0.5));
    cornerY.push(Math.trunc(fine * ring[(corner % count) * 2 + 1]! + 0.5));
  }
  const u: number[] = [];
  const v: number[] = [];
  for (let corner = 0; corner < count; corner += 1) {
    let [startX, endX] = [cornerX[corner]!, cornerX[corner + 1]!];
    let [startY, endY] = [cornerY[corner]!, cornerY[corner + 1]!];
    const dx = Math.abs(endX - startX);
    const dy = Math.abs(endY - startY);
    const flip = (dx >= dy && startX > endX) || (dx < dy && startY > endY);
    if (flip) [startX, endX, startY, endY] = [endX, startX, endY, startY];
    const slope = dx >= dy ? (dx === 0 ? 0 : (endY - startY) / dx) : (endX - startX) / dy;
    const steps = Math.max(dx, dy);
    for (let step = 0; step <= steps; step += 1) {
      const along = flip ? steps - step : step;
      if (dx >= dy) {
        u.push(along + startX);
        v.push(Math.trunc(startY + slope * along + 0.5));
      } else {
        v.push(along + startY);
        u.push(Math.trunc(startX + slope * along + 0.5));
      }
    }
  }
  // Where the edge crosses from one column into the next, in pixels.
  const places: number[] = [];
  for (let index = 1; index < u.length; index += 1) {
    const here = u[index]!;
    const before = u[index - 1]!;
    if (here === before) continue;
    const x = ((here < before ? here : here - 1) + 0.5) / fine - 0.5;
    if (Math.floor(x) !== x || x < 0 || x > width - 1) continue;
    const y = (Math.min(v[index]!, v[index - 1]!) + 0.5) / fine - 0.5;
    places.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)));
  }
  places.push(width * height);
  places.sort((a, b) => a - b);
  const runs = places.map((place, index) => place - (places[index - 1] ?? 0));
  // A run of no pixels joins its neighbours.
  const counts = [runs[0]!];
  for (let index = 1; index < runs.length; ) {
    if (runs[index]! > 0) {
      counts.push(runs[index]!);
      index += 1;
    } else {
      index += 1;
      if (index < runs.length) counts[counts.length - 1] = counts.at(-1)! + runs[index]!;
      index += 1;
    }
  }
  return counts;
}

/** Far outside the picture an edge would be walked for nothing, and a billion steps would never end. */
function far(points: readonly number[], width: number, height: number): boolean {
  return points.some((value, index) => {
    const side = index % 2 === 0 ? width : height;
    return value < -side - 16 || value > 2 * side + 16;
  });
}

/** Cuts a closed ring down to a rectangle, after Sutherland and Hodgman. Nothing left gives an empty list. */
export function clipRing(
  points: readonly number[],
  { left, top, right, bottom }: Readonly<Record<'left' | 'top' | 'right' | 'bottom', number>>,
): readonly number[] {
  let ring = points;
  const edges = [
    { axis: 0, sign: 1, limit: left },
    { axis: 0, sign: -1, limit: -right },
    { axis: 1, sign: 1, limit: top },
    { axis: 1, sign: -1, limit: -bottom },
  ];
  for (const { axis, sign, limit } of edges) {
    const kept: number[] = [];
    const count = ring.length >> 1;
    for (let corner = 0; corner < count; corner += 1) {
      const here = [ring[corner * 2]!, ring[corner * 2 + 1]!];
      const next = ((corner + 1) % count) * 2;
      const there = [ring[next]!, ring[next + 1]!];
      const a = sign * here[axis]! - limit;
      const b = sign * there[axis]! - limit;
      if (a >= 0) kept.push(here[0]!, here[1]!);
      if (a >= 0 !== b >= 0) {
        const part = a / (a - b);
        kept.push(here[0]! + part * (there[0]! - here[0]!), here[1]! + part * (there[1]! - here[1]!));
      }
    }
    ring = kept;
  }
  return ring;
}

/**
 * Outlines of a mask along the pixels' edges, one ring for each part. Holes are not told apart from the outside in a
 * polygon and are left out, so that this is exact only for masks without holes.
 */
export function maskRings(mask: Pick<Mask, 'counts' | 'width' | 'height'>): number[][] {
  const { width, height } = mask;
  const bitmap = decodeBitmap(mask.counts, width, height);
  const at = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && bitmap[y * width + x] === 1;
  // A directed edge has the inside on its right. From each corner one or two edges go out: 0 right, 1 down, 2 left, 3 up.
  const across = width + 1;
  const out = new Uint8Array(across * (height + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!at(x, y)) continue;
      if (!at(x, y - 1)) out[y * across + x]! |= 1;
      if (!at(x + 1, y)) out[y * across + x + 1]! |= 2;
      if (!at(x, y + 1)) out[(y + 1) * across + x + 1]! |= 4;
      if (!at(x - 1, y)) out[(y + 1) * across + x]! |= 8;
    }
  }
  const stepX = [1, 0, -1, 0];
  const stepY = [0, 1, 0, -1];
  const rings: number[][] = [];
  for (let first = 0; first < out.length; first += 1) {
    while (out[first] !== 0) {
      const ring: number[] = [];
      let corner = first;
      let heading = Math.log2(out[first]! & -out[first]!);
      let before = -1;
      let twiceArea = 0;
      do {
        const x = corner % across;
        const y = Math.floor(corner / across);
        if (heading !== before) ring.push(x, y);
        out[corner]! &= ~(1 << heading);
        before = heading;
        corner += stepX[heading]! + stepY[heading]! * across;
        twiceArea += x * stepY[heading]! - y * stepX[heading]!;
        // At a corner where two parts touch, turn right: the parts stay apart.
        const choices = [(heading + 1) % 4, heading, (heading + 3) % 4];
        heading = choices.find((choice) => (out[corner]! & (1 << choice)) !== 0) ?? heading;
      } while (corner !== first);
      // Outlines run clockwise on the screen, holes the other way.
      if (twiceArea > 0) rings.push(ring);
    }
  }
  return rings;
}
