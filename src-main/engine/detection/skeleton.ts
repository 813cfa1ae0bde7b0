/** COCO's person has 17 points, and these are joined: https://cocodataset.org/#format-data, there counted from 1. */
const person: readonly (readonly [number, number])[] = [
  [15, 13],
  [13, 11],
  [16, 14],
  [14, 12],
  [11, 12],
  [5, 11],
  [6, 12],
  [5, 6],
  [5, 7],
  [6, 8],
  [7, 9],
  [8, 10],
  [1, 2],
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
  [3, 5],
  [4, 6],
];

/** Which points of a pose are joined by a line. Models don't tell it; of 17 points it is known. */
export const skeletonOf = (points: number): readonly (readonly [from: number, to: number])[] =>
  points === 17 ? person : [];
