import { adapt, boxAround, hull, outlines, targetType } from './convert.ts';
import { decodeBitmap, encodeBitmap, maskOverlap, unionOf } from './masks.ts';
import {
  type Annotation,
  type AnnotationType,
  annotationTypes,
  type Box,
  type Item,
  type Mask,
  objectOf,
  type Size,
} from './model/index.ts';
import { polygonCounts } from './polygons.ts';
import { Random } from './transforms/random.ts';

/** How near approximations come to what they stand for. */
export interface Overlap {
  /** Mean of area in both divided by area in either, 0 to 1. */
  readonly mean: number;
  /** The least of them. */
  readonly least: number;
  /** Objects that were measured. */
  readonly measured: number;
}

/** Most objects that are measured for each pair of types. */
const most = 500;

/** Pixels along the longer side of the picture in which two shapes are compared. */
const finest = 128;

interface Sample {
  readonly values: number[];
  seen: number;
}

/**
 * Measures, on a set's real annotations, what a target's substitutes for them are worth: on a random sample in which
 * every object is as likely as any other (Vitter's algorithm R, 1985), and the same each time.
 */
export class OverlapMeter {
  readonly #types: readonly AnnotationType[];
  /** What each type becomes that the target can't hold; others are not measured. */
  readonly #becomes = new Map<AnnotationType, AnnotationType>();
  readonly #samples = new Map<string, Sample>();
  readonly #random = new Random(0);

  /** @param types the ones that the target can hold. */
  constructor(types: readonly AnnotationType[]) {
    this.#types = types;
    for (const type of annotationTypes) {
      const becomes = targetType(type, types);
      if (becomes !== null && becomes !== type) this.#becomes.set(type, becomes);
    }
  }

  add({ annotations, media }: Item): void {
    if (!annotations.some(({ type }) => this.#becomes.has(type))) return;
    const size = media?.size ?? null;
    const grouped = new Map<number, Annotation[]>();
    for (const annotation of annotations) {
      const object = objectOf(annotation);
      if (object === 0) this.#object([annotation], size);
      else {
        const parts = grouped.get(object);
        if (parts === undefined) grouped.set(object, [annotation]);
        else parts.push(annotation);
      }
    }
    for (const parts of grouped.values()) this.#object(parts, size);
  }

  result(type: AnnotationType, becomes: AnnotationType): Overlap | null {
    const values = this.#samples.get(`${type} ${becomes}`)?.values ?? [];
    if (values.length === 0) return null;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, least: Math.min(...values), measured: values.length };
  }

  #object(parts: readonly Annotation[], size: Size | null): void {
    for (const type of new Set(parts.map((part) => part.type))) {
      const becomes = this.#becomes.get(type);
      if (becomes === undefined || parts.some((part) => part.type === becomes)) continue;
      const key = `${type} ${becomes}`;
      const sample = this.#samples.get(key) ?? { values: [], seen: 0 };
      this.#samples.set(key, sample);
      sample.seen += 1;
      const place = sample.seen <= most ? sample.values.length : this.#random.below(sample.seen);
      if (place >= most) continue;
      const own = parts.filter((part) => part.type === type);
      if (own.some((part) => part.type !== 'mask' && outlines(part).length === 0)) continue;
      const value = overlapOf(own, adapt(own, this.#types, size).annotations);
      if (value !== null) sample.values[Math.min(place, sample.values.length)] = value;
    }
  }
}

type Frame = Pick<Box, 'x' | 'y' | 'width' | 'height'>;

/**
 * Area in both of two groups of shapes divided by area in either, drawn in a picture of up to {@link finest} pixels a
 * side around both. Null where one of them has no area.
 */
export function overlapOf(one: readonly Annotation[], other: readonly Annotation[]): number | null {
  const hulls = [...one, ...other].map(hull).filter((entry) => entry !== null);
  const frame = boxAround(hulls);
  if (frame === null || one.length === 0 || other.length === 0) return null;
  const longer = Math.max(frame.width, frame.height);
  if (!(longer > 0)) return null;
  const scale = finest / longer;
  const width = Math.max(1, Math.ceil(frame.width * scale));
  const height = Math.max(1, Math.ceil(frame.height * scale));
  const draw = (shapes: readonly Annotation[]): number[] =>
    unionOf(
      shapes.flatMap((shape) => drawn(shape, frame, scale, width, height)),
      width,
      height,
    );
  return maskOverlap(draw(one), draw(other));
}

function drawn(shape: Annotation, frame: Frame, scale: number, width: number, height: number): number[][] {
  if (shape.type === 'mask') return [resampled(shape, frame, scale, width, height)];
  return outlines(shape).map((ring) => {
    const moved = ring.map((value, at) => (value - (at % 2 === 0 ? frame.x : frame.y)) * scale);
    return polygonCounts(moved, width, height);
  });
}

/** A mask's pixels at other places: each takes the one that its centre falls on. */
function resampled(mask: Mask, frame: Frame, scale: number, width: number, height: number): number[] {
  const pixels = decodeBitmap(mask.counts, mask.width, mask.height);
  const bitmap = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = Math.floor(frame.y + (y + 0.5) / scale);
    if (from < 0 || from >= mask.height) continue;
    for (let x = 0; x < width; x += 1) {
      const at = Math.floor(frame.x + (x + 0.5) / scale);
      if (at >= 0 && at < mask.width) bitmap[y * width + x] = pixels[from * mask.width + at]!;
    }
  }
  return encodeBitmap(bitmap, width, height);
}
