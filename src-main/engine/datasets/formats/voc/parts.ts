import type { OutputFolder, TextSink } from '../../files/output.ts';
import { escapeXml } from '../../files/xml.ts';
import type { Dataset } from '../../format.ts';
import type { Annotation, Box } from '../../model/index.ts';
import { flags } from './objects.ts';

/** Which classes are parts of others, and which attributes are actions, by the label indices of the source. */
export interface Scan {
  readonly parts: ReadonlySet<number>;
  readonly actions: ReadonlyMap<number, readonly string[]>;
}

export const noScan: Scan = { parts: new Set(), actions: new Map() };

/**
 * Reads the set once. A class is a part where each of its boxes shares an object with a box of the class above it: a head
 * is one of a person, while a car that has the class vehicle above it is none. An action is an attribute that its class
 * declares and that is yes or no wherever it is.
 */
export async function scan(dataset: Dataset): Promise<Scan> {
  const { labels } = dataset.categories;
  const part = new Map<number, boolean>();
  const action = new Map<string, boolean>();
  for await (const { annotations } of dataset.items()) {
    for (const box of annotations) {
      if (box.type !== 'box' || box.label === null) continue;
      if (labels[box.label]!.parent !== '') {
        const nested = part.get(box.label) !== false && wholeOf(box, annotations, labels) !== undefined;
        part.set(box.label, nested);
      }
      for (const [name, value] of box.attributes) {
        const key = `${box.label} ${name}`;
        action.set(key, action.get(key) !== false && typeof value === 'boolean');
      }
    }
  }
  const builtin: readonly string[] = flags;
  const actions = new Map<number, readonly string[]>();
  for (const [label, { attributes }] of labels.entries()) {
    const own = attributes.filter(
      // Actions are names of elements, and stand between commas and colons in the list of classes.
      (name) =>
        /^[A-Za-z_][\w-]*$/.test(name) && !builtin.includes(name) && action.get(`${label} ${name}`) !== false,
    );
    if (own.length > 0) actions.set(label, own);
  }
  return { parts: new Set([...part].flatMap(([label, nested]) => (nested ? [label] : []))), actions };
}

/** In these lists a number behind a space is an object's. */
const quoted = (id: string): string => (/\s/.test(id) ? `"${id}"` : id);

type Labels = readonly { readonly name: string; readonly parent: string }[];

/** The box of the object that a box is a part of. */
function wholeOf(box: Box, annotations: readonly Annotation[], labels: Labels): Box | undefined {
  if (box.group === 0 || box.label === null) return undefined;
  const { parent } = labels[box.label]!;
  return annotations.find(
    (other): other is Box =>
      other.type === 'box' &&
      other !== box &&
      other.group === box.group &&
      other.label !== null &&
      labels[other.label]!.name === parent,
  );
}

const noParts: readonly Box[] = [];

/** The boxes of objects, each with the boxes of its parts. */
export function nest(
  boxes: readonly Box[],
  labels: Labels,
  { parts }: Scan,
): readonly { readonly box: Box; readonly parts: readonly Box[] }[] {
  if (parts.size === 0) return boxes.map((box) => ({ box, parts: noParts }));
  const of = new Map<Box, Box[]>();
  for (const box of boxes) {
    const whole = box.label !== null && parts.has(box.label) ? wholeOf(box, boxes, labels) : undefined;
    if (whole !== undefined) of.set(whole, [...(of.get(whole) ?? []), box]);
  }
  const nested = new Set([...of.values()].flat());
  return boxes.filter((box) => !nested.has(box)).map((box) => ({ box, parts: of.get(box) ?? [] }));
}

/** What stands around the numbers of a box: it is written a million times, and made once. */
const boundsParts = (indent: string) =>
  [
    `${indent}<bndbox>\n${indent}  <xmin>`,
    `</xmin>\n${indent}  <ymin>`,
    `</ymin>\n${indent}  <xmax>`,
    `</xmax>\n${indent}  <ymax>`,
    `</ymax>\n${indent}</bndbox>\n`,
  ] as const;

const ofObject = boundsParts('    ');
const ofPart = boundsParts('      ');

export function boundsText({ x, y, width, height }: Box, parts = ofObject): string {
  return parts[0] + x + parts[1] + y + parts[2] + (x + width) + parts[3] + (y + height) + parts[4];
}

export const partText = (box: Box, name: string): string =>
  `    <part>\n      <name>${escapeXml(name)}</name>\n${boundsText(box, ofPart)}    </part>\n`;

/**
 * The lists of `ImageSets/Layout` and `ImageSets/Action`. An object with parts, or one of a class with actions, has its
 * number from 1 behind the picture; every other picture stands there by its name, so that none is lost.
 */
export class ObjectLists {
  readonly #output: OutputFolder;
  readonly #open = new Map<string, TextSink>();

  constructor(output: OutputFolder) {
    this.#output = output;
  }

  async layout(id: string, subset: string, objects: ReturnType<typeof nest>): Promise<void> {
    const numbers = [...objects.entries()].flatMap(([at, { parts }]) => (parts.length > 0 ? [at + 1] : []));
    const name = quoted(id);
    const lines = numbers.length === 0 ? [name] : numbers.map((number) => `${name} ${number}`);
    await this.#add(`ImageSets/Layout/${subset}.txt`, lines);
  }

  async action(
    id: string,
    subset: string,
    objects: ReturnType<typeof nest>,
    { actions }: Scan,
  ): Promise<void> {
    await this.#add(`ImageSets/Action/${subset}.txt`, [quoted(id)]);
    for (const [at, { box }] of objects.entries()) {
      for (const name of box.label === null ? [] : (actions.get(box.label) ?? [])) {
        const mark = box.attributes.get(name) === true ? ' 1' : '-1';
        await this.#add(`ImageSets/Action/${name}_${subset}.txt`, [`${quoted(id)} ${at + 1} ${mark}`]);
      }
    }
  }

  async #add(path: string, lines: readonly string[]): Promise<void> {
    const sink = this.#open.get(path) ?? (await this.#output.sink(path));
    this.#open.set(path, sink);
    await sink.write(lines.map((line) => `${line}\n`).join(''));
  }
}
