import type { Detection, TrueBox } from './evaluation.ts';
import { gaussianOf, gaussianOverlap } from './turned.ts';

/** Least and greatest area that counts, both included. */
export type Range = readonly [least: number, greatest: number];

/** What became of a detection: `left out` ones are neither right nor wrong. */
type Outcome = 'right' | 'wrong' | 'left out';

/** COCO counts so many of a picture and class. */
const mostDetections = 100;

/** How a detection is held against the truth. */
export interface Comparison {
  /** Area in both over area in either; for a crowd, over the detection's area. */
  readonly overlap: (found: Detection, truth: TrueBox) => number;
  readonly area: (found: Detection) => number;
  /** Detections of a picture and class that count, the best. */
  readonly most: number;
  /** Whether there is anything of an object that could be found. */
  readonly isTold: (truth: TrueBox) => boolean;
}

/** By boxes, the turned ones by their probabilistic IoU. */
export const byBoxes: Comparison = {
  overlap: overlapOf,
  area: ({ box }) => box[2] * box[3],
  most: mostDetections,
  isTold: () => true,
};

/** By masks, which were held against those of the truth before; see {@link compareMask}. */
export const byMasks: Comparison = {
  overlap: ({ mask }, truth) => mask?.overlaps.get(truth) ?? 0,
  area: ({ mask }) => mask?.area ?? 0,
  most: mostDetections,
  isTold: () => true,
};

/** One picture and class. */
export interface Matches {
  /** Of the detections, the best first. */
  readonly scores: readonly number[];
  /** For each overlap what became of each detection. */
  readonly outcomes: readonly (readonly Outcome[])[];
  /** Boxes of the truth that are to be found. */
  readonly counted: number;
}

/**
 * Pairs detections with the truth of one picture and class: the best detection takes the box that it overlaps most of
 * those that are free. Crowds and boxes outside of the range are left out, and so is what matches them; they are taken
 * only where nothing else fits, and a crowd takes any number. Detections of the same score keep their order.
 */
export function matchPicture(
  truth: readonly TrueBox[],
  detections: readonly Detection[],
  overlaps: readonly number[],
  [least, greatest]: Range,
  { overlap: overlapWith, area: areaOf, most, isTold }: Comparison,
): Matches {
  const outside = (area: number): boolean => area < least || area > greatest;
  const ignored = (one: TrueBox): boolean => one.crowd || outside(one.area) || !isTold(one);
  const boxes = [...truth.filter((one) => !ignored(one)), ...truth.filter(ignored)];
  const counted = truth.length - truth.filter(ignored).length;
  const best = [...detections].sort((one, other) => other.score - one.score).slice(0, most);
  const shared = best.map((found) => boxes.map((one) => overlapWith(found, one)));
  const outcomes = overlaps.map((overlap) => {
    const taken = new Set<number>();
    return best.map((found, index): Outcome => {
      const match = bestMatch(shared[index]!, overlap, (at) => taken.has(at) && !boxes[at]!.crowd, counted);
      if (match < 0) return outside(areaOf(found)) ? 'left out' : 'wrong';
      taken.add(match);
      return match < counted ? 'right' : 'left out';
    });
  });
  return { scores: best.map(({ score }) => score), outcomes, counted };
}

/** The box that is overlapped most, or -1. Of equals the last, as pycocotools has it. */
function bestMatch(
  shared: readonly number[],
  overlap: number,
  taken: (at: number) => boolean,
  counted: number,
): number {
  let most = Math.min(overlap, 1 - 1e-10);
  let match = -1;
  for (const [at, value] of shared.entries()) {
    if (match >= 0 && match < counted && at >= counted) break;
    if (value < most || taken(at)) continue;
    most = value;
    match = at;
  }
  return match;
}

/** Area in both over area in either; for a crowd, over the detection's area. */
function overlapOf(found: Detection, truth: TrueBox): number {
  if (found.angle !== undefined || truth.angle !== undefined) {
    return gaussianOverlap(gaussianOf(found), gaussianOf(truth));
  }
  const [x, y, width, height] = found.box;
  const [trueX, trueY, trueWidth, trueHeight] = truth.box;
  const sharedWidth = Math.min(x + width, trueX + trueWidth) - Math.max(x, trueX);
  const sharedHeight = Math.min(y + height, trueY + trueHeight) - Math.max(y, trueY);
  if (sharedWidth <= 0 || sharedHeight <= 0) return 0;
  const both = sharedWidth * sharedHeight;
  return both / (truth.crowd ? width * height : width * height + trueWidth * trueHeight - both);
}
