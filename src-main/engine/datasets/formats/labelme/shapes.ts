import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  field,
  isRecord,
  numberOf,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { placedCounts, readBitmap } from '../common/masks.ts';
import { boxBetween } from '../common/read.ts';
import { fromCorners } from '../yolo/lines.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a shape that are no attributes. */
const own = new Set([
  'label',
  'points',
  'group_id',
  'shape_type',
  'flags',
  'mask',
  'attributes',
  'other_data',
  'direction',
]);

/** A class and a shape; a string says what is wrong. */
export async function parseShape(
  fields: Fields,
  labelOf: (name: string) => number | undefined,
  size: Size | null,
): Promise<Annotation | string> {
  const name = field(fields, 'label');
  const label = typeof name === 'string' && name !== '' ? labelOf(name) : null;
  if (label === undefined) return 'the class is not known';
  const group = field(fields, 'group_id');
  const attributes = new Map<string, AttributeValue>();
  for (const [key, value] of attributesOf(fields)) {
    // What is empty is what tools write where nothing was said.
    const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
    if (!own.has(key) && !empty) attributes.set(key, value);
  }
  for (const source of ['flags', 'other_data', 'attributes']) {
    for (const [key, value] of attributesOf(field(fields, source))) attributes.set(key, value);
  }
  // Numbers of groups start at 0 in labelme, and 0 is no group here.
  const number = group === null || group === undefined ? 0 : wholeOf(group, -1) + 1;
  const shape = { id: 0, group: number, label, attributes, zOrder: 0 };
  const given = field(fields, 'points');
  const points = (Array.isArray(given) ? given : []).flatMap((point: unknown) =>
    Array.isArray(point) ? [numberOf(point[0]), numberOf(point[1])] : [Number.NaN, Number.NaN],
  );
  const type = field(fields, 'shape_type') ?? 'polygon';
  const needs = type === 'rectangle' || type === 'circle' || type === 'mask' ? 4 : 2;
  if (points.length < needs) return 'the shape has too few points';
  const [x0, y0, x1, y1] = points as [number, number, number, number];
  switch (type) {
    case 'polygon':
      return { ...shape, type: 'polygon', points };
    case 'rectangle':
      // X-AnyLabeling gives all four corners.
      return points.length === 8
        ? boxBetween(shape, x0, y0, points[4]!, points[5]!)
        : boxBetween(shape, x0, y0, x1, y1);
    case 'rotation':
    case 'oriented_rectangle':
      if (points.length !== 8) return 'a rotated rectangle without four corners';
      return fromCorners(points, shape);
    case 'circle': {
      const radius = Math.hypot(x1 - x0, y1 - y0);
      return {
        ...shape,
        type: 'ellipse',
        x: x0 - radius,
        y: y0 - radius,
        width: 2 * radius,
        height: 2 * radius,
      };
    }
    case 'line':
    case 'linestrip':
      return { ...shape, type: 'polyline', points };
    case 'point':
    case 'points': {
      const visibility = points.filter((_, at) => at % 2 === 0).map(() => 2 as const);
      return { ...shape, type: 'points', points, visibility };
    }
    case 'mask':
      return parseMask(field(fields, 'mask'), shape, [x0, y0, x1, y1], size);
    default:
      return `shapes of the type ${String(type)} are not known`;
  }
}

/** Most characters of a mask in text. */
const mostText = 64 * 1024 * 1024;

/** A PNG in base64 of what is inside of a box, whose corners are the first and the last pixel. */
async function parseMask(
  text: unknown,
  shape: {
    id: number;
    group: number;
    label: number | null;
    attributes: Map<string, AttributeValue>;
    zOrder: number;
  },
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  size: Size | null,
): Promise<Annotation | string> {
  if (size === null) return "a mask in a picture whose size isn't given";
  if (typeof text !== 'string' || text.length > mostText) return 'the mask is missing or too large';
  const [left, top] = [Math.round(Math.min(x0, x1)), Math.round(Math.min(y0, y1))];
  try {
    const bitmap = await readBitmap(Buffer.from(text, 'base64'), null);
    return { ...shape, type: 'mask', ...size, counts: placedCounts(bitmap, [left, top], size) };
  } catch {
    return 'the mask is no picture';
  }
}

/** Whether something is an object with shapes, as every file of labelme's is. */
export const isLabelme = (value: unknown): value is Fields =>
  isRecord(value) && Array.isArray(field(value, 'shapes'));
