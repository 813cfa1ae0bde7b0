import {
  type Annotation,
  type AttributeValue,
  attributeValue,
  field,
  isRecord,
  numberOf,
} from '../../model/index.ts';
import { boxBetween, type plainShape } from '../common/read.ts';
import type { Declared, Fields } from './files.ts';

type Shape = ReturnType<typeof plainShape>;

/** How many corners the outline of a turned ellipse gets. */
const ellipseCorners = 72;

/** A region's annotation, or why there is none. `note` is told what is otherwise than it was. */
export function parseRegion(
  fields: Fields,
  shape: Shape,
  note: (reason: string) => void,
): Annotation | string {
  const number = (name: string): number => numberOf(field(fields, name));
  const name = field(fields, 'name');
  switch (name) {
    case 'rect': {
      const [x, y] = [number('x'), number('y')];
      return boxBetween(shape, x, y, x + number('width'), y + number('height'));
    }
    case 'circle':
      return ellipse(shape, number('cx'), number('cy'), number('r'), number('r'), 0, note);
    case 'ellipse': {
      const theta = field(fields, 'theta') === undefined ? 0 : number('theta');
      return ellipse(shape, number('cx'), number('cy'), number('rx'), number('ry'), theta, note);
    }
    case 'point':
      return { ...shape, type: 'points', points: [number('cx'), number('cy')], visibility: [2] };
    case 'polygon': {
      const points = pointsIn(fields);
      return { ...shape, type: 'polygon', points: isClosed(points) ? points.slice(0, -2) : points };
    }
    case 'polyline':
      return { ...shape, type: 'polyline', points: pointsIn(fields) };
    default:
      return `regions of the shape ${String(name)} are not known`;
  }
}

/** Whether the first corner is repeated at the end, as version 1 does. */
export const isClosed = (points: readonly number[]): boolean =>
  points.length > 6 && points[0] === points.at(-2) && points[1] === points.at(-1);

function pointsIn(fields: Fields): number[] {
  const [xs, ys] = ['all_points_x', 'all_points_y'].map((name) => field(fields, name));
  if (!Array.isArray(xs) || !Array.isArray(ys) || xs.length !== ys.length) return [Number.NaN];
  return xs.flatMap((x: unknown, at) => [numberOf(x), numberOf(ys[at])]);
}

/** @param theta by how much it is turned clockwise, in radians. */
function ellipse(
  shape: Shape,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  theta: number,
  note: (reason: string) => void,
): Annotation {
  if (theta === 0 || rx === ry || !Number.isFinite(theta)) {
    return { ...shape, type: 'ellipse', x: cx - rx, y: cy - ry, width: 2 * rx, height: 2 * ry };
  }
  note('a turned ellipse became its outline');
  const [cosine, sine] = [Math.cos(theta), Math.sin(theta)];
  const points = Array.from({ length: ellipseCorners }, (_, corner) => {
    const turn = (2 * Math.PI * corner) / ellipseCorners;
    const [x, y] = [rx * Math.cos(turn), ry * Math.sin(turn)];
    return [cx + x * cosine - y * sine, cy + x * sine + y * cosine];
  });
  return { ...shape, type: 'polygon', points: points.flat() };
}

/** What VIA's users call the attribute that is the class, the likeliest first; without blanks, in small letters. */
const classNames = [
  ...['class', 'classname', 'label', 'labelname', 'category', 'categoryname', 'object', 'objectname'],
  ...['objectclass', 'objecttype', 'name', 'type', 'tag', 'species'],
];

/** What files call theirs: a picture's `name` or `type` mostly is something else. */
export const isFileClass = (name: string): boolean => classNames.slice(0, 6).includes(plainName(name));

/** What is said of one region and no class, whatever else there is. */
const noClass =
  /^(text|transcription|ocr|caption|description|comment|notes?|remarks?|.*id|number|quality|score)$/;

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/**
 * The attribute that is the class: the one that is called so, else the only one, else the only one with a list of options.
 * Undefined where none is.
 *
 * @param names of the attributes that have a value anywhere.
 */
export function classAttribute(
  names: ReadonlySet<string>,
  declared: Declared['regions'],
): string | undefined {
  const all = [...new Set([...names, ...declared.keys()])];
  for (const wanted of classNames) {
    const found = all.find((name) => plainName(name) === wanted);
    if (found !== undefined) return found;
  }
  const possible = all.filter((name) => !noClass.test(plainName(name)));
  const listed = possible.filter((name) => (declared.get(name) ?? null) !== null);
  const [only, another] = listed.length > 0 ? listed : possible;
  return another === undefined ? only : undefined;
}

/** The classes that a value of an attribute names: one, or those of a list of boxes that are ticked. */
export function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (typeof value === 'number') return [String(value)];
  const ticked = tickedIn(value);
  return ticked ?? (Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []);
}

/** The names of boxes that are ticked; null where it is no list of boxes. */
function tickedIn(value: unknown): string[] | null {
  if (!isRecord(value)) return null;
  const entries = Object.entries(value);
  if (!entries.every(([, set]) => typeof set === 'boolean')) return null;
  return entries.filter(([, set]) => set === true).map(([name]) => name);
}

/** Attributes but the class; ticked boxes are a list. What is empty says nothing. */
export function attributesBut(fields: Fields, but: string | undefined): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const [name, given] of Object.entries(fields)) {
    const value = tickedIn(given) ?? attributeValue(given);
    const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
    if (name !== but && !isEmpty) attributes.set(name, value);
  }
  return attributes;
}
