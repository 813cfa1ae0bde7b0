import { RefineryError } from '../../contract/errors.ts';
import type { Detection } from './evaluation.ts';

/** What a network gave out. */
export interface Output {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
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
}

/**
 * Reads the output of Ultralytics' detectors, in pixels of the network's input:
 *
 *     [1, 4 + classes + more, boxes]   YOLOv8, 11 and others: centre x, centre y, width, height, a score for each class
 *     [1, boxes, 6 + more]             end to end, YOLOv10 and 26: left, top, right, bottom, score, class
 *
 * What masks and poses need beside the boxes is passed over, and so are values that are no numbers.
 *
 * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK` for an output of another shape.
 */
export function readHead({ values, shape }: Output, reading: Reading): Detection[] {
  const [batch, rows = 0, columns = 0] = shape;
  const rowsAreBoxes = columns === 6 || reading.endToEnd;
  const classes = reading.classes ?? (rowsAreBoxes ? 0 : rows - 4);
  const fits = rowsAreBoxes ? columns >= 6 : classes > 0 && rows >= 4 + classes;
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
    ? readRows(values, rows, columns)
    : readColumns(values, columns, classes, reading);
  return found.filter(
    ({ score, box }) => score > reading.confidence && box.every(Number.isFinite) && Number.isFinite(score),
  );
}

function readRows(values: ArrayLike<number>, rows: number, columns: number): Detection[] {
  return Array.from({ length: rows }, (_, row): Detection => {
    const [left, top, right, bottom, score, label] = Array.from(
      { length: 6 },
      (_, column) => values[row * columns + column]!,
    ) as [number, number, number, number, number, number];
    return { label: Math.round(label), box: [left, top, right - left, bottom - top], score };
  });
}

function readColumns(
  values: ArrayLike<number>,
  count: number,
  classes: number,
  { confidence, everyClass }: Reading,
): Detection[] {
  const found: Detection[] = [];
  for (let column = 0; column < count; column += 1) {
    const at = (row: number): number => values[row * count + column]!;
    let best = 0;
    for (let label = 0; label < classes; label += 1) {
      const score = at(4 + label);
      if (score > at(4 + best)) best = label;
      if (everyClass && score > confidence) found.push({ label, box: boxOf(at), score });
    }
    const score = at(4 + best);
    if (!everyClass && score > confidence) found.push({ label: best, box: boxOf(at), score });
  }
  return found;
}

function boxOf(at: (row: number) => number): Detection['box'] {
  const [width, height] = [at(2), at(3)];
  return [at(0) - width / 2, at(1) - height / 2, width, height];
}
