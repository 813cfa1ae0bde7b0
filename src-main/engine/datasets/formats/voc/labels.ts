import { listIfThere } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import { child, childrenOf, childText, readXml, type XmlElement } from '../../files/xml.ts';
import { type Categories, CategoryBuilder, type Colour, numberOf } from '../../model/index.ts';

/** VOC's twenty classes, after the background. */
export const vocNames = [
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
];

/** VOC's colour of a number: its bits are dealt out to red, green and blue in turn, highest bit first. */
export function vocColour(index: number): Colour {
  const colour: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      colour[channel]! |= ((index >> (3 * bit + channel)) & 1) << (7 - bit);
    }
  }
  return colour;
}

/** The number of a colour: the inverse of {@link vocColour}. */
export function vocIndex([red, green, blue]: Colour): number {
  let index = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    const mask = 1 << (7 - bit);
    if ((red & mask) !== 0) index |= 1 << (3 * bit);
    if ((green & mask) !== 0) index |= 1 << (3 * bit + 1);
    if ((blue & mask) !== 0) index |= 1 << (3 * bit + 2);
  }
  return index;
}

/**
 * The classes of a set: `labelmap.txt` with a line `name:red,green,blue:parts:actions` each; without one, the names in the
 * XML files, or VOC's own where there are no others, with the parts and actions that are named there.
 *
 * @param files the XML files, for a set without a label map.
 */
export async function readLabels(
  folder: string,
  withColours: boolean,
  files: () => AsyncIterable<string>,
): Promise<Categories> {
  const text = await listIfThere(inside(folder, 'labelmap.txt'));
  return text === undefined ? namedIn(folder, withColours, files()) : listedIn(text, withColours);
}

function listedIn(text: string, withColours: boolean): Categories {
  const builder = new CategoryBuilder();
  const parts: { name: string; parent: string }[] = [];
  const add = builder.scope();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    // A name may hold colons itself: what follows it are the last three fields.
    const match = /^(.*):([^:]*):([^:]*):([^:]*)$/.exec(line.trim());
    const name = match?.[1] ?? line.trim();
    const actions = list(match?.[4]);
    const index = add({ name, parent: '', attributes: actions });
    const colour = (match?.[2] ?? '').split(',').map(numberOf);
    const usable = colour.length === 3 && colour.every((value) => value >= 0 && value <= 255);
    if (withColours) builder.colour(index, usable ? (colour as unknown as Colour) : vocColour(index));
    for (const part of list(match?.[3])) parts.push({ name: part, parent: name });
  }
  for (const part of parts) {
    if (builder.find(part.name) === undefined) add({ ...part, attributes: [] });
  }
  return builder.build();
}

async function namedIn(
  folder: string,
  withColours: boolean,
  files: AsyncIterable<string>,
): Promise<Categories> {
  const builder = new CategoryBuilder();
  const actions: Found['actions'] = new Map();
  const parts: Found['parts'] = new Map();
  for await (const path of files) {
    try {
      const objects = childrenOf(await readXml(inside(folder, path)), 'object');
      for (const object of objects) note(object, { actions, parts });
    } catch {
      // The file is read again with its objects, and the problem is told then.
    }
  }
  const own = [...actions.keys()].every((name) => vocNames.includes(name));
  const add = builder.scope();
  for (const name of own ? vocNames : [...actions.keys()].sort()) {
    const index = add({ name, parent: '', attributes: [...(actions.get(name) ?? [])].sort() });
    if (withColours) builder.colour(index, vocColour(index));
  }
  for (const [name, parent] of [...parts].sort()) {
    if (builder.find(name) === undefined) add({ name, parent, attributes: [] });
  }
  return builder.build();
}

/** What the XML files name: classes with their actions, and parts with the class that they are parts of. */
interface Found {
  readonly actions: Map<string, Set<string>>;
  readonly parts: Map<string, string>;
}

function note(object: XmlElement, { actions, parts }: Found): void {
  const name = childText(object, 'name') ?? '';
  if (name === '') return;
  const own = actions.get(name) ?? new Set();
  actions.set(name, own);
  for (const action of child(object, 'actions')?.children ?? []) own.add(action.name);
  for (const part of childrenOf(object, 'part')) {
    const called = childText(part, 'name') ?? '';
    if (called !== '' && !parts.has(called)) parts.set(called, name);
  }
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
