import { outlines } from '../datasets/convert.ts';
import { areaOf, type Counts, evenOdd, sharedArea, unionOf } from '../datasets/masks.ts';
import type { Annotation, Size } from '../datasets/model/index.ts';
import { polygonCounts } from '../datasets/polygons.ts';
import type { ComparedMask, TrueBox } from './evaluation.ts';

/** The mask of an object's parts. */
export function maskOfObject(parts: readonly Annotation[], { width, height }: Size): Counts {
  const masks = parts.flatMap((part): Counts[] =>
    part.type === 'mask' && part.width === width && part.height === height
      ? [part.counts]
      : outlines(part).map((ring) => polygonCounts(ring, width, height)),
  );
  return masks.length === 0 ? [] : unionOf(masks, width, height);
}

/** Makes masks of outlines, those of holes among them; the same outlines, which may come for several classes, but once. */
export function ringMasks({ width, height }: Size): (rings: readonly (readonly number[])[]) => Counts {
  const known = new WeakMap<object, Counts>();
  return (rings) => {
    const mask = known.get(rings) ?? evenOdd(rings.map((ring) => polygonCounts(ring, width, height)));
    known.set(rings, mask);
    return mask;
  };
}

/**
 * Holds a mask that was found in a picture against those of its objects of the same class.
 *
 * @param truth the picture's objects with their masks, all of one size.
 */
export function compareMask(label: number, mask: Counts, truth: ReadonlyMap<TrueBox, Counts>): ComparedMask {
  const area = areaOf(mask);
  const overlaps = new Map<TrueBox, number>();
  for (const [one, other] of truth) {
    if (one.label !== label) continue;
    const shared = sharedArea(mask, other);
    if (shared > 0) overlaps.set(one, shared / (one.crowd ? area : area + areaOf(other) - shared));
  }
  return { area, overlaps };
}
