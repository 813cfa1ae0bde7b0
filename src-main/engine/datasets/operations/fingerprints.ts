import { hull } from '../convert.ts';
import { areaOf, boxOverlap } from '../masks.ts';
import { type Annotation, type AnnotationType, annotationTypes, type Item } from '../model/index.ts';

/** Numbers that an annotation is remembered by. */
export const width = 9;

/** Their places: type, class, four of the box around it, two of its shape, and whether it is an approximation. */
export const place = {
  type: 0,
  label: 1,
  x: 2,
  y: 3,
  width: 4,
  height: 5,
  shape: 6,
  sum: 7,
  approximated: 8,
} as const;

const boxNumber = annotationTypes.indexOf('box');

/**
 * What is remembered of an item's annotations, so that a set of a million needs some megabytes: equal annotations have
 * equal numbers, and others almost surely not.
 */
export function fingerprint(
  annotation: Annotation,
  approximated: boolean,
  into: Float32Array,
  at: number,
): void {
  into[at + place.approximated] = approximated ? 1 : 0;
  into[at + place.label] = 'label' in annotation && annotation.label !== null ? annotation.label : -1;
  // Of all shapes, boxes are met most.
  if (annotation.type === 'box') {
    into[at + place.type] = boxNumber;
    into[at + place.x] = annotation.x;
    into[at + place.y] = annotation.y;
    into[at + place.width] = annotation.width;
    into[at + place.height] = annotation.height;
    into[at + place.shape] = 0;
    into[at + place.sum] = 0;
    return;
  }
  const around = hull(annotation);
  // A rotated box that isn't turned is a box, and formats that have both don't tell them apart.
  const isUpright = annotation.type === 'rotated_box' && annotation.angle % 360 === 0;
  into[at + place.type] = isUpright ? boxNumber : annotationTypes.indexOf(annotation.type);
  into[at + place.x] = around?.x ?? 0;
  into[at + place.y] = around?.y ?? 0;
  into[at + place.width] = around?.width ?? 0;
  into[at + place.height] = around?.height ?? 0;
  const [shape, sum] = isUpright ? [0, 0] : form(annotation);
  into[at + place.shape] = shape;
  into[at + place.sum] = sum;
}

/** Two numbers about a shape beyond the box around it, in pixels or roots of pixels. */
function form(annotation: Annotation): readonly [number, number] {
  switch (annotation.type) {
    case 'mask':
      return [Math.sqrt(areaOf(annotation.counts)), 0];
    case 'rotated_box':
      // Sides can change places with a quarter turn: their sum and the diagonal stay.
      return [annotation.width + annotation.height, Math.hypot(annotation.width, annotation.height)];
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid_2d':
      return spread(annotation.points);
    case 'cuboid_3d':
      return spread([...annotation.position, ...annotation.scale, ...annotation.rotation]);
    case 'caption':
      return [annotation.text.length, textSum(annotation.text)];
    default:
      return [0, 0];
  }
}

/** Mean of the coordinates, and their mean distance from the first: whatever corner comes first in a ring, near it. */
function spread(points: readonly number[]): readonly [number, number] {
  let sum = 0;
  let squares = 0;
  for (const value of points) {
    sum += value;
    squares += value * value;
  }
  const count = Math.max(1, points.length);
  const mean = sum / count;
  return [mean, Math.sqrt(Math.max(0, squares / count - mean * mean))];
}

function textSum(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) % 65_521;
  return sum;
}

/** How far off counts as the same: what float32, two decimals and YOLO's fractions lose. */
const exact = 0.02;
/** What whole pixels lose. */
const rounded = 1.5;

/** How a written annotation was found again. `changed`: one of its type and class about where it was. */
export type Likeness = 'equal' | 'near' | 'changed';

/** Least overlap of two boxes for what is in them to count as one thing that changed. */
const alike = 0.3;

/** Part of a box that must lie in another's for what is in it to count as a part of that. */
const inside = 0.9;

/** Most annotations of one item that are compared each with each for that. */
const mostCompared = 2000;

/**
 * Pairs the fingerprints of what was written with those of what was read, each once, the equal ones first.
 *
 * @param onPair is told the place of the written one, and of the read one, or -1 for those that are not there.
 */
export function match(
  wrote: Float32Array,
  read: Float32Array,
  onPair: (wrote: number, read: number, likeness: Likeness) => void,
): void {
  if (inTurn(wrote, read)) {
    for (let at = 0; at < wrote.length; at += width) onPair(at, at, 'equal');
    return;
  }
  const order = (of: Float32Array): number[] =>
    Array.from({ length: of.length / width }, (_, index) => index * width).sort(
      (a, b) =>
        of[a + place.type]! - of[b + place.type]! ||
        of[a + place.label]! - of[b + place.label]! ||
        of[a + place.x]! - of[b + place.x]!,
    );
  let left = order(wrote);
  let right = order(read);
  // What came back changed, and may be made of several.
  const joined: number[] = [];
  for (const likeness of ['equal', 'near', 'changed'] as const) {
    if (likeness === 'changed' && Math.min(left.length, right.length) > mostCompared) break;
    const tolerance = { equal: exact, near: rounded, changed: Number.POSITIVE_INFINITY }[likeness];
    const used = new Set<number>();
    const rest: number[] = [];
    let from = 0;
    for (const one of left) {
      while (from < right.length && before(read, right[from]!, wrote, one, tolerance)) from += 1;
      let found = -1;
      for (let at = from; at < right.length; at += 1) {
        const other = right[at]!;
        if (before(wrote, one, read, other, tolerance)) break;
        if (used.has(at)) continue;
        const fits =
          likeness === 'changed'
            ? similar(wrote, one, read, other)
            : same(wrote, one, read, other, tolerance);
        if (!fits) continue;
        found = at;
        break;
      }
      if (found < 0) rest.push(one);
      else {
        used.add(found);
        if (likeness === 'changed') joined.push(right[found]!);
        onPair(one, right[found]!, likeness);
      }
    }
    left = rest;
    right = right.filter((_, at) => !used.has(at));
  }
  // What others cover for the most part comes back as what is left of it.
  for (const one of left) {
    const rest = right.find((other) => holds(read, other, wrote, one));
    const whole = rest ?? joined.find((other) => holds(wrote, one, read, other));
    const found = whole ?? right.find((other) => holds(wrote, one, read, other));
    if (found !== undefined && right.includes(found)) {
      right = right.filter((other) => other !== found);
      if (rest === undefined) joined.push(found);
    }
    onPair(one, found ?? -1, 'changed');
  }
  for (const other of right) onPair(-1, other, 'changed');
}

/** Whether everything came back equal and in its order, as it mostly does: nothing has to be looked for then. */
export function inTurn(wrote: Float32Array, read: Float32Array): boolean {
  if (wrote.length !== read.length) return false;
  for (let at = 0; at < wrote.length; at += width) {
    if (!same(wrote, at, read, at, exact)) return false;
  }
  return true;
}

/** Whether one lies in the other: parts that a format joins, of one object or of one class, are all of them there. */
function holds(a: Float32Array, one: number, b: Float32Array, other: number): boolean {
  if (a[one]! !== b[other]! || a[one + place.label]! !== b[other + place.label]!) return false;
  const [part, whole] = [boxAt(a, one), boxAt(b, other)];
  const width = Math.min(part.x + part.width, whole.x + whole.width) - Math.max(part.x, whole.x);
  const height = Math.min(part.y + part.height, whole.y + whole.height) - Math.max(part.y, whole.y);
  return width > 0 && height > 0 && width * height >= inside * part.width * part.height;
}

function boxAt(of: Float32Array, at: number) {
  return {
    x: of[at + place.x]!,
    y: of[at + place.y]!,
    width: of[at + place.width]!,
    height: of[at + place.height]!,
  };
}

function similar(a: Float32Array, one: number, b: Float32Array, other: number): boolean {
  if (a[one]! !== b[other]! || a[one + place.label]! !== b[other + place.label]!) return false;
  return boxOverlap(boxAt(a, one), boxAt(b, other)) >= alike;
}

/** Whether one comes before another in order for sure. */
function before(a: Float32Array, one: number, b: Float32Array, other: number, tolerance: number): boolean {
  const type = a[one]! - b[other]!;
  if (type !== 0) return type < 0;
  const label = a[one + place.label]! - b[other + place.label]!;
  if (label !== 0) return label < 0;
  return a[one + place.x]! < b[other + place.x]! - slack(tolerance, b[other + place.x]!);
}

/** Float32 has 24 bits: two millionths of a large coordinate are noise. */
const slack = (tolerance: number, value: number): number => tolerance + 2e-6 * Math.abs(value);

function same(a: Float32Array, one: number, b: Float32Array, other: number, tolerance: number): boolean {
  if (a[one]! !== b[other]! || a[one + place.label]! !== b[other + place.label]!) return false;
  for (let at: number = place.x; at <= place.sum; at += 1) {
    const value = b[other + at]!;
    const wanted = a[one + at]!;
    // A box that was moved to whole pixels on both sides can be larger by one on each.
    if (!(Math.abs(value - wanted) <= slack(at >= place.width ? 2 * tolerance : tolerance, wanted)))
      return false;
  }
  return true;
}

/** Whether a row has a class. */
export function hasLabel(rows: Float32Array, label: number): boolean {
  for (let at = place.label; at < rows.length; at += width) if (rows[at] === label) return true;
  return false;
}

/** Gives each row the class that stands for its own. */
export function relabelRows(rows: Float32Array, labelOf: (label: number) => number): void {
  for (let at = place.label; at < rows.length; at += width) if (rows[at]! >= 0) rows[at] = labelOf(rows[at]!);
}

export function withoutLabels(rows: Float32Array): void {
  for (let at = place.label; at < rows.length; at += width) rows[at] = -1;
}

export const typeAt = (of: Float32Array, at: number): AnnotationType =>
  annotationTypes[of[at + place.type]!]!;
export const isApproximated = (of: Float32Array, at: number): boolean => of[at + place.approximated] === 1;

/** Rows for annotations, of which some are approximations of others. */
export function rowsOf(
  annotations: readonly Annotation[],
  source: Item['annotations'],
  labelOf: (label: number) => number = (label) => label,
): Float32Array {
  const own = annotations === source ? null : new Set<Annotation>(source);
  const rows = new Float32Array(annotations.length * width);
  for (let index = 0; index < annotations.length; index += 1) {
    const annotation = annotations[index]!;
    fingerprint(annotation, own?.has(annotation) === false, rows, index * width);
  }
  relabelRows(rows, labelOf);
  return rows;
}
