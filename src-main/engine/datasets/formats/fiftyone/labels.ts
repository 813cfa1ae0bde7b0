import { inflateSync } from 'node:zlib';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  attributeValue,
  field,
  isRecord,
  numberOf,
  type Size,
  type Visibility,
} from '../../model/index.ts';
import { placedCounts } from '../common/masks.ts';
import { numbersOf } from '../common/npy.ts';
import { boxBetween, plainShape } from '../common/read.ts';

export type Fields = Readonly<Record<string, unknown>>;

const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Fields of a label that are no attributes. */
const own = new Set([
  ...[
    '_id',
    '_cls',
    'id',
    'label',
    'bounding_box',
    'mask',
    'mask_path',
    'points',
    'closed',
    'filled',
    'attributes',
  ],
  ...['tags', 'confidence', 'index', 'logits'],
]);

/** The labels in a field of a sample by what they are; null for a field of something else. */
export function labelsIn(
  value: unknown,
): { readonly kind: string; readonly labels: readonly Fields[] } | null {
  if (!isRecord(value)) return null;
  const kind = String(field(value, '_cls') ?? '');
  const inner = {
    Detections: 'detections',
    Polylines: 'polylines',
    Keypoints: 'keypoints',
    Classifications: 'classifications',
  };
  if (Object.hasOwn(inner, kind)) {
    const name = inner[kind as keyof typeof inner];
    return { kind: kind.slice(0, -1), labels: list(field(value, name)) };
  }
  const single = ['Detection', 'Polyline', 'Keypoint', 'Classification'];
  return single.includes(kind) ? { kind, labels: [value] } : null;
}

/** Labels that FiftyOne has and nothing here holds. */
export const isOtherLabel = (value: unknown): boolean =>
  isRecord(value) &&
  /^(Segmentation|Heatmap|Regression|GeoLocations?|TemporalDetections?)$/.test(String(field(value, '_cls')));

/** What a label says besides its class and place: `confidence` is the score, and `index` of a video the track. */
export function attributesIn(label: Fields): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const [name, given] of attributesOf(field(label, 'attributes'))) {
    // Attributes of old versions are objects with a value each.
    const old = field(label, 'attributes');
    const entry = isRecord(old) ? field(old, name) : undefined;
    attributes.set(name, isRecord(entry) ? attributeValue(field(entry, 'value')) : given);
  }
  for (const [name, value] of attributesOf(label))
    if (!own.has(name) && value !== null) attributes.set(name, value);
  const score = field(label, 'confidence');
  if (typeof score === 'number') attributes.set('score', score);
  const index = field(label, 'index');
  if (typeof index === 'number') attributes.set('track_id', index);
  const tags = field(label, 'tags');
  if (Array.isArray(tags) && tags.length > 0) attributes.set('tags', tags.map(attributeValue));
  return attributes;
}

/** Places are parts of the picture's sides. */
export function toAnnotations(
  kind: string,
  label: Fields,
  number: number | null,
  size: Size | null,
): Annotation[] | string {
  const attributes = attributesIn(label);
  if (kind === 'Classification')
    return number === null
      ? 'a classification without a class'
      : [{ type: 'label', id: 0, group: 0, label: number, attributes }];
  if (size === null) return "without the picture's size no place is known: it is in parts of the sides";
  const shape = plainShape(number, attributes);
  switch (kind) {
    case 'Detection': {
      const box = field(label, 'bounding_box');
      const [x, y, width, height] = Array.isArray(box) && box.length === 4 ? box.map(numberOf) : [];
      if (x === undefined) return 'a bounding box has four numbers';
      const [left, top] = [x * size.width, y! * size.height];
      const made = boxBetween(shape, left, top, left + width! * size.width, top + height! * size.height);
      const counts = maskOf(field(label, 'mask'), made, size);
      if (typeof counts === 'string') return counts;
      if (counts === null) return [made];
      return [made, { ...shape, type: 'mask', ...size, counts }];
    }
    case 'Polyline': {
      const closed = field(label, 'closed') === true || field(label, 'filled') === true;
      const given = field(label, 'points');
      return (Array.isArray(given) ? given : []).map((ring): Annotation => {
        const points = scaled(ring, size);
        return closed ? { ...shape, type: 'polygon', points } : { ...shape, type: 'polyline', points };
      });
    }
    default: {
      const points = scaled(field(label, 'points'), size);
      const visibility = points.flatMap((_, at): Visibility[] =>
        at % 2 === 1 ? [] : [Number.isFinite(points[at]) ? 2 : 0],
      );
      // A point that isn't there is NaN, which JSON has as null.
      return [
        {
          ...shape,
          type: 'points',
          points: points.map((value) => (Number.isFinite(value) ? value : 0)),
          visibility,
        },
      ];
    }
  }
}

const scaled = (given: unknown, size: Size): number[] =>
  (Array.isArray(given) ? given : []).flatMap((point: unknown) =>
    Array.isArray(point)
      ? [numberOf(point[0]) * size.width, numberOf(point[1]) * size.height]
      : [Number.NaN, Number.NaN],
  );

/** Most bytes of a mask, unpacked. */
const mostBytes = 2 ** 28;

/** The pixels of a mask in a box: an array of NumPy's, packed by zlib, in base64. Null where there is none. */
function maskOf(
  value: unknown,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  size: Size,
): number[] | null | string {
  const binary = isRecord(value) ? field(value, '$binary') : value;
  const text = isRecord(binary) ? field(binary, 'base64') : binary;
  if (text === undefined || text === null) return null;
  if (typeof text !== 'string') return 'a mask is no text';
  try {
    const { shape, at } = numbersOf(inflateSync(Buffer.from(text, 'base64'), { maxOutputLength: mostBytes }));
    const [rows = 0, columns = 0] = shape;
    const [width, height] = [Math.max(1, Math.round(box.width)), Math.max(1, Math.round(box.height))];
    const bitmap = new Uint8Array(width * height);
    for (let y = 0; y < height; y += 1) {
      const row = Math.min(rows - 1, Math.floor(((y + 0.5) * rows) / height));
      for (let x = 0; x < width; x += 1) {
        const column = Math.min(columns - 1, Math.floor(((x + 0.5) * columns) / width));
        bitmap[y * width + x] = at(row, column) === 0 ? 0 : 1;
      }
    }
    return placedCounts({ width, height, bitmap }, [Math.round(box.x), Math.round(box.y)], size);
  } catch {
    return 'a mask is damaged';
  }
}
