import { setImmediate } from 'node:timers/promises';
import { cubic } from '../imaging/cubic.ts';
import type { Planes, Shades } from './picture.ts';

/** Each round halves what is left of the difference, about; the second leaves less than a step of a byte. */
const rounds = 2;

/**
 * Iterative back-projection (Irani & Peleg 1991): what the small picture and the shrunk result differ in is enlarged
 * and added. Colours and larger forms become the source's again; detail that the small picture can't tell of stays.
 *
 * Both ways are by cubic interpolation as Pillow's BICUBIC: a = -0.5, as wide as the larger pixel, edges left out.
 *
 * @param result RGB, HWC, [0, 1]; is changed in its place, as it may be large.
 * @param source the small picture: RGB, CHW, [-1, 1], any size.
 */
export async function backProject({ values, width, height }: Shades, source: Planes): Promise<void> {
  const shrink = resampler(width, height, source.width, source.height);
  const enlarge = resampler(source.width, source.height, width, height);
  const plane = new Float32Array(width * height);
  const sourceArea = source.width * source.height;
  for (let channel = 0; channel < 3; channel += 1) {
    for (let pixel = 0; pixel < plane.length; pixel += 1) plane[pixel] = values[pixel * 3 + channel]!;
    for (let round = 0; round < rounds; round += 1) {
      const missing = shrink(plane);
      const own = source.values.subarray(channel * sourceArea, (channel + 1) * sourceArea);
      for (let pixel = 0; pixel < missing.length; pixel += 1) {
        missing[pixel] = own[pixel]! / 2 + 0.5 - missing[pixel]!;
      }
      const correction = enlarge(missing);
      for (let pixel = 0; pixel < plane.length; pixel += 1) plane[pixel]! += correction[pixel]!;
      // A large picture takes seconds; whoever asks the engine something meanwhile is answered.
      await setImmediate();
    }
    for (let pixel = 0; pixel < plane.length; pixel += 1) {
      values[pixel * 3 + channel] = Math.max(0, Math.min(1, plane[pixel]!));
    }
  }
}

/** For each new pixel, the first of the old ones that it is made of, and their weights, which add up to 1. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

function cubicTaps(from: number, to: number): Taps {
  const step = from / to;
  const wide = Math.max(1, step);
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, at) => {
    const center = (at + 0.5) * step;
    const begin = Math.max(0, Math.round(center - 2 * wide));
    const end = Math.min(from, Math.round(center + 2 * wide));
    first[at] = begin;
    const own = Float64Array.from({ length: end - begin }, (_, tap) =>
      cubic((begin + tap + 0.5 - center) / wide, -0.5),
    );
    const sum = own.reduce((total, weight) => total + weight, 0);
    return own.map((weight) => weight / sum);
  });
  return { first, weights };
}

/** @returns what brings one channel from one size to another. */
export function resampler(
  fromWidth: number,
  fromHeight: number,
  toWidth: number,
  toHeight: number,
): (plane: Float32Array) => Float32Array {
  const across = cubicTaps(fromWidth, toWidth);
  const down = cubicTaps(fromHeight, toHeight);
  const between = new Float32Array(toWidth * fromHeight);
  return (plane) => {
    for (let x = 0; x < toWidth; x += 1) {
      const first = across.first[x]!;
      const weights = across.weights[x]!;
      for (let y = 0; y < fromHeight; y += 1) {
        let sum = 0;
        const row = y * fromWidth + first;
        for (let tap = 0; tap < weights.length; tap += 1) sum += weights[tap]! * plane[row + tap]!;
        between[y * toWidth + x] = sum;
      }
    }
    const made = new Float32Array(toWidth * toHeight);
    for (let y = 0; y < toHeight; y += 1) {
      const first = down.first[y]!;
      const weights = down.weights[y]!;
      const row = made.subarray(y * toWidth, (y + 1) * toWidth);
      for (let tap = 0; tap < weights.length; tap += 1) {
        const weight = weights[tap]!;
        const from = (first + tap) * toWidth;
        for (let x = 0; x < toWidth; x += 1) row[x]! += weight * between[from + x]!;
      }
    }
    return made;
  };
}
