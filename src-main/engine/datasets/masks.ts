import type { Box, Mask } from './model/index.ts';

/**
 * Run lengths as in COCO's API (pycocotools, maskApi.c): the picture is read column by column, and the lengths of what
 * is outside and inside take turns, outside first.
 */
export type Counts = readonly number[];

/** Run lengths of a bitmap that is stored row by row; anything but 0 is inside. */
export function encodeBitmap(bitmap: ArrayLike<number>, width: number, height: number): number[] {
  const counts: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      if ((bitmap[y * width + x] !== 0) !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run += 1;
    }
  }
  counts.push(run);
  return counts;
}

/** A bitmap row by row, 1 for inside. */
export function decodeBitmap(counts: Counts, width: number, height: number): Uint8Array {
  const bitmap = new Uint8Array(width * height);
  eachRun(counts, (from, to) => {
    for (let place = from; place < to; place += 1) {
      bitmap[(place % height) * width + Math.floor(place / height)] = 1;
    }
  });
  return bitmap;
}

/** Calls with each run inside: places column by column, the end not included. */
function eachRun(counts: Counts, visit: (from: number, to: number) => void): void {
  let place = 0;
  for (const [index, count] of counts.entries()) {
    if (index % 2 === 1 && count > 0) visit(place, place + count);
    place += count;
  }
}

/**
 * COCO's compressed counts: each number, from the fourth on as a difference to the one two before it, in pieces of five
 * bits, lowest first, with a sixth bit that says whether more follows, plus 48 as a character.
 */
export function compressCounts(counts: Counts): string {
  const codes: number[] = [];
  for (const [index, count] of counts.entries()) {
    let rest = index > 2 ? count - counts[index - 2]! : count;
    for (;;) {
      let piece = rest & 0x1f;
      rest >>= 5;
      const more = (piece & 0x10) !== 0 ? rest !== -1 : rest !== 0;
      if (more) piece |= 0x20;
      codes.push(piece + 48);
      if (!more) break;
    }
  }
  return Buffer.from(codes).toString('latin1');
}

/** The inverse of {@link compressCounts}; null where the text is damaged. */
export function expandCounts(text: string): number[] | null {
  const counts: number[] = [];
  let place = 0;
  while (place < text.length) {
    let value = 0;
    let shift = 0;
    for (;;) {
      const piece = text.charCodeAt(place) - 48;
      if (!(piece >= 0 && piece < 64) || shift > 30) return null;
      place += 1;
      value |= (piece & 0x1f) << shift;
      shift += 5;
      if ((piece & 0x20) === 0) {
        if ((piece & 0x10) !== 0 && shift < 32) value |= -1 << shift;
        break;
      }
    }
    if (counts.length > 2) value += counts[counts.length - 2]!;
    if (value < 0) return null;
    counts.push(value);
  }
  return counts;
}

/**
 * Run lengths of CVAT's masks and others: row by row and within a window of the picture.
 *
 * @returns COCO's counts for the whole picture, or null where the runs don't fill the window.
 */
export function countsFromRows(
  runs: Counts,
  window: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  width: number,
  height: number,
): number[] | null {
  if (window.width * window.height > 2 ** 31 || width * height > 2 ** 31) return null;
  let sum = 0;
  for (const run of runs) {
    if (!Number.isInteger(run) || run < 0) return null;
    sum += run;
  }
  if (sum > window.width * window.height) return null;
  const bitmap = new Uint8Array(width * height);
  eachRun(runs, (from, to) => {
    for (let place = from; place < to; place += 1) {
      const x = window.left + (place % window.width);
      const y = window.top + Math.floor(place / window.width);
      if (x >= 0 && x < width && y >= 0 && y < height) bitmap[y * width + x] = 1;
    }
  });
  return encodeBitmap(bitmap, width, height);
}

/** Runs row by row over the whole picture, what is outside first. */
export function rowsFromCounts(mask: Pick<Mask, 'counts' | 'width' | 'height'>): number[] {
  // A picture on its side read column by column is the picture read row by row.
  const bitmap = decodeBitmap(mask.counts, mask.width, mask.height);
  const turned = new Uint8Array(bitmap.length);
  for (let y = 0; y < mask.height; y += 1) {
    for (let x = 0; x < mask.width; x += 1) turned[x * mask.height + y] = bitmap[y * mask.width + x]!;
  }
  return encodeBitmap(turned, mask.height, mask.width);
}

/** Pixels inside. */
export function areaOf(counts: Counts): number {
  let area = 0;
  for (let index = 1; index < counts.length; index += 2) area += counts[index]!;
  return area;
}

/** The smallest box around the pixels inside, or null for none. */
export function boundsOf(
  mask: Pick<Mask, 'counts' | 'height'>,
): Pick<Box, 'x' | 'y' | 'width' | 'height'> | null {
  const { counts, height } = mask;
  let left = Number.POSITIVE_INFINITY;
  let right = -1;
  let top = Number.POSITIVE_INFINITY;
  let bottom = -1;
  eachRun(counts, (from, to) => {
    const first = Math.floor(from / height);
    const last = Math.floor((to - 1) / height);
    left = Math.min(left, first);
    right = Math.max(right, last);
    // A run over the end of a column has the lowest and the highest pixel.
    top = Math.min(top, first === last ? from % height : 0);
    bottom = Math.max(bottom, first === last ? (to - 1) % height : height - 1);
  });
  if (right < 0) return null;
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Union of masks of one size. */
export function unionOf(all: readonly Counts[], width: number, height: number): number[] {
  if (all.length === 1) return [...all[0]!];
  const bitmap = new Uint8Array(width * height);
  for (const counts of all) {
    eachRun(counts, (from, to) => bitmap.fill(1, from, to));
  }
  return encodeBitmap(bitmap, height === 0 ? 0 : 1, width * height);
}

/** The pixels that lie in an odd number of masks of one size: an outline without its holes. */
export function evenOdd(all: readonly Counts[]): number[] {
  const edges = all.flatMap((counts) => {
    let at = 0;
    // The last one is the end of the picture.
    return counts.slice(0, -1).map((length) => (at += length));
  });
  edges.sort((one, other) => one - other);
  const pixels = all[0]?.reduce((sum, length) => sum + length, 0) ?? 0;
  const kept: number[] = [];
  for (const edge of edges) {
    if (edge === kept.at(-1)) kept.pop();
    else kept.push(edge);
  }
  // A mask that fills its last pixel has an edge there.
  const ends = kept.at(-1) === pixels ? kept : [...kept, pixels];
  return ends.map((edge, index) => edge - (ends[index - 1] ?? 0));
}

/** Pixels in both masks. */
export function sharedArea(one: Counts, other: Counts): number {
  const runs: [number, number][] = [];
  eachRun(other, (from, to) => runs.push([from, to]));
  let shared = 0;
  let next = 0;
  eachRun(one, (from, to) => {
    while (next < runs.length && runs[next]![1] <= from) next += 1;
    for (let at = next; at < runs.length && runs[at]![0] < to; at += 1) {
      shared += Math.min(to, runs[at]![1]) - Math.max(from, runs[at]![0]);
    }
  });
  return shared;
}

/** Area in both divided by area in either; 0 where both are empty. */
export function maskOverlap(one: Counts, other: Counts): number {
  const shared = sharedArea(one, other);
  const either = areaOf(one) + areaOf(other) - shared;
  return either === 0 ? 0 : shared / either;
}

type Rectangle = Pick<Box, 'x' | 'y' | 'width' | 'height'>;

/** Area in both boxes divided by area in either. */
export function boxOverlap(one: Rectangle, other: Rectangle): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  const shared = Math.max(width, 0) * Math.max(height, 0);
  const either = one.width * one.height + other.width * other.height - shared;
  return either <= 0 ? 0 : shared / either;
}
