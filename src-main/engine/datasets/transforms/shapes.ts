import { z } from 'zod';
import { hull, outlines } from '../convert.ts';
import type { Dataset } from '../format.ts';
import { type Annotation, type AnnotationType, objectOf, type Size } from '../model/index.ts';
import { polygonCounts } from '../polygons.ts';
import { defineTransform, mapAnnotations, type Transform } from './transform.ts';

type Shape = Extract<Annotation, { zOrder: number }>;

const common = ({ id, group, label, attributes, zOrder }: Shape) => ({
  id,
  group,
  label,
  attributes,
  zOrder,
});

function toBox(shape: Shape): readonly Annotation[] {
  const bounds = hull(shape);
  return bounds === null ? [] : [{ ...common(shape), type: 'box', ...bounds }];
}

const toPolygons = (shape: Shape): readonly Annotation[] =>
  outlines(shape).map((points) => ({ ...common(shape), type: 'polygon', points }));

/** Without the picture's size, a shape stays what it is: a mask is as large as its picture. */
function toMask(shape: Shape, size: Size | null): readonly Annotation[] {
  if (size === null) return [shape];
  return outlines(shape).map((ring) => ({
    ...common(shape),
    type: 'mask',
    ...size,
    counts: polygonCounts(ring, size.width, size.height),
  }));
}

/**
 * A transform that turns shapes of some types into others, one by one; ids, groups and attributes stay. Where an object has
 * a part of the new type already, that stands for the others: else each object of COCO's would be there twice.
 */
function shapeTransform(
  name: string,
  description: string,
  from: readonly AnnotationType[],
  to: AnnotationType,
  convert: (shape: Shape, size: Size | null) => readonly Annotation[],
): Transform {
  return defineTransform({
    name,
    about: 'annotations',
    description,
    options: z.strictObject({}),
    apply: (dataset: Dataset) =>
      mapAnnotations(dataset, (annotations, { media }) => {
        const done = new Set(annotations.filter(({ type }) => type === to).map(objectOf));
        done.delete(0);
        return annotations.flatMap((annotation) => {
          if (!('zOrder' in annotation) || !from.includes(annotation.type)) return [annotation];
          return done.has(objectOf(annotation)) ? [] : convert(annotation, media?.size ?? null);
        });
      }),
  });
}

/** Conversions between kinds of shapes, as Datumaro's transforms of these names. */
export const shapeTransforms: readonly Transform[] = [
  shapeTransform(
    'shapes_to_boxes',
    'Turns outlines, lines, masks, points and ellipses into the boxes around them.',
    ['mask', 'polygon', 'polyline', 'points', 'ellipse', 'rotated_box'],
    'box',
    toBox,
  ),
  shapeTransform(
    'boxes_to_polygons',
    'Turns boxes into outlines of four corners.',
    ['box', 'rotated_box'],
    'polygon',
    toPolygons,
  ),
  shapeTransform('boxes_to_masks', 'Turns boxes into masks.', ['box', 'rotated_box'], 'mask', toMask),
  shapeTransform(
    'polygons_to_masks',
    'Turns outlines and ellipses into masks.',
    ['polygon', 'ellipse'],
    'mask',
    toMask,
  ),
  shapeTransform(
    'masks_to_polygons',
    'Turns masks into outlines along the edges of their pixels, one for each part.',
    ['mask'],
    'polygon',
    toPolygons,
  ),
];
