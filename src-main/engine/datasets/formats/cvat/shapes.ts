import { outlines } from '../../convert.ts';
import type { XmlElement } from '../../files/xml.ts';
import { escapeXml } from '../../files/xml.ts';
import { boundsOf, countsFromRows, decodeBitmap, encodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  fault,
  flagOf,
  type LabelCategory,
  type Mask,
  numberOf,
  type Size,
  type Skeleton,
  type Visibility,
  wholeOf,
} from '../../model/index.ts';
import { hasOrigin, originOf } from './facts.ts';
import { isSkeleton, pointLines } from './skeletons.ts';

/** Corners of a cuboid as CVAT names them: left and right edges of the front, then of the back, top before bottom. */
const cuboidCorners = ['tl1', 'bl1', 'tr1', 'br1', 'tl2', 'bl2', 'tr2', 'br2'];

/** `x,y;x,y;…` */
const pointsOf = (text: string | undefined): number[] =>
  (text ?? '').split(';').flatMap((pair) => {
    const [x, y] = pair.split(',');
    return [numberOf(x), numberOf(y)];
  });

function attributesOf(element: XmlElement): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  if (element.name !== 'tag') attributes.set('occluded', element.attributes.get('occluded') === '1');
  const origin = originOf(element);
  if (origin !== undefined) attributes.set('source', origin);
  for (const child of element.children) {
    const name = child.attributes.get('name');
    if (child.name !== 'attribute' || name === undefined) continue;
    attributes.set(name, child.text === 'true' ? true : child.text === 'false' ? false : child.text);
  }
  return attributes;
}

/** The classes of a file. */
export interface Labels {
  /** @param shape of it, as several may have one name. */
  find(name: string, shape: XmlElement): number | undefined;
  /** Names of the points of those that are skeletons. */
  readonly points: ReadonlyMap<number, readonly string[]>;
}

/** Reads a shape or tag of an image; a string says what is wrong. */
export function parseShape(element: XmlElement, labels: Labels, size: Size | null): Annotation | string {
  const label = labels.find(element.attributes.get('label') ?? '', element);
  if (label === undefined) return 'the class is not in the list of classes';
  const attributes = attributesOf(element);
  const group = wholeOf(element.attributes.get('group_id'), 0);
  if (element.name === 'tag') return { type: 'label', id: 0, group, label, attributes };
  const zOrder = wholeOf(element.attributes.get('z_order'), 0);
  if (element.name === 'skeleton') {
    const made = parseSkeleton(element, labels.points.get(label) ?? []);
    const whole: Annotation = { type: 'points', id: 0, group, label, attributes, zOrder, ...made };
    return fault(whole) ?? whole;
  }
  const made = parseGeometry(element, { id: 0, group, label, attributes, zOrder }, size);
  return typeof made === 'string' ? made : (fault(made) ?? made);
}

/** Points by their names, in the order of the class. One that is outside is not labelled, an occluded one is hidden. */
function parseSkeleton(
  element: XmlElement,
  names: readonly string[],
): { readonly points: number[]; readonly visibility: Visibility[] } {
  const points: number[] = [];
  const visibility: Visibility[] = [];
  for (const name of names) {
    const part = element.children.find(
      (entry) => entry.name === 'points' && entry.attributes.get('label') === name,
    );
    const [x = Number.NaN, y = Number.NaN] = pointsOf(part?.attributes.get('points'));
    const outside = part === undefined || part.attributes.get('outside') === '1';
    points.push(part === undefined ? 0 : x, part === undefined ? 0 : y);
    visibility.push(outside ? 0 : part.attributes.get('occluded') === '1' ? 1 : 2);
  }
  return { points, visibility };
}

/** Points have attributes in CVAT, and none here. */
const hasPointAttributes = ({ name, children }: XmlElement): boolean =>
  name === 'skeleton' && children.some((part) => part.name === 'points' && part.children.length > 0);

function parseGeometry(
  element: XmlElement,
  common: {
    id: number;
    group: number;
    label: number;
    attributes: Map<string, AttributeValue>;
    zOrder: number;
  },
  size: Size | null,
): Annotation | string {
  const number = (name: string): number => numberOf(element.attributes.get(name));
  const angle = element.attributes.has('rotation') ? number('rotation') : 0;
  switch (element.name) {
    case 'box': {
      const x = number('xtl');
      const y = number('ytl');
      const width = number('xbr') - x;
      const height = number('ybr') - y;
      if (angle === 0) return { ...common, type: 'box', x, y, width, height };
      const centre = { centreX: x + width / 2, centreY: y + height / 2 };
      return { ...common, type: 'rotated_box', ...centre, width, height, angle };
    }
    case 'polygon':
    case 'polyline':
      return { ...common, type: element.name, points: pointsOf(element.attributes.get('points')) };
    case 'points': {
      const points = pointsOf(element.attributes.get('points'));
      return {
        ...common,
        type: 'points',
        points,
        visibility: points.filter((_, i) => i % 2 === 0).map(() => 2),
      };
    }
    case 'ellipse': {
      const [cx, cy, rx, ry] = [number('cx'), number('cy'), number('rx'), number('ry')];
      const ellipse = { x: cx - rx, y: cy - ry, width: 2 * rx, height: 2 * ry };
      const upright: Annotation = { ...common, type: 'ellipse', ...ellipse };
      if (angle === 0 || rx === ry) return upright;
      return { ...common, type: 'polygon', points: turned(outlines(upright)[0]!, cx, cy, angle) };
    }
    case 'cuboid': {
      const points = cuboidCorners.flatMap((corner) => [number(`x${corner}`), number(`y${corner}`)]);
      return { ...common, type: 'cuboid_2d', points };
    }
    case 'mask': {
      if (size === null) return "a mask in a picture whose size isn't given";
      const runs = (element.attributes.get('rle') ?? '').split(',').map(numberOf);
      const window = {
        left: number('left'),
        top: number('top'),
        width: number('width'),
        height: number('height'),
      };
      const sane = Object.values(window).every((value) => Number.isInteger(value) && value >= 0);
      const counts = sane ? countsFromRows(runs, window, size.width, size.height) : null;
      if (counts === null) return 'the run lengths are damaged';
      return { ...common, type: 'mask', width: size.width, height: size.height, counts };
    }
    default:
      return `shapes of the type ${element.name} are not known`;
  }
}

/** Points turned about a centre by degrees, clockwise on the screen. */
function turned(points: readonly number[], centreX: number, centreY: number, degrees: number): number[] {
  const turn = (degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  return points.map((value, at) => {
    const [x, y] =
      at % 2 === 0
        ? [value - centreX, points[at + 1]! - centreY]
        : [points[at - 1]! - centreX, value - centreY];
    return at % 2 === 0 ? centreX + x * cosine - y * sine : centreY + x * sine + y * cosine;
  });
}

/** Whether it is an ellipse that the model has no shape for. */
const isTurnedEllipse = ({ name, attributes }: XmlElement): boolean =>
  name === 'ellipse' &&
  Number(attributes.get('rotation') ?? 0) !== 0 &&
  numberOf(attributes.get('rx')) !== numberOf(attributes.get('ry'));

/** What is not carried of a shape that is read. */
export function lossesOf(element: XmlElement): string[] {
  const losses: string[] = [];
  if (hasPointAttributes(element)) losses.push("the attributes of a skeleton's points have no place");
  if (isTurnedEllipse(element)) losses.push('a turned ellipse is read as an outline');
  return losses;
}

/** Two decimals are CVAT's; four lose nothing that can be seen. */
const text = (value: number): string => String(Math.round(value * 1e4) / 1e4);
const pairs = (points: readonly number[]): string =>
  Array.from(
    { length: points.length >> 1 },
    (_, i) => `${text(points[2 * i]!)},${text(points[2 * i + 1]!)}`,
  ).join(';');

/** The element's name and what it has besides what all have; null for what CVAT has no shape for. */
function geometry(
  annotation: Annotation,
): readonly [name: string, attributes: Record<string, string>] | null {
  switch (annotation.type) {
    case 'box': {
      const { x, y, width, height } = annotation;
      return ['box', { xtl: text(x), ytl: text(y), xbr: text(x + width), ybr: text(y + height) }];
    }
    case 'rotated_box': {
      const { centreX, centreY, width, height, angle } = annotation;
      const box = {
        xtl: text(centreX - width / 2),
        ytl: text(centreY - height / 2),
        xbr: text(centreX + width / 2),
        ybr: text(centreY + height / 2),
        rotation: text(((angle % 360) + 360) % 360),
      };
      return ['box', box];
    }
    case 'polygon':
    case 'polyline':
    case 'points':
      return [annotation.type, { points: pairs(annotation.points) }];
    case 'ellipse': {
      const [rx, ry] = [annotation.width / 2, annotation.height / 2];
      const centre = { cx: text(annotation.x + rx), cy: text(annotation.y + ry) };
      return ['ellipse', { ...centre, rx: text(rx), ry: text(ry) }];
    }
    case 'cuboid_2d': {
      const corners = cuboidCorners.flatMap((corner, index) => [
        [`x${corner}`, text(annotation.points[2 * index]!)],
        [`y${corner}`, text(annotation.points[2 * index + 1]!)],
      ]);
      return ['cuboid', Object.fromEntries(corners)];
    }
    case 'mask':
      return ['mask', maskAttributes(annotation)];
    case 'label':
      return ['tag', {}];
    default:
      return null;
  }
}

/** Runs row by row in the smallest window, as CVAT writes them. */
function maskAttributes(mask: Mask): Record<string, string> {
  const window = boundsOf(mask) ?? { x: 0, y: 0, width: 1, height: 1 };
  const bitmap = decodeBitmap(mask.counts, mask.width, mask.height);
  const turned = new Uint8Array(window.width * window.height);
  for (let y = 0; y < window.height; y += 1) {
    for (let x = 0; x < window.width; x += 1) {
      turned[x * window.height + y] = bitmap[(window.y + y) * mask.width + window.x + x] ?? 0;
    }
  }
  return {
    // The window on its side, read column by column, is the window read row by row.
    rle: encodeBitmap(turned, window.height, window.width).join(', '),
    left: String(window.x),
    top: String(window.y),
    width: String(window.width),
    height: String(window.height),
  };
}

/**
 * Lines for one annotation; null where it can't be written.
 *
 * @param skeleton its class's. @param inTrack whether the class and how it came to be stand in a track around it.
 */
export function shapeLines(
  annotation: Annotation,
  label: LabelCategory,
  skeleton: Skeleton | undefined,
  inTrack: boolean,
): string[] | null {
  const parts = isSkeleton(annotation, skeleton) ? pointLines(annotation, skeleton!, text) : null;
  const shape = parts === null ? geometry(annotation) : (['skeleton', {}] as const);
  if (shape === null) return null;
  const [name, own] = shape;
  const attributes: Record<string, string> = inTrack ? {} : { label: label.name };
  const origin = hasOrigin(annotation, label);
  if (origin) attributes['source'] = String(annotation.attributes.get('source'));
  if (name !== 'tag') {
    attributes['occluded'] = flagOf(annotation.attributes.get('occluded')) === true ? '1' : '0';
    Object.assign(attributes, own);
    attributes['z_order'] = String('zOrder' in annotation ? annotation.zOrder : 0);
  }
  if (annotation.group !== 0) attributes['group_id'] = String(annotation.group);
  const head = Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(value)}"`);
  const lines = [`    <${name} ${head.join(' ')}>`, ...(parts ?? [])];
  for (const [key, value] of annotation.attributes) {
    if ((key === 'occluded' && name !== 'tag') || (key === 'source' && origin)) continue;
    const content = typeof value === 'string' ? value : JSON.stringify(value);
    lines.push(`      <attribute name="${escapeXml(key)}">${escapeXml(content)}</attribute>`);
  }
  lines.push(`    </${name}>`);
  return lines;
}
