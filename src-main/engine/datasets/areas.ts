import { rotatedCorners } from './convert.ts';
import { areaOf } from './masks.ts';
import type { Annotation } from './model/index.ts';

/** Pixels that a shape covers; 0 for what has no area. Parts of an outline that cross themselves count as they turn. */
export function areaOfShape(annotation: Annotation): number {
  switch (annotation.type) {
    case 'box':
      return annotation.width * annotation.height;
    case 'ellipse':
      return (Math.PI / 4) * annotation.width * annotation.height;
    case 'rotated_box':
      return ringArea(rotatedCorners(annotation));
    case 'polygon':
      return ringArea(annotation.points);
    case 'mask':
      return areaOf(annotation.counts);
    default:
      return 0;
  }
}

/** Area of a closed ring by Gauss's formula: half of the sum of the cross products of neighbours. */
export function ringArea(points: readonly number[]): number {
  let twice = 0;
  for (let at = 0; at < points.length; at += 2) {
    const next = (at + 2) % points.length;
    twice += points[at]! * points[next + 1]! - points[next]! * points[at + 1]!;
  }
  return Math.abs(twice) / 2;
}
