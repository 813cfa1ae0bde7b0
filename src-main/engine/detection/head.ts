import { RefineryError } from '../../contract/errors.ts';
import type { Detection } from './evaluation.ts';

/** What a network gave out. */
export interface Output {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** A box, and which one of the output it is. */
export interface Candidate extends Detection {
  readonly at: number;
}

/** How to read it. */
export interface Reading {
  /** Null where the model doesn't say. */
  readonly classes: number | null;
  /** Whether the network has done without suppression: its rows are boxes, not its columns. */
  readonly endToEnd: boolean;
  /** Boxes must have a score above it. */
  readonly confidence: number;
  /** Whether a box counts for every class that it has the score for, and not only for its best. */
  readonly everyClass: boolean;
  /** Whether boxes are turned: the last value of each is its angle in radians. */
  readonly turned?: boolean;
}

/**
 * Reads the output of Ultralytics' detectors, in pixels of the network's input:
 *
 *     [1, 4 + classes + more, boxes]   YOLOv8, 11 and others: centre x, centre y, width, height, a score for each class
 *     [1, boxes, 6 + more]             end to end, YOLOv10 and 26: left, top, right, bottom, score, class
 *
 * Turned boxes have their centre and size in both, and an angle as their last value.
 *
 * What outlines and poses need beside the boxes is read by {@link restOf}. Values that are no numbers are passed over.
 *
 * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK` for an output of another shape.
 */
export function readHead({ values, shape }: Output, reading: Reading): Candidate[] {
  const [batch, rows = 0, columns = 0] = shape;
  const rowsAreBoxes = areRows(shape, reading);
  const classes = reading.classes ?? (rowsAreBoxes ? 0 : rows - 4 - (reading.turned ? 1 : 0));
  const more = reading.turned ? 1 : 0;
  const fits = rowsAreBoxes ? columns >= 6 + more : classes > 0 && rows >= 4 + classes + more;
  if (shape.length !== 3 || batch !== 1 || !fits) {
    throw new RefineryError(
      'MODEL_NOT_AN_IMAGE_NETWORK',
      `The network’s output [${shape.join(', ')}] isn’t that of a YOLO detector${
        reading.classes === null ? '' : ` with ${reading.classes} classes`
      }.`,
      { hint: 'Export a detection model with `yolo export format=openvino`.' },
    );
  }
  const found = rowsAreBoxes
    ? readRows(values, rows, columns, reading)
    : readColumns(values, [rows, columns], classes, reading);
  return found.filter(
    ({ score, box, angle = 0 }) =>
      score > reading.confidence && [...box, score, angle].every((value) => Number.isFinite(value)),
  );
}

/** Whether each row is a box, which the network has chosen itself. */
export const areRows = ([, , columns]: Output['shape'], { endToEnd }: Reading): boolean =>
  columns === 6 || endToEnd;

/** What the output has of a box behind its place and its scores: weights of masks, or points. */
export function restOf({ values, shape }: Output, reading: Reading, at: number): number[] {
  const [, rows = 0, columns = 0] = shape;
  if (areRows(shape, reading)) {
    return Array.from({ length: columns - 6 }, (_, index) => values[at * columns + 6 + index]!);
  }
  const first = 4 + (reading.classes ?? 0);
  return Array.from({ length: rows - first }, (_, index) => values[(first + index) * columns + at]!);
}

function readRows(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  { turned = false }: Reading,
): Candidate[] {
  return Array.from({ length: rows }, (_, row): Candidate => {
    const [left, top, right, bottom, score, label] = Array.from(
      { length: 6 },
      (_, column) => values[row * columns + column]!,
    ) as [number, number, number, number, number, number];
    const found = { label: Math.round(label), score, at: row };
    if (!turned) return { ...found, box: [left, top, right - left, bottom - top] };
    const box = aroundCentre(left, top, right, bottom);
    return { ...found, box, angle: values[(row + 1) * columns - 1]! };
  });
}

function readColumns(
  values: ArrayLike<number>,
  [rows, count]: readonly [rows: number, count: number],
  classes: number,
  { confidence, everyClass, turned = false }: Reading,
): Candidate[] {
  const found: Candidate[] = [];
  const placed = (at: (row: number) => number) => ({
    box: aroundCentre(at(0), at(1), at(2), at(3)),
    ...(turned ? { angle: at(rows - 1) } : {}),
  });
  for (let column = 0; column < count; column += 1) {
    const at = (row: number): number => values[row * count + column]!;
    let best = 0;
    for (let label = 0; label < classes; label += 1) {
      const score = at(4 + label);
      if (score > at(4 + best)) best = label;
      if (everyClass && score > confidence) found.push({ label, ...placed(at), score, at: column });
    }
    const score = at(4 + best);
    if (!everyClass && score > confidence) found.push({ label: best, ...placed(at), score, at: column });
  }
  return found;
}

const aroundCentre = (x: number, y: number, width: number, height: number): Detection['box'] => [
  x - width / 2,
  y - height / 2,
  width,
  height,
];
