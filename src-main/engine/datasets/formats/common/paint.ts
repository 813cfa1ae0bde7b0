import { inside } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { sharp } from '../../files/sharp.ts';
import { decodeBitmap } from '../../masks.ts';
import type { Annotation, Colour, Mask, ProblemLog, Size } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { colourKey } from './colours.ts';
import { loseCovered, readGrey } from './masks.ts';
import { plainShape } from './read.ts';

/** Pictures with more pixels than this are no masks. */
const mostPixels = 2 ** 29;

/** A number for each pixel, row by row; 0 is none. */
interface Painted extends Size {
  readonly values: Int32Array;
}

/**
 * The numbers that a mask picture's colours stand for. Pixels of one grey channel are numbers themselves, which `ofGrey`
 * is asked about. What the functions give for a colour is asked once.
 *
 * @throws where the file can't be read as a picture.
 */
export async function readPainted(
  path: string,
  ofColour: (colour: Colour) => number,
  ofGrey: (value: number) => number,
): Promise<Painted> {
  const { channels: own } = await sharp(path, { limitInputPixels: mostPixels }).metadata();
  if (own !== undefined && own < 3) {
    const { values, width, height } = await readGrey(path);
    const known = new Map<number, number>();
    return {
      width,
      height,
      values: Int32Array.from(values, (value) => remember(known, value, () => ofGrey(value))),
    };
  }
  const picture = sharp(path, { limitInputPixels: mostPixels }).removeAlpha().toColourspace('srgb').raw();
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const values = new Int32Array(width * height);
  const known = new Map<number, number>();
  for (let place = 0; place < values.length; place += 1) {
    const at = place * channels;
    const colour = [
      data[at]!,
      data[at + (channels < 3 ? 0 : 1)]!,
      data[at + (channels < 3 ? 0 : 2)]!,
    ] as const;
    values[place] = remember(known, colourKey(colour), () => ofColour(colour));
  }
  return { width, height, values };
}

function remember(known: Map<number, number>, key: number, make: () => number): number {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

/** Which class a colour or a number stands for, for {@link readClassMasks}. */
export interface ClassNumbers {
  readonly byColour: ReadonlyMap<number, number>;
  readonly byNumber: readonly (number | undefined)[];
}

export const classNumbers = (
  labels: readonly number[],
  colours: ReadonlyMap<number, Colour>,
): ClassNumbers => {
  const byColour = new Map<number, number>();
  for (const label of labels) {
    const colour = colours.get(label);
    if (colour !== undefined && !byColour.has(colourKey(colour))) byColour.set(colourKey(colour), label);
  }
  return { byColour, byNumber: labels };
};

/**
 * A mask for each class in a picture of classes, painted in their colours or with their numbers.
 *
 * @param skip a class that is what belongs to none.
 */
export async function readClassMasks(
  path: string,
  { byColour, byNumber }: ClassNumbers,
  complain: (reason: string) => void,
  skip?: number,
): Promise<Annotation[]> {
  const strange = new Set<string>();
  const take = (label: number | undefined, what: string): number => {
    // Black is nothing where it is no class.
    if (label === undefined && what !== '0,0,0' && what !== '0') strange.add(what);
    return label === undefined || label === skip ? 0 : label + 1;
  };
  const { width, height, values } = await readPainted(
    path,
    (colour) => take(byColour.get(colourKey(colour)), colour.join()),
    (value) => take(byNumber[value], String(value)),
  );
  for (const what of [...strange].slice(0, 3)) complain(`there is no class for ${what}`);
  if (strange.size > 3) complain(`there are no classes for ${strange.size - 3} more colours`);
  return [...splitByNumber(values, width, height)].map(([number, counts]) => ({
    ...plainShape(number - 1),
    type: 'mask',
    width,
    height,
    counts,
  }));
}

/**
 * One mask for each number in a grey picture of the set. A picture that can't be read is told and gives none.
 *
 * @param shapeOf what a mask of this number is apart from its pixels; null leaves it out.
 */
export async function numberedMasks(
  folder: string,
  file: string,
  problems: ProblemLog,
  shapeOf: (number: number) => ReturnType<typeof plainShape> | null,
): Promise<Mask[]> {
  const masks: Mask[] = [];
  try {
    const { width, height, values } = await readGrey(inside(folder, file));
    for (const [number, counts] of splitByNumber(values, width, height)) {
      const shape = shapeOf(number);
      if (shape !== null) masks.push({ ...shape, type: 'mask', width, height, counts });
    }
  } catch (thrown) {
    problems.add(file, '', reasonOf(thrown));
  }
  return masks;
}

/**
 * The value of a mask's class in a picture where 0 is what belongs to none, for {@link paintMasks}.
 *
 * @param first the value of the first class: 0 where that is the background.
 */
export const valueOfClass =
  (first: number) =>
  ({ label }: Mask): number | string => {
    if (label === null) return 'a mask without a class';
    return label + first === 0 ? 'a mask of the background: it is what the others leave' : label + first;
  };

/**
 * Draws an item's masks one over another, the higher ones last. Masks with the same number become one, which is told, as
 * is every mask of which nothing is left.
 *
 * @param numberOf a number above 0, or why the mask can't be drawn.
 */
export function paintMasks(
  annotations: readonly Annotation[],
  numberOf: (mask: Mask) => number | string,
  lose: (reason: string) => void,
): Painted | null {
  const masks = annotations.filter((part) => part.type === 'mask').toSorted((a, b) => a.zOrder - b.zOrder);
  const first = masks[0];
  if (first === undefined) return null;
  const { width, height } = first;
  const values = new Int32Array(width * height);
  const drawn = new Set<number>();
  for (const mask of masks) {
    const number = mask.width === width && mask.height === height ? numberOf(mask) : 'a mask of another size';
    if (typeof number === 'string') {
      lose(number);
      continue;
    }
    if (drawn.has(number)) lose('a mask joins another of its class: this format has one for each');
    drawn.add(number);
    const bitmap = decodeBitmap(mask.counts, width, height);
    for (let place = 0; place < bitmap.length; place += 1) if (bitmap[place] === 1) values[place] = number;
  }
  loseCovered(drawn, values, lose);
  return drawn.size === 0 ? null : { width, height, values };
}

/** A PNG with a colour for each number. */
export function colourPng(
  { width, height, values }: Painted,
  colourOf: (number: number) => Colour,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(values.length * 3);
  const known = new Map<number, Colour>();
  for (const [place, value] of values.entries()) {
    const colour = known.get(value) ?? colourOf(value);
    known.set(value, colour);
    pixels.set(colour, place * 3);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A PNG of one channel with 8 bits. */
export function grey8Png({ width, height, values }: Painted): Promise<Uint8Array> {
  return sharp(Uint8Array.from(values), { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
