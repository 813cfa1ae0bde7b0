import type { Detection } from './evaluation.ts';
import { gaussianOf, gaussianOverlap } from './turned.ts';

/** Boxes that are looked at, the best; more would take seconds and never be among the best. */
const mostCandidates = 30_000;

/**
 * Non-maximum suppression, each class for itself: the best box stays, and those that overlap it by more than `overlap`
 * (area in both over area in either) go. Boxes of the same score keep their order. Turned boxes go by their probabilistic
 * IoU, and each box that a better one overlaps, whether that stays or not, as Ultralytics does with them.
 *
 * @returns at most `most` boxes, the best first.
 */
export function suppress<One extends Detection>(
  candidates: readonly One[],
  overlap: number,
  most: number,
): One[] {
  const best = [...candidates].sort((one, other) => other.score - one.score).slice(0, mostCandidates);
  return best[0]?.angle === undefined
    ? pick(
        best,
        most,
        ({ box }) => box,
        (one, other) => overlapOf(one, other) > overlap,
        false,
      )
    : pick(best, most, gaussianOf, (one, other) => gaussianOverlap(one, other) > overlap, true);
}

/** @param byAll whether a box goes for any better one, and not only for one that stays. */
function pick<One extends Detection, Shape>(
  best: readonly One[],
  most: number,
  shapeOf: (detection: One) => Shape,
  isSame: (rival: Shape, own: Shape) => boolean,
  byAll: boolean,
): One[] {
  const kept: One[] = [];
  const rivalsOfClass = new Map<number, Shape[]>();
  for (const candidate of best) {
    if (kept.length === most) break;
    const rivals = rivalsOfClass.get(candidate.label) ?? [];
    rivalsOfClass.set(candidate.label, rivals);
    const own = shapeOf(candidate);
    const goes = rivals.some((rival) => isSame(rival, own));
    if (!goes) kept.push(candidate);
    if (!goes || byAll) rivals.push(own);
  }
  return kept;
}

function overlapOf(one: Detection['box'], other: Detection['box']): number {
  const width = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (one[2] * one[3] + other[2] * other[3] - both);
}
