import { byBoxes, type Comparison, type Matches, matchPicture, type Range } from './matching.ts';

/** A box of the truth. */
export interface TrueBox {
  /** Index of the class. */
  readonly label: number;
  /** x, y, width and height in pixels. */
  readonly box: readonly [number, number, number, number];
  /** Of a turned box: radians, clockwise on the screen, about its centre. */
  readonly angle?: number;
  /** Pixels that the object covers, by which it is small, medium or large. */
  readonly area: number;
  /** Its points, where poses are looked for; in the order of the model's. */
  readonly points?: TruePoints;
  /** Stands for many objects: any number of detections may lie in it, and missing it costs nothing. */
  readonly crowd: boolean;
}

/** Points of an object: x and y in turn, in pixels, and which of them are told, seen or hidden. */
export interface TruePoints {
  readonly places: readonly number[];
  readonly told: readonly boolean[];
}

/** What a model found. */
export interface Detection {
  readonly label: number;
  /** x, y, width and height in pixels. */
  readonly box: readonly [number, number, number, number];
  /** Of a turned box: radians, clockwise on the screen, about its centre. */
  readonly angle?: number;
  /** 0 to 1. */
  readonly score: number;
  /** Of the task `segment`: closed outlines, x and y in turn, in pixels; those of holes are among them. */
  readonly rings?: readonly (readonly number[])[];
  /** Of the task `pose`, in the order of the model. */
  readonly points?: readonly Keypoint[];
  /** Its mask, held against those of the truth. */
  readonly mask?: ComparedMask;
}

/** A mask's pixels, and how far it overlaps what it shares any with. */
export interface ComparedMask {
  readonly area: number;
  readonly overlaps: ReadonlyMap<TrueBox, number>;
}

/** A point of an object. */
export interface Keypoint {
  /** In pixels. */
  readonly x: number;
  readonly y: number;
  /** 0 to 1: how sure it is that the point is to be seen. 1 where the model doesn't say. */
  readonly score: number;
}

/** All figures are 0 to 1, and null where there is no truth that they could be about. */
export interface ClassPrecision {
  /** Average precision over the overlaps 0.50 to 0.95. */
  readonly map: number | null;
  readonly map50: number | null;
  /** Boxes of the truth, without crowds. */
  readonly objects: number;
  readonly detections: number;
}

/** COCO's twelve figures, and those of each class. */
export interface Evaluation {
  /** Mean average precision over the overlaps 0.50, 0.55 to 0.95. */
  readonly map: number | null;
  readonly map50: number | null;
  readonly map75: number | null;
  /** Objects of less than 32² pixels. */
  readonly mapSmall: number | null;
  /** Objects of 32² to 96² pixels. */
  readonly mapMedium: number | null;
  /** Objects of more than 96² pixels. */
  readonly mapLarge: number | null;
  /** Average recall with one detection for each picture and class, with ten, and with a hundred (of poses with twenty). */
  readonly recall1: number | null;
  readonly recall10: number | null;
  readonly recall100: number | null;
  readonly recallSmall: number | null;
  readonly recallMedium: number | null;
  readonly recallLarge: number | null;
  /** By index of the class. */
  readonly classes: readonly ClassPrecision[];
  readonly pictures: number;
}

/** What numpy's `linspace(0.5, 0.95, 10)` gives, to the last bit: an overlap may lie exactly on one of them. */
const overlaps = Array.from({ length: 10 }, (_, index) =>
  index === 9 ? 0.95 : 0.5 + index * ((0.95 - 0.5) / 9),
);
const recalls = Array.from({ length: 101 }, (_, index) => (index === 100 ? 1 : index * 0.01));

const ranges: readonly Range[] = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
];

/** Added to a divisor that may be 0, as pycocotools does. */
const tiny = 2 ** -52;

/**
 * Average precision and recall as COCO defines them, with the rules of its reference program pycocotools: for each
 * picture and class the hundred best detections count; precision is interpolated at 101 recalls.
 *
 * Source: Lin et al., "Microsoft COCO: Common Objects in Context", and https://cocodataset.org/#detection-eval
 *
 * Turned boxes overlap by their probabilistic IoU, as in Ultralytics' own figures.
 *
 * @param truth the boxes of each picture. @param detections those found, of the same pictures in the same order.
 * @param classes how many classes there are; boxes of others don't count.
 * @param comparison what overlaps: the boxes, unless told.
 */
export function evaluateDetections(
  truth: readonly (readonly TrueBox[])[],
  detections: readonly (readonly Detection[])[],
  classes: number,
  comparison: Comparison = byBoxes,
): Evaluation {
  const { most: all, isTold } = comparison;
  const precision = new Averages();
  const recall = new Averages();
  const perClass: ClassPrecision[] = [];
  const trueByClass = byClass(truth, classes);
  const foundByClass = byClass(detections, classes);
  for (let label = 0; label < classes; label += 1) {
    const trueBoxes = trueByClass[label]!;
    const found = foundByClass[label]!;
    for (const [area, range] of ranges.entries()) {
      const matched: Matches[] = [];
      for (const picture of new Set([...trueBoxes.keys(), ...found.keys()].sort((a, b) => a - b))) {
        const boxes = { truth: trueBoxes.get(picture) ?? [], detections: found.get(picture) ?? [] };
        matched.push(matchPicture(boxes.truth, boxes.detections, overlaps, range, comparison));
      }
      for (const most of area === 0 ? [1, 10, all] : [all]) {
        for (const [level, result] of accumulate(matched, most).entries()) {
          recall.add([`${area} ${most}`], result.recall);
          if (most !== all) continue;
          const keys = [`${area}`, `${area} at ${level}`];
          if (area === 0) keys.push(`class ${label}`, `class ${label} at ${level}`);
          precision.add(keys, result.precision);
        }
      }
    }
    perClass.push({
      map: precision.mean(`class ${label}`),
      map50: precision.mean(`class ${label} at 0`),
      objects: [...trueBoxes.values()].flat().filter((one) => !one.crowd && isTold(one)).length,
      detections: [...found.values()].reduce((sum, { length }) => sum + length, 0),
    });
  }
  return {
    map: precision.mean('0'),
    map50: precision.mean('0 at 0'),
    map75: precision.mean('0 at 5'),
    mapSmall: precision.mean('1'),
    mapMedium: precision.mean('2'),
    mapLarge: precision.mean('3'),
    recall1: recall.mean('0 1'),
    recall10: recall.mean('0 10'),
    recall100: recall.mean(`0 ${all}`),
    recallSmall: recall.mean(`1 ${all}`),
    recallMedium: recall.mean(`2 ${all}`),
    recallLarge: recall.mean(`3 ${all}`),
    classes: perClass,
    pictures: truth.length,
  };
}

/** Means under several names. */
class Averages {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  add(keys: readonly string[], value: number): void {
    for (const key of keys) {
      const { sum, count } = this.#sums.get(key) ?? { sum: 0, count: 0 };
      this.#sums.set(key, { sum: sum + value, count: count + 1 });
    }
  }

  mean(key: string): number | null {
    const found = this.#sums.get(key);
    return found === undefined ? null : found.sum / found.count;
  }
}

/** For each class the boxes by the number of their picture. */
function byClass<Box extends { readonly label: number }>(
  pictures: readonly (readonly Box[])[],
  classes: number,
): Map<number, Box[]>[] {
  const result = Array.from({ length: classes }, () => new Map<number, Box[]>());
  for (const [picture, boxes] of pictures.entries()) {
    for (const box of boxes) {
      const ofClass = result[box.label];
      if (ofClass === undefined) continue;
      const known = ofClass.get(picture);
      if (known === undefined) ofClass.set(picture, [box]);
      else known.push(box);
    }
  }
  return result;
}

/** Precision (mean over the recalls) and recall at each overlap; nothing where there is no truth that counts. */
function accumulate(
  matched: readonly Matches[],
  most: number,
): readonly { readonly precision: number; readonly recall: number }[] {
  const objects = matched.reduce((sum, { counted }) => sum + counted, 0);
  if (objects === 0) return [];
  const order = matched.flatMap(({ scores }, picture) =>
    scores.slice(0, most).map((score, index) => ({ score, picture, index })),
  );
  order.sort((one, other) => other.score - one.score);
  return overlaps.map((_, level) => {
    let right = 0;
    let wrong = 0;
    const recallAt: number[] = [];
    const precisionAt: number[] = [];
    for (const { picture, index } of order) {
      const outcome = matched[picture]!.outcomes[level]![index]!;
      if (outcome === 'right') right += 1;
      else if (outcome === 'wrong') wrong += 1;
      recallAt.push(right / objects);
      precisionAt.push(right / (wrong + right + tiny));
    }
    for (let at = precisionAt.length - 1; at > 0; at -= 1) {
      precisionAt[at - 1] = Math.max(precisionAt[at - 1]!, precisionAt[at]!);
    }
    let at = 0;
    let sum = 0;
    for (const wanted of recalls) {
      while (at < recallAt.length && recallAt[at]! < wanted) at += 1;
      sum += precisionAt[at] ?? 0;
    }
    return { precision: sum / recalls.length, recall: recallAt.at(-1) ?? 0 };
  });
}
