import { boundsOf, unionOf } from './masks.ts';
import {
  type Annotation,
  type AnnotationType,
  annotationTypes,
  type Box,
  type Mask,
  objectOf,
  type Polygon,
  type Size,
} from './model/index.ts';
import { maskRings, polygonCounts } from './polygons.ts';
import { leastRectangle } from './rectangles.ts';

/**
 * What a shape becomes where a format can't hold it: the first of these that it can. The order is by what is lost
 * least. `loss.ts` counts by this table and every writer converts by it, so that the two can't disagree.
 */
export const substitutes: Readonly<Record<AnnotationType, readonly AnnotationType[]>> = {
  box: ['rotated_box', 'polygon'],
  rotated_box: ['polygon', 'mask', 'box'],
  polygon: ['mask', 'rotated_box', 'box'],
  polyline: [],
  mask: ['polygon', 'rotated_box', 'box'],
  points: [],
  ellipse: ['polygon', 'mask', 'rotated_box', 'box'],
  cuboid_2d: ['box'],
  cuboid_3d: [],
  label: [],
  caption: [],
};

/** The type that an annotation gets in a format with these types, or null where it is dropped. */
export function targetType(type: AnnotationType, types: readonly AnnotationType[]): AnnotationType | null {
  if (types.includes(type)) return type;
  return substitutes[type].find((substitute) => types.includes(substitute)) ?? null;
}

/** What became of an item's annotations. */
export interface Adapted {
  readonly annotations: readonly Annotation[];
  /** The ones that the types can't hold. Those that another part of their object stands for are not among them. */
  readonly dropped: readonly Annotation[];
}

/**
 * Turns an item's annotations into ones of the given types. Parts of one object are looked at together: where an object
 * has a box and an outline and only boxes can be held, its box stands for both, and of several outlines without a box
 * one box is made, or one mask. Where only rotated boxes can be held, the outline stands for both, since its box tells less. A mask
 * of several parts becomes several polygons.
 *
 * @param size the picture's, needed to draw masks; without it, a shape that would become a mask becomes a box.
 */
export function adapt(
  annotations: readonly Annotation[],
  types: readonly AnnotationType[],
  size: Size | null,
): Adapted {
  // As in most sets: nothing is to be done.
  if (annotations.every(({ type }) => types.includes(type))) return { annotations, dropped: [] };
  const held = size === null ? types.filter((type) => type !== 'mask') : types;
  const result: Annotation[] = [];
  const dropped: Annotation[] = [];
  // A bit for each type that an object has.
  const native = new Map<number, number>();
  for (const annotation of annotations) {
    const object = objectOf(annotation);
    if (object !== 0) native.set(object, (native.get(object) ?? 0) | typeBit(annotation.type));
  }
  const has = (object: number, type: AnnotationType): boolean =>
    ((native.get(object) ?? 0) & typeBit(type)) !== 0;
  // Where the one box of an object without a box, or its one mask, is in the result.
  const boxes = new Map<number, number>();
  const masks = new Map<number, number>();
  for (const annotation of annotations) {
    const object = objectOf(annotation);
    const becomes = types.includes(annotation.type) ? annotation.type : targetType(annotation.type, held);
    if (becomes === annotation.type) result.push(annotation);
    else if (becomes === null) dropped.push(annotation);
    else if (has(object, becomes)) continue;
    else if (isStoodFor(annotation.type, becomes, (type) => has(object, type))) continue;
    else {
      const made = convertTo(annotation, becomes, size);
      if (made.length === 0) dropped.push(annotation);
      const known = becomes === 'box' && object !== 0 ? boxes.get(object) : undefined;
      const first = made[0];
      if (known !== undefined && first?.type === 'box') {
        const before = result[known] as Box;
        result[known] = { ...before, ...boxAround([before, first]) };
        continue;
      }
      const drawn = becomes === 'mask' && object !== 0 ? masks.get(object) : undefined;
      if (drawn !== undefined && first?.type === 'mask') {
        const before = result[drawn] as Mask;
        const counts = unionOf([before.counts, first.counts], before.width, before.height);
        result[drawn] = { ...before, counts };
        continue;
      }
      if (becomes === 'mask') masks.set(object, result.length);
      if (becomes === 'box') boxes.set(object, result.length);
      result.push(...made);
    }
  }
  return { annotations: result, dropped };
}

const typeBit = (type: AnnotationType): number => 1 << annotationTypes.indexOf(type);

/** Shapes that tell more than an upright box. */
const outlined: readonly AnnotationType[] = ['polygon', 'mask', 'ellipse'];

/** Whether a box need not become a rotated one or an outline, as its object's own outline does. */
export function isStoodFor(
  type: AnnotationType,
  becomes: AnnotationType,
  hasPart: (type: AnnotationType) => boolean,
): boolean {
  return type === 'box' && becomes !== 'box' && outlined.some(hasPart);
}

function convertTo(annotation: Annotation, type: AnnotationType, size: Size | null): readonly Annotation[] {
  if (!('zOrder' in annotation)) return [];
  const { id, group, label, attributes, zOrder } = annotation;
  const common = { id, group, label, attributes, zOrder };
  if (type === 'box') {
    const bounds = hull(annotation);
    return bounds === null ? [] : [{ ...common, type: 'box', ...bounds }];
  }
  if (type === 'rotated_box' && annotation.type === 'box') {
    const { x, y, width, height } = annotation;
    const centre = { centreX: x + width / 2, centreY: y + height / 2 };
    return [{ ...common, type: 'rotated_box', ...centre, width, height, angle: 0 }];
  }
  const rings = outlines(annotation);
  if (type === 'rotated_box') {
    const least = leastRectangle(rings.flat());
    return least === null ? [] : [{ ...common, type: 'rotated_box', ...least }];
  }
  if (type === 'polygon') return rings.map((points): Polygon => ({ ...common, type: 'polygon', points }));
  if (type === 'mask' && size !== null && rings.length === 1) {
    const counts = polygonCounts(rings[0]!, size.width, size.height);
    return [{ ...common, type: 'mask', ...size, counts } satisfies Mask];
  }
  return [];
}

/** How many corners an ellipse gets. */
const ellipseCorners = 72;

/** The closed outlines of a shape that has an area. */
export function outlines(annotation: Annotation): readonly (readonly number[])[] {
  switch (annotation.type) {
    case 'polygon':
      return [annotation.points];
    case 'mask':
      return maskRings(annotation);
    case 'box': {
      const { x, y, width, height } = annotation;
      return [[x, y, x + width, y, x + width, y + height, x, y + height]];
    }
    case 'rotated_box':
      return [rotatedCorners(annotation)];
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      const ring: number[] = [];
      for (let corner = 0; corner < ellipseCorners; corner += 1) {
        const turn = (2 * Math.PI * corner) / ellipseCorners;
        ring.push(x + (width / 2) * (1 + Math.cos(turn)), y + (height / 2) * (1 + Math.sin(turn)));
      }
      return [ring];
    }
    default:
      return [];
  }
}

/** Corners of a rotated box, from the one that is upper left before turning, clockwise. */
export function rotatedCorners(box: {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}): number[] {
  const turn = (box.angle * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].flatMap(([right, down]) => {
    const x = (right! * box.width) / 2;
    const y = (down! * box.height) / 2;
    return [box.centreX + x * cosine - y * sine, box.centreY + x * sine + y * cosine];
  });
}

/** The smallest upright box around a shape; null for what has none. */
export function hull(annotation: Annotation): Pick<Box, 'x' | 'y' | 'width' | 'height'> | null {
  switch (annotation.type) {
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      return { x, y, width, height };
    }
    case 'mask':
      return boundsOf(annotation);
    case 'rotated_box':
      return boundsOfPoints(rotatedCorners(annotation));
    case 'polygon':
    case 'polyline':
    case 'cuboid_2d':
      return boundsOfPoints(annotation.points);
    case 'points': {
      const labelled = annotation.points.filter((_, index) => annotation.visibility[index >> 1] !== 0);
      return boundsOfPoints(labelled.length > 0 ? labelled : annotation.points);
    }
    default:
      return null;
  }
}

function boundsOfPoints(points: readonly number[]): Pick<Box, 'x' | 'y' | 'width' | 'height'> | null {
  if (points.length < 2) return null;
  let [left, top, right, bottom] = [points[0]!, points[1]!, points[0]!, points[1]!];
  for (let index = 0; index + 1 < points.length; index += 2) {
    left = Math.min(left, points[index]!);
    right = Math.max(right, points[index]!);
    top = Math.min(top, points[index + 1]!);
    bottom = Math.max(bottom, points[index + 1]!);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The smallest box around several boxes. */
export function boxAround(
  boxes: readonly Pick<Box, 'x' | 'y' | 'width' | 'height'>[],
): Pick<Box, 'x' | 'y' | 'width' | 'height'> | null {
  return boundsOfPoints(boxes.flatMap(({ x, y, width, height }) => [x, y, x + width, y + height]));
}
