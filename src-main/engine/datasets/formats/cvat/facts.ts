import { child, childrenOf, childText, escapeXml, type XmlElement } from '../../files/xml.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  attributesIn,
  type Infos,
  type InfosBuilder,
  type JsonValue,
  type LabelCategory,
  toRecord,
  without,
} from '../../model/index.ts';

/** What the head of a file says of its task, project or job in one text each: who made it is said by `people`. */
const texts = ['name', 'bugtracker', 'created', 'updated', 'frame_filter'] as const;

/** Elements with `username` and `email`. */
const people = ['owner', 'assignee'] as const;

/** Elements beside the task: when the file was written, and the name of a video's file. */
const beside = ['dumped', 'source'] as const;

/** Our own, for what CVAT has no element for. Neither CVAT nor Datumaro looks at it. */
const further = 'infos';

/**
 * Notes what a file's head says of the set: https://docs.cvat.ai/docs/manual/advanced/xml_format/
 *
 * @param subset a task that is called so says nothing by it: Datumaro and we write the subset there.
 * @returns false where it is too much to be kept.
 */
export function readFacts(meta: XmlElement, subset: string, builder: InfosBuilder): boolean {
  const task = taskOf(meta);
  const texted = texts.map((name) => [name, childText(task, name)] as const);
  const told = texted.filter(([name, text]) => name !== 'name' || (text !== subset && text !== 'default'));
  const said: (readonly [string, unknown])[] = [
    ...told,
    ...people.map((name) => [name, personOf(child(task, name))] as const),
    ...beside.map((name) => [name, childText(meta, name)] as const),
    ...childrenOf(child(task, further) ?? noElement, 'info').map(
      (info) => [info.attributes.get('name') ?? '', fromJson(info.text)] as const,
    ),
  ];
  return said.reduce((room, [name, value]) => builder.add(name, value, subset) && room, true);
}

const noElement: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };

const taskOf = (meta: XmlElement): XmlElement =>
  child(meta, 'task') ?? child(meta, 'project') ?? child(meta, 'job') ?? noElement;

function personOf(element: XmlElement | undefined): Readonly<Record<string, string>> {
  const said = (element?.children ?? []).filter(({ name, text }) => isPart(name) && text !== '');
  return Object.fromEntries(said.map(({ name, text }) => [name, text]));
}

const isPart = (name: string): boolean => name === 'username' || name === 'email';

/** A value as deep as no stack holds stays text. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(JSON.stringify(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** The lines of a head: those inside of the task, by their elements, and those beside it. */
export interface FactLines {
  readonly name: string;
  readonly inside: readonly string[];
  readonly beside: readonly string[];
}

/** The inverse of {@link readFacts}. */
export function factLines(infos: Infos, subset: string): FactLines {
  const rest = new Map(infos);
  const take = (name: string): string | undefined => {
    const value = rest.get(name);
    if (typeof value !== 'string' || !isPlain(value)) return undefined;
    if (name === 'name' && (value === subset || value === 'default')) return undefined;
    rest.delete(name);
    return value;
  };
  const line = (name: string, text: string): string => `<${name}>${escapeXml(text)}</${name}>`;
  const lineOf = (name: string): string[] => {
    const text = take(name);
    return text === undefined ? [] : [line(name, text)];
  };
  const persons = people.flatMap((name) => {
    const person = rest.get(name);
    if (!isPerson(person)) return [];
    rest.delete(name);
    const parts = Object.entries(person).map(([part, text]) => line(part, text));
    return [`<${name}>${parts.join('')}</${name}>`];
  });
  const name = take('name');
  const inside = [...texts.flatMap(lineOf), ...persons];
  const besides = beside.flatMap(lineOf);
  const others = [...rest].map(
    ([key, value]) => `  <info name="${escapeXml(key)}">${escapeXml(JSON.stringify(value))}</info>`,
  );
  const own = others.length === 0 ? [] : [`<${further}>`, ...others, `</${further}>`];
  return { name: name ?? subset, inside: [...inside, ...own], beside: besides };
}

const isPlain = (text: string): boolean => text.trim() === text && text !== '';

function isPerson(value: JsonValue | undefined): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const parts = Object.entries(value);
  return (
    parts.length > 0 &&
    parts.every(([name, text]) => isPart(name) && isPlain(String(text)) && typeof text === 'string')
  );
}

/** Our own, on an image and on a frame: what is known of a picture, as JSON. */
const ofPicture = 'attributes';

/** Adds what is known of a picture besides its number. @returns a sentence about what is wrong, or null. */
export function addPictureFacts(element: XmlElement, facts: Map<string, AttributeValue>): string | null {
  const text = element.attributes.get(ofPicture);
  if (text === undefined) return null;
  const own = attributesIn(text);
  if (own === null) return 'the attributes of the picture are no JSON';
  for (const [name, value] of own) facts.set(name, value);
  return null;
}

/** The inverse: an attribute of the element, or nothing. */
export function pictureFact(attributes: Attributes, frame: number): string {
  const rest = attributes.get('frame') === frame ? without(attributes, 'frame') : attributes;
  return rest.size === 0 ? '' : ` ${ofPicture}="${escapeXml(JSON.stringify(toRecord(rest)))}"`;
}

/** How an object came to be, where nobody drew it by hand: CVAT's words for it. */
const origins = new Set<unknown>(['auto', 'semi-auto', 'file', 'consensus']);

/** What the element of a shape, a tag or a track says of that. */
export const originOf = (element: XmlElement): string | undefined => {
  const origin = element.attributes.get('source') ?? '';
  return origin === '' || origin === 'manual' ? undefined : origin;
};

/** Whether an annotation's attribute `source` is CVAT's own, and none that the class has. */
export const hasOrigin = ({ attributes }: Annotation, label: LabelCategory | undefined): boolean =>
  origins.has(attributes.get('source')) && label?.attributes.includes('source') !== true;
