import type { Detection, TrueBox } from './evaluation.ts';
import type { Comparison } from './matching.ts';

/** How far people put COCO's 17 points from one another, as a part of the object's size. */
const person = [
  0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087,
  0.089, 0.089,
];

/** For other points Ultralytics takes the same for all: 1 divided by their number. */
const spreadsOf = (count: number): readonly number[] =>
  count === person.length ? person : Array<number>(count).fill(1 / count);

/** Keeps a divisor off 0. */
const tiny = 2 ** -52;

/**
 * Object keypoint similarity: 1 where each point that is told is in its place, and less the farther they are off for the
 * object's size. Of an object without points it goes by how far the points are from a box of three times its size.
 *
 * Source: https://cocodataset.org/#keypoints-eval, and pycocotools' `computeOks`
 *
 * @returns 0 to 1.
 */
function similarity({ points = [] }: Detection, { points: truth, area, box }: TrueBox): number {
  if (!truth || points.length === 0) return 0;
  const [left, top, width, height] = box;
  const told = truth.told.some(Boolean);
  const beyond = (value: number, from: number, size: number): number =>
    Math.max(0, from - size - value, value - (from + 2 * size));
  const spreads = spreadsOf(points.length);
  let sum = 0;
  let count = 0;
  for (const [index, { x, y }] of points.entries()) {
    if (told && !truth.told[index]) continue;
    const [across, down] = told
      ? [x - truth.places[2 * index]!, y - truth.places[2 * index + 1]!]
      : [beyond(x, left, width), beyond(y, top, height)];
    const variance = (2 * spreads[index]!) ** 2;
    sum += Math.exp(-(across ** 2 + down ** 2) / variance / (area + tiny) / 2);
    count += 1;
  }
  return sum / count;
}

/** By the points of poses, as COCO counts: twenty of each picture and class. */
export const byPoints: Comparison = {
  overlap: similarity,
  area({ points = [] }) {
    const extent = (places: readonly number[]): number => Math.max(...places) - Math.min(...places);
    return extent(points.map(({ x }) => x)) * extent(points.map(({ y }) => y));
  },
  most: 20,
  isTold: ({ points }) => points?.told.some(Boolean) ?? false,
};
