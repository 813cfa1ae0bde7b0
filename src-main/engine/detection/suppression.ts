import type { Detection } from './evaluation.ts';

/** Boxes that are looked at, the best; more would take seconds and never be among the best. */
const mostCandidates = 30_000;

/**
 * Non-maximum suppression, each class for itself: the best box stays, and those that overlap it by more than `overlap`
 * (area in both over area in either) go. Boxes of the same score keep their order.
 *
 * @returns at most `most` boxes, the best first.
 */
export function suppress(candidates: readonly Detection[], overlap: number, most: number): Detection[] {
  const best = [...candidates].sort((one, other) => other.score - one.score).slice(0, mostCandidates);
  const kept: Detection[] = [];
  const keptOfClass = new Map<number, Detection[]>();
  for (const candidate of best) {
    if (kept.length === most) break;
    const rivals = keptOfClass.get(candidate.label) ?? [];
    if (rivals.some((rival) => overlapOf(rival.box, candidate.box) > overlap)) continue;
    keptOfClass.set(candidate.label, [...rivals, candidate]);
    kept.push(candidate);
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
