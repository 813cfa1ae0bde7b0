import { outlines } from '../convert.ts';
import type { Annotation, AnnotationType, Attributes } from '../model/index.ts';

/** An annotation as it is drawn: outlines, points, words. Pixels of the picture. */
export interface Shape {
  readonly type: AnnotationType;
  readonly label: number | null;
  readonly rings: readonly (readonly number[])[];
  readonly points: readonly number[];
  readonly text: string | null;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
}

/** Faces of a cuboid that is drawn on a picture: front, back. */
const faces = [
  [0, 1, 2, 3],
  [4, 5, 6, 7],
];

export function shapeOf(annotation: Annotation): Shape {
  const { type, attributes } = annotation;
  return {
    type,
    label: 'label' in annotation ? annotation.label : null,
    rings: ringsOf(annotation),
    points: type === 'points' || type === 'polyline' ? annotation.points : [],
    text: type === 'caption' ? annotation.text : null,
    attributes: valuesOf(attributes),
  };
}

/** Values as a person reads them. */
export const valuesOf = (named: Attributes): Shape['attributes'] =>
  [...named].map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));

function ringsOf(annotation: Annotation): readonly (readonly number[])[] {
  if (annotation.type !== 'cuboid_2d') return outlines(annotation);
  const { points } = annotation;
  return faces.map((corners) => corners.flatMap((corner) => points.slice(2 * corner, 2 * corner + 2)));
}
