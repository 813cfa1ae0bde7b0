import { areaOfShape } from '../areas.ts';
import { hull, outlines, rotatedCorners } from '../convert.ts';
import { decodeBitmap, encodeBitmap } from '../masks.ts';
import type { Annotation, Mask, Points, Polyline, Size, Visibility } from '../model/index.ts';
import { clipRing } from '../polygons.ts';

/** Where a picture's points go: first enlarged, then moved. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly moveX: number;
  readonly moveY: number;
}

/**
 * An annotation after its picture was enlarged and moved. A rotated box that is enlarged unevenly is a box no more and
 * becomes an outline. Masks take the nearest pixel.
 *
 * @param size of the new picture.
 */
export function placed(annotation: Annotation, placement: Placement, size: Size): Annotation {
  const { scaleX, scaleY, moveX, moveY } = placement;
  const points = (of: readonly number[]): number[] =>
    of.map((value, at) => (at % 2 === 0 ? value * scaleX + moveX : value * scaleY + moveY));
  switch (annotation.type) {
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      const corner = { x: x * scaleX + moveX, y: y * scaleY + moveY };
      return { ...annotation, ...corner, width: width * scaleX, height: height * scaleY };
    }
    case 'rotated_box': {
      const { id, group, label, attributes, zOrder } = annotation;
      if (Math.abs(scaleX - scaleY) > 1e-9) {
        const ring = points(rotatedCorners(annotation));
        return { id, group, label, attributes, zOrder, type: 'polygon', points: ring };
      }
      const [centreX, centreY] = points([annotation.centreX, annotation.centreY]) as [number, number];
      const [width, height] = [annotation.width * scaleX, annotation.height * scaleY];
      return { ...annotation, centreX, centreY, width, height };
    }
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid_2d':
      return { ...annotation, points: points(annotation.points) };
    case 'mask':
      return placedMask(annotation, placement, size);
    default:
      return annotation;
  }
}

function placedMask(mask: Mask, { scaleX, scaleY, moveX, moveY }: Placement, size: Size): Mask {
  const pixels = decodeBitmap(mask.counts, mask.width, mask.height);
  const bitmap = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1) {
    const from = Math.floor((y + 0.5 - moveY) / scaleY);
    if (from < 0 || from >= mask.height) continue;
    for (let x = 0; x < size.width; x += 1) {
      const at = Math.floor((x + 0.5 - moveX) / scaleX);
      if (at >= 0 && at < mask.width) bitmap[y * size.width + x] = pixels[from * mask.width + at]!;
    }
  }
  return { ...mask, ...size, counts: encodeBitmap(bitmap, size.width, size.height) };
}

/**
 * What of an annotation lies in its picture: nothing, one or several. Boxes stay boxes; rotated boxes and ellipses that
 * are cut become outlines; points outside count as not labelled; a line can come apart. Cuboids stay whole while any
 * of them is inside.
 *
 * @param least the part of its area that must be inside, 0 to 1.
 */
export function clipped(annotation: Annotation, size: Size, least = 0): readonly Annotation[] {
  const bounds = hull(annotation);
  if (bounds === null) return annotation.type === 'mask' ? [] : [annotation];
  const right = bounds.x + bounds.width;
  const bottom = bounds.y + bounds.height;
  if (bounds.x >= 0 && bounds.y >= 0 && right <= size.width && bottom <= size.height) return [annotation];
  if (bounds.x >= size.width || bounds.y >= size.height || right <= 0 || bottom <= 0) return [];
  const parts = cut(annotation, size);
  const area = areaOfShape(annotation);
  const left = parts.reduce((sum, part) => sum + areaOfShape(part), 0);
  return area > 0 && left < least * area ? [] : parts;
}

function cut(annotation: Annotation, { width, height }: Size): readonly Annotation[] {
  switch (annotation.type) {
    case 'box': {
      const [x, y] = [Math.max(annotation.x, 0), Math.max(annotation.y, 0)];
      const right = Math.min(annotation.x + annotation.width, width);
      const bottom = Math.min(annotation.y + annotation.height, height);
      return right > x && bottom > y ? [{ ...annotation, x, y, width: right - x, height: bottom - y }] : [];
    }
    case 'polygon':
    case 'rotated_box':
    case 'ellipse': {
      const { id, group, label, attributes, zOrder } = annotation;
      const [ring] = outlines(annotation);
      const points = clipRing(ring!, { left: 0, top: 0, right: width, bottom: height });
      const whole = { id, group, label, attributes, zOrder, type: 'polygon' as const, points };
      return points.length >= 6 && areaOfShape(whole) > 0 ? [whole] : [];
    }
    case 'points':
      return cutPoints(annotation, width, height);
    case 'polyline':
      return cutLine(annotation, width, height);
    default:
      return [annotation];
  }
}

function cutPoints(annotation: Points, width: number, height: number): readonly Annotation[] {
  const visibility = annotation.visibility.map((seen, index): Visibility => {
    const [x, y] = [annotation.points[index * 2]!, annotation.points[index * 2 + 1]!];
    return x >= 0 && y >= 0 && x <= width && y <= height ? seen : 0;
  });
  return visibility.some((seen) => seen > 0) ? [{ ...annotation, visibility }] : [];
}

/** Cuts each piece of a line by Liang and Barsky, and joins what still hangs together. */
function cutLine(annotation: Polyline, width: number, height: number): readonly Annotation[] {
  const { points } = annotation;
  const lines: number[][] = [];
  let open: number[] | null = null;
  for (let at = 0; at + 3 < points.length; at += 2) {
    const [x0, y0, x1, y1] = points.slice(at, at + 4) as [number, number, number, number];
    let [enter, leave] = [0, 1];
    for (const [direction, room] of [
      [x0 - x1, x0],
      [x1 - x0, width - x0],
      [y0 - y1, y0],
      [y1 - y0, height - y0],
    ] as const) {
      if (direction < 0) enter = Math.max(enter, room / direction);
      else if (direction > 0) leave = Math.min(leave, room / direction);
      else if (room < 0) leave = -1;
    }
    if (enter >= leave) {
      open = null;
      continue;
    }
    const start = [x0 + enter * (x1 - x0), y0 + enter * (y1 - y0)];
    const end = [x0 + leave * (x1 - x0), y0 + leave * (y1 - y0)];
    if (open === null || enter > 0) {
      open = [...start, ...end];
      lines.push(open);
    } else open.push(...end);
    if (leave < 1) open = null;
  }
  return lines.map((line) => ({ ...annotation, points: line }));
}
