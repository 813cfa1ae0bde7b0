import { compressCounts, expandCounts } from '../../masks.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  attributesOf,
  fault,
  field,
  isRecord,
  numberOf,
  toRecord,
  type Visibility,
  wholeOf,
  without,
} from '../../model/index.ts';

type Fields = Readonly<Record<string, unknown>>;

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(numberOf) : []);

/** Three numbers, or NaN that the check then finds. */
const triple = (value: unknown): readonly [number, number, number] => {
  const [x, y, z] = numbers(value);
  return [x ?? Number.NaN, y ?? Number.NaN, z ?? Number.NaN];
};

/** Reads one entry of an item's `annotations`, or says what is wrong with it. */
export function parseAnnotation(fields: Fields, labels: number): Annotation | string {
  const type = field(fields, 'type');
  const given = field(fields, 'label_id');
  const label = given === null || given === undefined ? null : wholeOf(given, -1);
  if (label !== null && (label < 0 || label >= labels)) return 'there is no class of this number';
  const common = {
    id: wholeOf(field(fields, 'id'), 0),
    group: wholeOf(field(fields, 'group'), 0),
    attributes: joinObject(
      attributesOf(field(fields, 'attributes')),
      wholeOf(field(fields, 'object_id'), -1),
    ),
  };
  const shape = { ...common, label, zOrder: wholeOf(field(fields, 'z_order'), 0) };
  const made = parseShape(type, fields, common, shape);
  return typeof made === 'string' ? made : (fault(made) ?? made);
}

type Common = Pick<Annotation, 'id' | 'group' | 'attributes'>;

function parseShape(
  type: unknown,
  fields: Fields,
  common: Common,
  shape: Common & { label: number | null; zOrder: number },
): Annotation | string {
  const points = numbers(field(fields, 'points'));
  switch (type) {
    case 'bbox': {
      const [x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = numbers(
        field(fields, 'bbox'),
      );
      return { ...shape, type: 'box', x, y, width, height };
    }
    case 'polygon':
    case 'polyline':
      return { ...shape, type, points };
    case 'points': {
      const seen = numbers(field(fields, 'visibility'));
      const visibility = Array.from({ length: points.length >> 1 }, (_, index): Visibility => {
        const value = seen[index] ?? 2;
        return value === 0 || value === 1 ? value : 2;
      });
      return { ...shape, type, points, visibility };
    }
    case 'cuboid_2d': {
      // Corners are pairs here and nowhere else.
      const corners = field(fields, 'points');
      return { ...shape, type, points: Array.isArray(corners) ? corners.flatMap(numbers) : [] };
    }
    case 'ellipse': {
      const [left = Number.NaN, top = Number.NaN, right = Number.NaN, bottom = Number.NaN] = points;
      return { ...shape, type, x: left, y: top, width: right - left, height: bottom - top };
    }
    case 'mask': {
      const runs = field(fields, 'rle');
      const text = isRecord(runs) ? field(runs, 'counts') : undefined;
      const counts = typeof text === 'string' ? expandCounts(text) : numbers(text);
      const [height, width] = numbers(isRecord(runs) ? field(runs, 'size') : undefined);
      if (counts === null) return 'the run lengths are damaged';
      return { ...shape, type, width: width ?? Number.NaN, height: height ?? Number.NaN, counts };
    }
    case 'cuboid_3d': {
      const { zOrder: _, ...labelled } = shape;
      const [position, rotation, scale] = ['position', 'rotation', 'scale'].map((n) =>
        triple(field(fields, n)),
      );
      return { ...labelled, type, position: position!, rotation: rotation!, scale: scale! };
    }
    case 'label':
      if (shape.label === null) return 'a label without a class';
      return { ...common, type, label: shape.label };
    case 'caption': {
      const text = field(fields, 'caption');
      return typeof text === 'string' ? { ...common, type, text } : 'the caption is missing';
    }
    default:
      return typeof type === 'string'
        ? `annotations of the type ${type} are not known`
        : 'the annotation has no type';
  }
}

/** Datumaro has a number for an object in several pictures beside the attributes; here it is one of them. */
export function joinObject(attributes: Map<string, AttributeValue>, object: number): Attributes {
  if (object >= 0) attributes.set(objectId, object);
  return attributes;
}

/** The inverse of {@link joinObject}; -1 is no object. */
export function splitObject(attributes: Attributes): { readonly rest: Attributes; readonly object: number } {
  const object = attributes.get(objectId);
  const numbered = typeof object === 'number' && Number.isInteger(object) && object >= 0 && object < 2 ** 31;
  return numbered ? { rest: without(attributes, objectId), object } : { rest: attributes, object: -1 };
}

const objectId = 'object_id';

/** The inverse of {@link parseAnnotation}, for the types that Datumaro's JSON has. */
export function toFields(annotation: Annotation): Record<string, unknown> {
  const { rest, object } = splitObject(annotation.attributes);
  const fields: Record<string, unknown> = {
    id: annotation.id,
    type: annotation.type === 'box' ? 'bbox' : annotation.type,
    attributes: toRecord(rest),
    group: annotation.group,
  };
  if (object >= 0) fields['object_id'] = object;
  if ('label' in annotation) fields['label_id'] = annotation.label;
  if ('zOrder' in annotation) fields['z_order'] = annotation.zOrder;
  switch (annotation.type) {
    case 'box':
      fields['bbox'] = [annotation.x, annotation.y, annotation.width, annotation.height];
      break;
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      fields['points'] = [x, y, x + width, y + height];
      break;
    }
    case 'polygon':
    case 'polyline':
      fields['points'] = annotation.points;
      break;
    case 'cuboid_2d':
      fields['points'] = Array.from({ length: 8 }, (_, at) => annotation.points.slice(2 * at, 2 * at + 2));
      break;
    case 'points':
      fields['points'] = annotation.points;
      fields['visibility'] = annotation.visibility;
      break;
    case 'mask':
      fields['rle'] = {
        counts: compressCounts(annotation.counts),
        size: [annotation.height, annotation.width],
      };
      break;
    case 'cuboid_3d':
      fields['position'] = annotation.position;
      fields['rotation'] = annotation.rotation;
      fields['scale'] = annotation.scale;
      break;
    case 'caption':
      fields['caption'] = annotation.text;
      break;
  }
  return fields;
}

/** Datumaro's number for a set of point clouds; pictures are 2. */
export const pointClouds = 6;
