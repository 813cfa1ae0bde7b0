import { contours } from 'd3-contour';
import { ringArea } from '../datasets/areas.ts';
import type { Keypoint } from './evaluation.ts';
import type { Output } from './head.ts';
import { type Box, type Placing, placeInPicture } from './letterbox.ts';

/** Outlines smaller than this are noise of the mask, in square pixels of the picture. */
const leastArea = 1;

/**
 * Outlines of an object: its mask is the sum of the network's prototypes, each with the object's own weight, and the object
 * is where that is above 0 within its box. (Bolya et al., YOLACT, 2019, https://arxiv.org/abs/1904.02689)
 *
 * Between the centres of the prototypes' cells the mask runs straight on, as where Ultralytics scales it up to the picture.
 *
 * @param prototypes [1, weights, rows, columns] over the network's input. @param box in pixels of the picture.
 * @param input the network's size in pixels.
 * @returns closed outlines, x and y in turn, in pixels of the picture, with those of holes; none where nothing is above 0.
 */
export function outlinesOf(
  weights: readonly number[],
  { values, shape }: Output,
  box: Box,
  placing: Placing,
  input: { readonly width: number; readonly height: number },
): number[][] {
  const [, count = 0, rows = 0, columns = 0] = shape;
  if (weights.length !== count) return [];
  const [cellWidth, cellHeight] = [input.width / columns, input.height / rows];
  const scaleX = placing.placedWidth / placing.width;
  const scaleY = placing.placedHeight / placing.height;
  const [left, top] = [box[0], box[1]];
  const [right, bottom] = [left + box[2], top + box[3]];
  // The cells of the box, and one more around, so that outlines end at the box and not before it.
  const [fromX, toX] = span(
    (left * scaleX + placing.left) / cellWidth,
    (right * scaleX + placing.left) / cellWidth,
    columns,
  );
  const [fromY, toY] = span(
    (top * scaleY + placing.top) / cellHeight,
    (bottom * scaleY + placing.top) / cellHeight,
    rows,
  );
  const [across, down] = [toX - fromX, toY - fromY];
  if (across <= 0 || down <= 0) return [];
  const mask = new Float64Array(across * down);
  for (const [index, weight] of weights.entries()) {
    for (let y = 0; y < down; y += 1) {
      const row = (index * rows + fromY + y) * columns + fromX;
      for (let x = 0; x < across; x += 1) mask[y * across + x]! += weight * values[row + x]!;
    }
  }
  const { coordinates } = contours().size([across, down]).contour(Array.from(mask), 0);
  return coordinates.flat().flatMap((closed) => {
    const ring = closed.slice(0, -1).flatMap(([x = 0, y = 0]) => {
      const at = placeInPicture((fromX + x) * cellWidth, (fromY + y) * cellHeight, placing);
      return [within(at[0], left, right), within(at[1], top, bottom)];
    });
    return ringArea(ring) < leastArea ? [] : [ring];
  });
}

/** Cells from one place to another, with one around, of as many as there are. */
const span = (from: number, to: number, cells: number): [number, number] => [
  Math.max(0, Math.floor(from) - 1),
  Math.min(cells, Math.ceil(to) + 1),
];

const within = (value: number, least: number, most: number): number =>
  Math.round(100 * Math.min(Math.max(value, least), most)) / 100;

/**
 * Points of an object, within the picture.
 *
 * @param values x, y and, where there are three, how sure it is, for each point; in pixels of the network's input.
 */
export function pointsOf(
  values: readonly number[],
  { count, numbers }: { readonly count: number; readonly numbers: number },
  placing: Placing,
): Keypoint[] {
  return Array.from({ length: count }, (_, index): Keypoint => {
    const [x = 0, y = 0, score = 1] = values.slice(index * numbers, (index + 1) * numbers);
    const at = placeInPicture(x, y, placing);
    return { x: within(at[0], 0, placing.width), y: within(at[1], 0, placing.height), score };
  });
}
