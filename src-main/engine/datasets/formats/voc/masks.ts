import { isFile } from '../../files/folder.ts';
import { sharp } from '../../files/sharp.ts';
import { boundsOf, boxOverlap } from '../../masks.ts';
import {
  type Annotation,
  type Box,
  type Categories,
  type Colour,
  type Mask,
  noAttributes,
} from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { vocIndex } from './labels.ts';

interface Numbers {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly values: Int32Array;
}

/** A mask picture as a number per pixel: what a colour stands for. */
async function readNumbers(path: string, of: (colour: Colour) => number): Promise<Numbers> {
  const { data, info } = await sharp(path)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const values = new Int32Array(width * height);
  const known = new Map<number, number>();
  for (let place = 0; place < values.length; place += 1) {
    const at = place * channels;
    const red = data[at]!;
    const green = channels < 3 ? red : data[at + 1]!;
    const blue = channels < 3 ? red : data[at + 2]!;
    const key = (red << 16) | (green << 8) | blue;
    let value = known.get(key);
    if (value === undefined) {
      value = of([red, green, blue]);
      known.set(key, value);
    }
    values[place] = value;
  }
  return { width, height, values };
}

/** VOC's border between objects, which belongs to none. */
const border = 0xe0e0c0;

/**
 * Reads `SegmentationClass` and `SegmentationObject`: a mask per object where there are both, else one per class. An object's
 * class is the one that most of its pixels have.
 */
export async function readMasks(
  classes: string,
  objects: string,
  { colours }: Categories,
  complain: (file: string, reason: string) => void,
): Promise<Mask[]> {
  const labelOf = new Map<number, number>();
  for (const [label, [red, green, blue]] of colours) {
    const key = (red << 16) | (green << 8) | blue;
    if (!labelOf.has(key)) labelOf.set(key, label);
  }
  const black = labelOf.get(0);
  let strange = 0;
  const ofClass = ([red, green, blue]: Colour): number => {
    const key = (red << 16) | (green << 8) | blue;
    const label = labelOf.get(key);
    if (label === undefined && key !== border && key !== 0) strange += 1;
    // 0 is none in what follows, so that labels count from 1.
    return label === undefined || label === black ? 0 : label + 1;
  };
  const byClass = (await isFile(classes)) ? await readNumbers(classes, ofClass) : undefined;
  if (strange > 0) complain(classes, `${strange} colours are of no class`);
  const byObject = (await isFile(objects))
    ? await readNumbers(objects, (colour) =>
        ((colour[0] << 16) | (colour[1] << 8) | colour[2]) === border ? 0 : vocIndex(colour),
      )
    : undefined;
  const numbers = byObject ?? byClass;
  if (numbers === undefined) return [];
  const { width, height } = numbers;
  if (byClass !== undefined && (byClass.width !== width || byClass.height !== height)) {
    complain(objects, 'the pictures of classes and objects differ in size');
    return [];
  }
  const masks: Mask[] = [];
  for (const [number, counts] of splitByNumber(numbers.values, width, height)) {
    const mask = { type: 'mask', id: 0, attributes: noAttributes, zOrder: 0, width, height, counts } as const;
    if (byObject === undefined) masks.push({ ...mask, group: 0, label: number - 1 });
    else {
      const label = byClass === undefined ? null : mostCommon(counts, byClass.values, width, height);
      masks.push({ ...mask, group: number, label });
    }
  }
  return masks;
}

function mostCommon(
  counts: readonly number[],
  values: Int32Array,
  width: number,
  height: number,
): number | null {
  const tally = new Map<number, number>();
  let place = 0;
  for (const [index, count] of counts.entries()) {
    if (index % 2 === 1) {
      for (let at = place; at < place + count; at += 1) {
        const value = values[(at % height) * width + Math.floor(at / height)]!;
        tally.set(value, (tally.get(value) ?? 0) + 1);
      }
    }
    place += count;
  }
  let [best, most] = [0, 0];
  for (const [value, number] of tally) if (number > most) [best, most] = [value, number];
  return best === 0 ? null : best - 1;
}

/**
 * Joins boxes with their masks. VOC numbers the objects of both in the same order, but not every tool that writes its
 * layout does (Datumaro counts the boxes from 0 and the masks from 1, and so joins a box with another object's mask). A pair
 * is one only where class and place agree. A box without a mask gets no group, unless it has parts or is one.
 */
export function joinObjects(annotations: readonly Annotation[], masks: readonly Mask[]): Annotation[] {
  const free = new Set(masks);
  const members = new Map<number, number>();
  for (const { group } of annotations) members.set(group, (members.get(group) ?? 0) + 1);
  const beyond = masks.reduce((most, { group }) => Math.max(most, group), 0);
  const groups = new Map<number, number>();
  const joined = annotations.map((annotation) => {
    if (annotation.type !== 'box') return annotation;
    const { group } = annotation;
    const match = best(annotation, free);
    if (match !== undefined) free.delete(match);
    if (group === 0 || members.get(group) === 1) return { ...annotation, group: match?.group ?? 0 };
    // The whole comes before its parts, and they go where it goes.
    const known = groups.get(group) ?? match?.group ?? beyond + group;
    groups.set(group, known);
    return { ...annotation, group: known };
  });
  return [...joined, ...masks];
}

function best(box: Box, masks: ReadonlySet<Mask>): Mask | undefined {
  let found: Mask | undefined;
  let most = 0.5;
  for (const mask of masks) {
    if (mask.label !== box.label || mask.group === 0) continue;
    const bounds = boundsOf(mask);
    const overlap = bounds === null ? 0 : boxOverlap(box, bounds);
    if (overlap > most) [found, most] = [mask, overlap];
  }
  return found;
}
