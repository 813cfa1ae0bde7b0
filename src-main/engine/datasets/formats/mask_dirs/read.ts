import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, namesIn } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, type Colour, ProblemLog } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { colourKey } from '../common/colours.ts';
import { readPainted } from '../common/paint.ts';
import { imageItem, plainShape } from '../common/read.ts';
import { type ClassList, classList, isBackground, paletteOf } from './classes.ts';
import { type Pair, pairsIn } from './places.ts';

/** The class of masks of black and white that nothing names. */
const onlyClass = 'object';

/** What training passes over, where masks have other values besides. */
const ignored = 255;

/** Colours are numbered from here on, behind the values that a pixel of one channel can have. */
const firstColour = 2 ** 16;

/** Most classes that are made of colours or values: pictures that have more are no masks. */
const mostClasses = 512;

/** Reads pictures in folders, and their masks in others or beside them: see `places.ts`. */
export async function readMaskDirs(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const paths: string[] = [];
  for await (const path of filesUnder(folder)) paths.push(path);
  const pairs = pairsIn(paths);
  if (!pairs.some(({ mask }) => mask !== undefined))
    throw new RefineryError('INPUT_NOT_FOUND', `There are no mask pictures in ${folder}.`);
  const list = await classList(folder, await namesIn(folder));
  const values = await valuesIn(folder, pairs, options);
  const { builder, labelOf } = classesOf(list, values, (reason) => problems.add('', '', reason));
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { subset, id, picture, mask } of pairs) {
        options.signal?.throwIfAborted();
        const annotations = mask === undefined ? [] : await masksIn(mask);
        if (picture === undefined) problems.add(mask!, '', 'there is no picture for this mask');
        yield await imageItem(folder, picture ?? `images/${id}.jpg`, { id, subset, annotations });
      }
    },
  };

  async function masksIn(mask: string): Promise<Annotation[]> {
    try {
      const { width, height, values: drawn } = await numbersIn(inside(folder, mask));
      return [...splitByNumber(drawn, width, height)].flatMap(([number, counts]): Annotation[] => {
        const label = labelOf.get(number - 1);
        return label === undefined ? [] : [{ ...plainShape(label), type: 'mask', width, height, counts }];
      });
    } catch (thrown) {
      problems.add(mask, '', reasonOf(thrown));
      return [];
    }
  }
}

/** A mask's values with one added, so that 0 is a value, too: indices, grey, or colours from {@link firstColour} on. */
async function numbersIn(path: string): ReturnType<typeof readPainted> {
  const palette = await paletteOf(path);
  const ofColour = (colour: Colour): number => {
    const key = colourKey(colour);
    const index = palette?.get(key);
    if (index !== undefined) return index + 1;
    const [red, green, blue] = colour;
    // Grey in three channels is a value; a colour is one of its own.
    return (red === green && green === blue ? red : firstColour + key) + 1;
  };
  return readPainted(path, ofColour, (value) => value + 1);
}

/** All values in the masks of a set. What is wrong with a mask is told when its item is read. */
async function valuesIn(folder: string, pairs: readonly Pair[], options: ReadOptions): Promise<Set<number>> {
  const values = new Set<number>();
  for (const { mask } of pairs) {
    if (mask === undefined) continue;
    options.signal?.throwIfAborted();
    await options.waitWhilePaused?.();
    try {
      const { values: drawn } = await numbersIn(inside(folder, mask));
      for (const number of new Set(drawn)) values.add(number - 1);
    } catch {
      continue;
    }
    if (values.size > mostClasses)
      throw new RefineryError('INPUT_UNSUPPORTED', `The mask pictures in ${folder} have too many values.`, {
        hint: 'Masks have one value or colour for each class; save them as PNG.',
      });
  }
  return values;
}

/** Which class each value is. */
function classesOf(
  { byNumber, byColour }: ClassList,
  values: ReadonlySet<number>,
  note: (reason: string) => void,
): { readonly builder: CategoryBuilder; readonly labelOf: ReadonlyMap<number, number> } {
  const builder = new CategoryBuilder();
  const labelOf = new Map<number, number>();
  const add = (value: number, name: string): void => {
    const label = builder.named(name);
    labelOf.set(value, label);
    if (value >= firstColour) builder.colour(label, colourIn(value - firstColour));
  };
  for (const [key, { name, colour }] of byColour) {
    const [red, green, blue] = colour;
    const value = red === green && green === blue ? red : firstColour + key;
    if (!isBackground(name)) add(value, name);
  }
  for (const [value, name] of byNumber.entries()) if (!isBackground(name) && name !== '') add(value, name);
  const isNamed = (value: number): boolean =>
    labelOf.has(value) ||
    byNumber[value] !== undefined ||
    byColour.has(value < 256 ? value * 0x010101 : value - firstColour);
  const unnamed = [...values].filter((value) => value !== 0 && !isNamed(value)).sort((a, b) => a - b);
  const isBinary = unnamed.length === 1 && labelOf.size === 0 && (unnamed[0] === 1 || unnamed[0] === ignored);
  if (isBinary) add(unnamed[0]!, onlyClass);
  else {
    const left = unnamed.filter((value) => value !== ignored);
    if (unnamed.includes(ignored)) note('pixels of 255 belong to no class: training passes over them');
    for (const value of left)
      add(value, value < firstColour ? `class_${value}` : colourIn(value - firstColour).join('_'));
    if (left.length > 0) note('no list names the classes (classes.txt): they are called by their values');
  }
  return { builder, labelOf };
}

const colourIn = (key: number): Colour => [key >> 16, (key >> 8) & 0xff, key & 0xff];
