import { areaOfShape } from '../areas.ts';
import { hull } from '../convert.ts';
import type { Annotation } from '../model/index.ts';

/** What is measured on a shape, in pixels. */
export const properties = ['width', 'height', 'area', 'ratio', 'short', 'long'] as const;
export type Property = (typeof properties)[number];
export type Measures = Readonly<Record<Property, number>>;

/** Null for what has no place. */
export function measuresOf(annotation: Annotation): Measures | null {
  const bounds = hull(annotation);
  if (bounds === null) return null;
  const { width, height } = bounds;
  return {
    width,
    height,
    area: areaOfShape(annotation),
    ratio: height === 0 ? Number.NaN : width / height,
    short: Math.min(width, height),
    long: Math.max(width, height),
  };
}

/** Mean and deviation of numbers that come one by one, after Welford, 1962. */
export class Spread {
  count = 0;
  mean = 0;
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  #squares = 0;

  add(value: number): void {
    this.count += 1;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.#squares += before * (value - this.mean);
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }

  /** Of all values, not of a sample. */
  get deviation(): number {
    return this.count === 0 ? 0 : Math.sqrt(this.#squares / this.count);
  }

  /** In which of so many equal steps from the least to the most a value lies; the last takes the most itself. */
  bin(value: number, bins: number): number {
    // As numpy does where all values are one.
    const flat = this.most === this.least;
    const from = flat ? this.least - 0.5 : this.least;
    const range = flat ? 1 : this.most - this.least;
    return Math.min(bins - 1, Math.max(0, Math.floor(((value - from) / range) * bins)));
  }
}
