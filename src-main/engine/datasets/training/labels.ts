import type { TrainingCheck } from './findings.ts';

/** Points of an object and numbers of a point: `kpt_shape`. */
export interface PointShape {
  readonly points: number;
  readonly numbers: number;
}

/** What Ultralytics takes from a label file. */
export interface LabelFile {
  readonly objects: number;
  /** Of them, those with an outline. */
  readonly outlines: number;
  /** Whether all of them have four corners, as rotated boxes do. */
  readonly cornered: boolean;
  /** Objects that were there before. */
  readonly repeated: number;
}

/** Why it leaves the picture out. */
export interface LabelFault {
  readonly check: TrainingCheck;
  readonly reason: string;
}

/** A number as Python's `float` reads it. */
const number = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i;
const numberOf = (text: string): number =>
  number.test(text)
    ? Math.fround(Number(text.replaceAll('_', '')))
    : /^[+-]?(nan|inf|infinity)$/i.test(text)
      ? Number.POSITIVE_INFINITY
      : Number.NaN;

/** How far beside the picture a value may lie. */
const most = Math.fround(1.01);
const least = Math.fround(-0.01);

/**
 * Reads a label file with the checks of Ultralytics' loader. One bad line costs the whole picture. Of an outline, the
 * box around it is checked, not its points.
 *
 * Source: https://docs.ultralytics.com/datasets/detect/ and what `verify_image_label` of Ultralytics 8.4 does.
 *
 * @param classes how many there are. @param shape the points of a pose set, or null for all others.
 */
export function checkLabels(text: string, classes: number, shape: PointShape | null): LabelFile | LabelFault {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|[\n\r\v\f\x85\u2028\u2029]/)
    .map((line) => line.trim().split(/\s+/).filter(Boolean))
    .filter(({ length }) => length > 0);
  const outlined = shape === null && rows.some(({ length }) => length > 6);
  const columns = shape === null ? 5 : 5 + shape.points * shape.numbers;
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const values = row.map(numberOf);
    const fault = outlined ? outlineFault(values) : columnFault(values, columns);
    const wrong = fault ?? valueFault(values, outlined, shape, classes);
    if (wrong !== null) return { ...wrong, reason: `object ${index + 1}: ${wrong.reason}` };
    seen.add(values.join(' '));
  }
  const outlines = outlined ? seen.size : 0;
  const cornered = outlined && rows.every(({ length }) => length === 9);
  return { objects: seen.size, outlines, cornered, repeated: rows.length - seen.size };
}

function outlineFault({ length }: readonly number[]): LabelFault | null {
  if (length === 5) return { check: 'mixed_lines', reason: 'a box among outlines' };
  return length % 2 === 1 && length > 1 ? null : { check: 'wrong_columns', reason: `${length} values` };
}

function columnFault({ length }: readonly number[], columns: number): LabelFault | null {
  return length === columns ? null : { check: 'wrong_columns', reason: `${length} values, not ${columns}` };
}

function valueFault(
  values: readonly number[],
  outlined: boolean,
  shape: PointShape | null,
  classes: number,
): LabelFault | null {
  if (values.some(Number.isNaN)) return { check: 'corrupt_label', reason: 'something that is no number' };
  const [label = 0, ...rest] = values;
  const box = outlined ? boxAround(rest) : rest.slice(0, 4);
  const points = (shape === null ? box : rest.slice(4)).filter(
    (_, at) => shape === null || at % shape.numbers < 2,
  );
  const range = (value: number): LabelFault => ({ check: 'out_of_range', reason: `the value ${value}` });
  const above = points.find((value) => value > most);
  if (above !== undefined || !rest.every(Number.isFinite)) return range(above ?? Number.POSITIVE_INFINITY);
  const lowest = Math.min(label, ...(outlined ? box : rest));
  if (lowest < least || Math.min(box[2]!, box[3]!) < 0) return range(lowest);
  if (!Number.isInteger(label)) return { check: 'unknown_class', reason: `the class ${label}` };
  return label < classes ? null : { check: 'unknown_class', reason: `the class ${label} of ${classes}` };
}

/** Centre, width and height of the box around x0, y0, x1, y1, … */
function boxAround(points: readonly number[]): number[] {
  const side = (axis: number): [number, number] => {
    const along = points.filter((_, at) => at % 2 === axis);
    return [Math.min(...along), Math.max(...along)];
  };
  const [[left, right], [top, bottom]] = [side(0), side(1)];
  const values = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
  return values.map(Math.fround);
}
