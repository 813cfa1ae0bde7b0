import type { Annotation } from './types.ts';

/** No picture has a side of ten million pixels; a number beyond it is a mistake and would cost memory. */
const largest = 1e7;

/** Most pixels of a mask. */
const mostPixels = 2 ** 31 - 1;

/**
 * What is wrong with an annotation's numbers, or null. Every reader asks this before it hands one on, so that nothing
 * behind it has to think of NaN again. Coordinates outside the picture are allowed: tools write them.
 */
export function fault(annotation: Annotation): string | null {
  switch (annotation.type) {
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      // Not as a list: of all shapes, boxes are asked for most.
      if (!(isSane(x) && isSane(y) && isSane(width) && isSane(height))) return notNumbers;
      return width < 0 || height < 0 ? 'the width or height is negative' : null;
    }
    case 'rotated_box': {
      const { centreX, centreY, width, height, angle } = annotation;
      if (!sane([centreX, centreY, width, height, angle])) return notNumbers;
      return width < 0 || height < 0 ? 'the width or height is negative' : null;
    }
    case 'polygon':
      return pointsFault(annotation.points, 3);
    case 'polyline':
      return pointsFault(annotation.points, 1);
    case 'cuboid_2d':
      return annotation.points.length === 16
        ? pointsFault(annotation.points, 8)
        : 'a cuboid has eight corners';
    case 'points':
      if (annotation.visibility.length * 2 !== annotation.points.length) {
        return 'points and visibilities differ in number';
      }
      return pointsFault(annotation.points, 1);
    case 'mask':
      return maskFault(annotation.width, annotation.height, annotation.counts);
    case 'cuboid_3d':
      return sane([...annotation.position, ...annotation.rotation, ...annotation.scale]) ? null : notNumbers;
    case 'label':
    case 'caption':
      return null;
  }
}

const notNumbers = 'a coordinate is not a number or far too large';

function pointsFault(points: readonly number[], fewest: number): string | null {
  if (points.length % 2 !== 0) return 'an odd number of coordinates';
  if (points.length < 2 * fewest) return `fewer than ${fewest} points`;
  return sane(points) ? null : notNumbers;
}

function maskFault(width: number, height: number, counts: readonly number[]): string | null {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 0 || height < 0) {
    return "the mask's size is not a whole number";
  }
  if (width * height > mostPixels) return 'the mask is too large';
  let sum = 0;
  for (const count of counts) {
    if (!Number.isInteger(count) || count < 0) return 'a run length is negative or not a whole number';
    sum += count;
  }
  return sum === width * height ? null : `the run lengths make ${sum} pixels, not ${width} × ${height}`;
}

function sane(values: readonly number[]): boolean {
  return values.every(isSane);
}

/** Whether it is a number of a usual size; NaN and the infinite are not. */
function isSane(value: number): boolean {
  return Math.abs(value) <= largest;
}

/** A number out of JSON or XML, or NaN, which {@link fault} then names. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  // Blanks alone would be 0.
  if (typeof value !== 'string' || value.length >= 64) return Number.NaN;
  const number = Number(value);
  return number === 0 && value.trim() === '' ? Number.NaN : number;
}

/** A whole number, or the fallback. */
export function wholeOf(value: unknown, fallback: number): number {
  const number = numberOf(value);
  return Number.isSafeInteger(number) ? number : fallback;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record's own field: `constructor` and `__proto__` in a file never reach the prototype. */
export function field(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
