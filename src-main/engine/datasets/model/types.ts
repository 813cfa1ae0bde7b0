import { annotationKinds } from '../../../contract/datasets.ts';

/**
 * The neutral form of a dataset: what every format is read into and written from.
 *
 * Lengths are pixels of the picture as a viewer shows it (turned by EXIF), from its upper left corner, x before y.
 * They are not clipped to the picture and not rounded.
 */

/** What an attribute can hold. Types are kept: `4` and `'4'` are two values. */
export type AttributeValue = string | number | boolean | null | readonly AttributeValue[];

/** A map and not an object: a name such as `__proto__` out of a file is a name like any other. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

export const noAttributes: Attributes = new Map();

export interface Common {
  /** Number in the source. Not unique: the parts of one object share it. 0 where the format has none. */
  readonly id: number;
  /** Annotations of one item with the same group belong together; 0 is no group. See {@link objectOf}. */
  readonly group: number;
  readonly attributes: Attributes;
}

interface Labelled extends Common {
  /** Index into {@link Categories.labels}, or null for a shape without a class. */
  readonly label: number | null;
}

interface Shape extends Labelled {
  /** Higher lies above. */
  readonly zOrder: number;
}

export interface Box extends Shape {
  readonly type: 'box';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface RotatedBox extends Shape {
  readonly type: 'rotated_box';
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  /** Degrees, clockwise on the screen. */
  readonly angle: number;
}

/** One closed ring; an object of several parts is several polygons with one group. */
export interface Polygon extends Shape {
  readonly type: 'polygon';
  /** x0, y0, x1, y1, … */
  readonly points: readonly number[];
}

export interface Polyline extends Shape {
  readonly type: 'polyline';
  readonly points: readonly number[];
}

export interface Mask extends Shape {
  readonly type: 'mask';
  readonly width: number;
  readonly height: number;
  /** COCO's run lengths: column by column, starting with pixels outside. They add up to width × height. */
  readonly counts: readonly number[];
}

/** 0 not labelled, 1 labelled but hidden, 2 labelled and seen: COCO's numbers. */
export type Visibility = 0 | 1 | 2;

export interface Points extends Shape {
  readonly type: 'points';
  readonly points: readonly number[];
  /** One per point. */
  readonly visibility: readonly Visibility[];
}

/** The axis-parallel ellipse inside a box. */
export interface Ellipse extends Shape {
  readonly type: 'ellipse';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A cuboid drawn on the picture: eight corners, front face then back face. */
export interface Cuboid2d extends Shape {
  readonly type: 'cuboid_2d';
  readonly points: readonly number[];
}

/** A cuboid in a point cloud: metres, and radians about x, y and z. */
export interface Cuboid3d extends Labelled {
  readonly type: 'cuboid_3d';
  readonly position: readonly [number, number, number];
  readonly rotation: readonly [number, number, number];
  readonly scale: readonly [number, number, number];
}

/** A class for the whole item. */
export interface LabelMark extends Labelled {
  readonly type: 'label';
  readonly label: number;
}

export interface Caption extends Common {
  readonly type: 'caption';
  readonly text: string;
}

export type Annotation =
  | Box
  | RotatedBox
  | Polygon
  | Polyline
  | Mask
  | Points
  | Ellipse
  | Cuboid2d
  | Cuboid3d
  | LabelMark
  | Caption;

/** Room for the numbers of classes beside a group's. */
const mostClasses = 2 ** 20;

/**
 * Tells the objects of an item apart: its annotations with the same number are the parts of one, as COCO's outlines are; 0
 * is one by itself. The parts have one class: a group of several classes, as people put together in CVAT what belongs
 * together, is several objects.
 */
export function objectOf(annotation: Annotation): number {
  const { group } = annotation;
  if (group === 0) return 0;
  return (
    group * mostClasses + ('label' in annotation && annotation.label !== null ? annotation.label + 1 : 0)
  );
}

export const annotationTypes = annotationKinds satisfies readonly Annotation['type'][];
export type AnnotationType = (typeof annotationTypes)[number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Media {
  readonly kind: 'image' | 'point_cloud' | 'video';
  /** Absolute path. The file need not be there: many sets come without their pictures. */
  readonly path: string;
  /** Null where neither the annotations nor the picture say. */
  readonly size: Size | null;
  /** Pictures that go with a point cloud: absolute paths. */
  readonly related?: readonly string[];
}

export interface Item {
  /** The file's name without its ending, with folders in front where the set has them; unique in the subset. */
  readonly id: string;
  /** `default` where the set has no subsets. */
  readonly subset: string;
  readonly media: Media | null;
  readonly attributes: Attributes;
  readonly annotations: readonly Annotation[];
}

export interface LabelCategory {
  readonly name: string;
  /** Name of the class above it, or empty. */
  readonly parent: string;
  /** Attributes that this class declares. */
  readonly attributes: readonly string[];
  /** The number that the source gave it. A COCO file's numbers have gaps, and other tools rely on them. */
  readonly sourceId?: number;
  /** What else the source says of it, by its names there: COCO's `isthing`, LVIS's `synset`. */
  readonly facts?: Attributes;
}

export interface Skeleton {
  readonly points: readonly string[];
  /** Pairs of points that a line joins, counted from 1 as in COCO. */
  readonly joints: readonly (readonly [number, number])[];
  /**
   * For each point the one that it becomes in a picture that is mirrored, counted from 0: of a left eye the right one.
   * Without it, nobody has said.
   */
  readonly mirrored?: readonly number[];
}

export type Colour = readonly [red: number, green: number, blue: number];

export interface Categories {
  readonly labels: readonly LabelCategory[];
  /** Attributes that every class has. */
  readonly attributes: readonly string[];
  /** By label index. */
  readonly skeletons: ReadonlyMap<number, Skeleton>;
  /** Colours of the classes in mask pictures, by label index. */
  readonly colours: ReadonlyMap<number, Colour>;
}

export const noCategories: Categories = {
  labels: [],
  attributes: [],
  skeletons: new Map(),
  colours: new Map(),
};
