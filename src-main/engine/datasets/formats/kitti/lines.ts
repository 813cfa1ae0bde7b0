import { type Annotation, type AttributeValue, numberOf } from '../../model/index.ts';
import { boxBetween, plainShape } from '../common/read.ts';

/** KITTI's own text for three dimensions that are not known, and the one that Datumaro writes. */
const unknown = [
  [-10, -1, -1, -1, -1000, -1000, -1000, -10],
  [-1, -1, -1, -1, -1, -1, -1, -1],
];

export interface KittiLine {
  readonly name: string;
  /** The fourteen or fifteen numbers behind the name. */
  readonly values: readonly number[];
}

/** Splits a line at the end of the class's name, which Datumaro writes with its spaces but can't read. */
export function splitLine(line: string): KittiLine | null {
  const words = line.trim().split(/\s+/);
  for (const count of [15, 14]) {
    const values = words.slice(-count).map(numberOf);
    if (words.length > count && values.every(Number.isFinite)) {
      return { name: words.slice(0, -count).join(' '), values };
    }
  }
  return null;
}

/**
 * `name truncated occluded alpha left top right bottom height width length x y z rotation_y [score]`. Of truncation and
 * occlusion, 0 and 1 are taken for no and yes; degrees between and above stay numbers, which Datumaro drops.
 */
export function toBox({ values }: KittiLine, label: number, index: number): Annotation {
  const [truncated, occluded, alpha, left, top, right, bottom] = values as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const flag = (value: number): AttributeValue => (value === 0 ? false : value === 1 ? true : value);
  const attributes = new Map<string, AttributeValue>([
    ['truncated', flag(truncated)],
    ['occluded', flag(occluded)],
  ]);
  const space = [alpha, ...values.slice(7, 14)];
  if (!unknown.some((none) => none.every((value, at) => value === space[at]))) {
    attributes.set('alpha', alpha);
    attributes.set('dimensions', values.slice(7, 10));
    attributes.set('location', values.slice(10, 13));
    attributes.set('rotation_y', values[13]!);
  }
  if (values.length > 14) attributes.set('score', values[14]!);
  return boxBetween(plainShape(label, attributes, index), left, top, right, bottom);
}

/** The inverse of {@link toBox}. */
export function boxLine(box: Extract<Annotation, { type: 'box' }>, name: string): string {
  const number = (key: string, fallback: number): number => {
    const value = box.attributes.get(key);
    if (typeof value === 'boolean') return value ? 1 : 0;
    const read = numberOf(value);
    return Number.isFinite(read) ? read : fallback;
  };
  const triple = (key: string, fallback: number): readonly number[] => {
    const value = box.attributes.get(key);
    const read = Array.isArray(value) ? value.map(numberOf) : [];
    return read.length === 3 && read.every(Number.isFinite) ? read : [fallback, fallback, fallback];
  };
  const words = [
    name,
    number('truncated', 0),
    Math.trunc(number('occluded', 0)),
    number('alpha', -10),
    box.x,
    box.y,
    box.x + box.width,
    box.y + box.height,
    ...triple('dimensions', -1),
    ...triple('location', -1000),
    number('rotation_y', -10),
  ];
  if (box.attributes.has('score')) words.push(number('score', 1));
  return words.join(' ');
}
