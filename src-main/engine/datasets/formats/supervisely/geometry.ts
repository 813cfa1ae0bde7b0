import { deflateSync, inflateSync } from 'node:zlib';
import { sharp } from '../../files/sharp.ts';
import { evenOdd } from '../../masks.ts';
import {
  type Annotation,
  field,
  isRecord,
  type Mask,
  numberOf,
  type RotatedBox,
  type Size,
  type Skeleton,
  type Visibility,
} from '../../model/index.ts';
import { polygonCounts } from '../../polygons.ts';
import { bitmapPng, cutOut, placedCounts } from '../common/masks.ts';
import { boxBetween, type plainShape } from '../common/read.ts';

type Fields = Readonly<Record<string, unknown>>;
type Shape = ReturnType<typeof plainShape>;

/** What an object's geometry becomes. */
export interface Made {
  readonly parts: readonly Annotation[];
  /** What is otherwise than it was. */
  readonly note?: string;
}

/** Most bytes of a mask, unpacked. */
const mostBytes = 64 * 1024 * 1024;

/** Most pixels of a mask. */
const mostPixels = 2 ** 29;

/**
 * The annotations of an object, or why there are none.
 *
 * @param skeleton of the object's class, whose points are the graph's nodes by their keys.
 */
export async function parseGeometry(
  object: Fields,
  shape: Shape,
  size: Size | null,
  skeleton: { readonly keys: readonly string[] } | undefined,
): Promise<Made | string> {
  const type = field(object, 'geometryType') ?? field(object, 'shape') ?? guessed(object);
  const points = field(object, 'points');
  const exterior = coordinates(isRecord(points) ? field(points, 'exterior') : points);
  const [x0 = Number.NaN, y0 = Number.NaN, x1 = Number.NaN, y1 = Number.NaN] = exterior;
  switch (type) {
    case 'rectangle':
      return { parts: [boxBetween(shape, x0, y0, x1, y1)] };
    case 'oriented_bbox': {
      const { x, y, width, height } = boxBetween(shape, x0, y0, x1, y1);
      const angle = (numberOf(field(object, 'angle') ?? 0) * 180) / Math.PI;
      const centre = { centreX: x + width / 2, centreY: y + height / 2 };
      return { parts: [{ ...shape, type: 'rotated_box', ...centre, width, height, angle }] };
    }
    case 'polygon':
      return polygon(shape, exterior, isRecord(points) ? field(points, 'interior') : [], size);
    case 'multipolygon':
      return multipolygon(shape, field(object, 'parts'), size);
    case 'line':
    case 'polyline':
      return { parts: [{ ...shape, type: 'polyline', points: exterior }] };
    case 'point':
      return { parts: [{ ...shape, type: 'points', points: [x0, y0], visibility: [2] }] };
    case 'bitmap':
      return bitmap(shape, field(object, 'bitmap'), false, size);
    case 'alpha_mask':
      return bitmap(shape, field(object, 'alpha_mask') ?? field(object, 'bitmap'), true, size);
    case 'graph':
      return graph(shape, field(object, 'nodes'), skeleton?.keys);
    case 'cuboid':
      return cuboid(shape, exterior);
    default:
      return `a geometry of the type ${String(type)} is not known`;
  }
}

/** Old files have no type: what is in the object says it. */
function guessed(object: Fields): string | undefined {
  if (isRecord(field(object, 'bitmap'))) return 'bitmap';
  return isRecord(field(object, 'nodes')) ? 'graph' : undefined;
}

const coordinates = (value: unknown): number[] =>
  (Array.isArray(value) ? value : []).flatMap((point: unknown) =>
    Array.isArray(point) ? [numberOf(point[0]), numberOf(point[1])] : [Number.NaN, Number.NaN],
  );

const withHoles = 'an outline with holes became a mask: an outline here has none';

function polygon(
  shape: Shape,
  exterior: readonly number[],
  interior: unknown,
  size: Size | null,
): Made | string {
  const holes = Array.isArray(interior) ? interior.map(coordinates).filter((ring) => ring.length >= 6) : [];
  if (holes.length === 0) return { parts: [{ ...shape, type: 'polygon', points: exterior }] };
  if (size === null || [...exterior, ...holes.flat()].some((value) => !Number.isFinite(value))) {
    return 'an outline with holes needs numbers, and a picture whose size is known';
  }
  const rings = [exterior, ...holes].map((ring) => polygonCounts(ring, size.width, size.height));
  return { parts: [{ ...shape, type: 'mask', ...size, counts: evenOdd(rings) }], note: withHoles };
}

function multipolygon(shape: Shape, given: unknown, size: Size | null): Made | string {
  const parts: Annotation[] = [];
  let note: string | undefined;
  for (const part of Array.isArray(given) ? given.filter(isRecord) : []) {
    const made = polygon(shape, coordinates(field(part, 'exterior')), field(part, 'interior'), size);
    if (typeof made === 'string') return made;
    parts.push(...made.parts);
    note ??= made.note;
  }
  if (parts.length === 0) return 'an outline without parts';
  return { parts, ...(note === undefined ? {} : { note }) };
}

/** A PNG, packed by zlib or not, in base64, and where its first pixel is. */
async function bitmap(
  shape: Shape,
  given: unknown,
  isAlpha: boolean,
  size: Size | null,
): Promise<Made | string> {
  if (size === null) return "a mask in a picture whose size isn't given";
  const data = isRecord(given) ? field(given, 'data') : undefined;
  const [origin] = isRecord(given) ? [coordinates([field(given, 'origin')])] : [[]];
  if (typeof data !== 'string' || !origin.every(Number.isFinite)) return 'the mask is missing, or its place';
  try {
    const inner = await insideOf(unpacked(Buffer.from(data, 'base64')));
    const [left, top] = origin.map(Math.round) as [number, number];
    const mask: Annotation = {
      ...shape,
      type: 'mask',
      ...size,
      counts: placedCounts(inner, [left, top], size),
    };
    const note = isAlpha ? 'how opaque a mask is has no place: what can be seen of it is in it' : undefined;
    return { parts: [mask], ...(note === undefined ? {} : { note }) };
  } catch {
    return 'the mask is no picture';
  }
}

const unpacked = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 4).toString('latin1') === '\x89PNG'
    ? bytes
    : inflateSync(bytes, { maxOutputLength: mostBytes });

/** Supervisely goes by how opaque a pixel is, where a mask says that, else by whether it is black. */
async function insideOf(png: Buffer): Promise<Size & { bitmap: Uint8Array }> {
  const picture = sharp(png, { limitInputPixels: mostPixels });
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const hasAlpha = channels === 2 || channels === 4;
  const inner = new Uint8Array(width * height);
  for (let place = 0; place < inner.length; place += 1) {
    const value = data[place * channels + (hasAlpha ? channels - 1 : 0)]!;
    inner[place] = value === 0 ? 0 : 1;
  }
  return { width, height, bitmap: inner };
}

/** Points in the order of their class's; those that are not there have not been labelled. */
function graph(shape: Shape, given: unknown, keys: readonly string[] | undefined): Made | string {
  if (!isRecord(given)) return 'a graph without nodes';
  const points: number[] = [];
  const visibility: Visibility[] = [];
  const named = Object.keys(given);
  const strange = keys === undefined ? [] : named.filter((key) => !keys.includes(key));
  for (const key of keys ?? named) {
    const node = field(given, key);
    const [x, y] = isRecord(node) ? coordinates([field(node, 'loc')]) : [0, 0];
    points.push(x!, y!);
    visibility.push(isRecord(node) ? (field(node, 'disabled') === true ? 1 : 2) : 0);
  }
  if (points.length === 0) return 'a graph without nodes';
  const parts: Annotation[] = [{ ...shape, type: 'points', points, visibility }];
  return {
    parts,
    ...(strange.length === 0 ? {} : { note: 'nodes that the class does not have are left out' }),
  };
}

/** Seven corners of which the eighth, which is behind, follows: Supervisely's faces are 0123, 0451 and 1562. */
function cuboid(shape: Shape, corners: readonly number[]): Made | string {
  if (corners.length !== 14) return 'a cuboid has seven corners';
  const at = (corner: number): readonly [number, number] => [corners[2 * corner]!, corners[2 * corner + 1]!];
  const [[x4, y4], [x5, y5], [x6, y6]] = [at(4), at(5), at(6)];
  return { parts: [{ ...shape, type: 'cuboid_2d', points: [...corners, x4 + x6 - x5, y4 + y6 - y5] }] };
}

const pairs = (points: readonly number[]): [number, number][] =>
  Array.from({ length: points.length >> 1 }, (_, at) => [points[2 * at]!, points[2 * at + 1]!]);

const ring = (points: readonly number[]): object => ({ points: { exterior: pairs(points), interior: [] } });

/** An annotation's geometry and its type; null for what has none, or no pixel. */
export async function geometryOf(
  part: Annotation,
  skeleton: Skeleton | undefined,
): Promise<{ readonly type: string; readonly fields: object } | null> {
  switch (part.type) {
    case 'box':
      return { type: 'rectangle', fields: ring([part.x, part.y, part.x + part.width, part.y + part.height]) };
    case 'rotated_box':
      return { type: 'oriented_bbox', fields: oriented(part) };
    case 'polygon':
      return { type: 'polygon', fields: ring(part.points) };
    case 'polyline':
      return { type: 'line', fields: ring(part.points) };
    case 'points': {
      const isOne = part.visibility.length === 1 && part.visibility[0] === 2 && skeleton === undefined;
      if (isOne) return { type: 'point', fields: ring(part.points) };
      return { type: 'graph', fields: { nodes: nodesOf(part) } };
    }
    case 'mask':
      return maskGeometry(part);
    default:
      return null;
  }
}

function oriented({ centreX, centreY, width, height, angle }: RotatedBox): object {
  const [left, top] = [centreX - width / 2, centreY - height / 2];
  return { points: pairs([left, top, left + width, top + height]), angle: (angle * Math.PI) / 180 };
}

/** The key of a class's node: its place, so that names may be anything. */
export const nodeKey = (index: number): string => String(index);

function nodesOf({
  points,
  visibility,
}: {
  readonly points: readonly number[];
  readonly visibility: readonly Visibility[];
}): object {
  const nodes = visibility.flatMap((seen, index) => {
    if (seen === 0) return [];
    const node = { loc: [points[2 * index]!, points[2 * index + 1]!] };
    return [[nodeKey(index), seen === 1 ? { ...node, disabled: true } : node] as const];
  });
  return Object.fromEntries(nodes);
}

async function maskGeometry(mask: Mask): Promise<{ readonly type: string; readonly fields: object } | null> {
  const cut = cutOut(mask);
  if (cut === null) return null;
  const data = deflateSync(await bitmapPng(cut)).toString('base64');
  return {
    type: 'bitmap',
    fields: { bitmap: { data, origin: [cut.x, cut.y] }, points: { exterior: [], interior: [] } },
  };
}
