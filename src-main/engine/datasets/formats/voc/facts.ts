import { child, childrenOf, childText, escapeXml, type XmlElement } from '../../files/xml.ts';
import {
  type Attributes,
  type AttributeValue,
  attributeValue,
  flagOf,
  noAttributes,
  numberOf,
  wholeOf,
} from '../../model/index.ts';

/**
 * Elements of a file with a place of their own in the model, and those that only say where the file once lay, or, as
 * `segmented`, whether mask pictures go with it.
 */
const ofFile = new Set(['folder', 'filename', 'path', 'object', 'segmented']);

/** Elements of an object with a place of their own in the model. */
const ofObject = new Set([
  ...['name', 'pose', 'difficult', 'truncated', 'occluded', 'bndbox', 'part', 'polygon'],
  ...['actions', 'attribute'],
]);

/** What tools write where nobody has said anything: Datumaro, labelImg, VOC itself, and Roboflow its own name. */
const placeholder = /^(unknown|unspecified|\?|roboflow\.(ai|com))?$/i;

/** Colours of a pixel, which every tool writes. */
const usualDepth = 3;

/** Names that can stand as an element. */
const elementName = /^[A-Za-z_][\w-]*$/;

/**
 * What a file says of its picture besides its size and objects: the parts of `source` and `owner` as `source_database`,
 * `owner_name` and the like, labelImg's `verified`, `depth`, and elements that VOC does not have, by their names.
 */
export function pictureFacts(root: XmlElement): Attributes {
  const facts = new Map<string, AttributeValue>();
  if (flagOf(root.attributes.get('verified')) === true) facts.set('verified', true);
  for (const element of root.children) {
    if (element.name === 'size') {
      const depth = wholeOf(childText(element, 'depth'), usualDepth);
      if (depth > 0 && depth !== usualDepth) facts.set('depth', depth);
    } else if (element.name === 'source' || element.name === 'owner') {
      for (const part of element.children) addFact(facts, `${element.name}_${part.name}`, part);
    } else if (!ofFile.has(element.name) && !isList(element)) addFact(facts, element.name, element);
  }
  const listed = child(root, 'attributes');
  if (listed !== undefined && isList(listed)) addListed(facts, listed);
  return facts.size === 0 ? noAttributes : facts;
}

/** What an object says that VOC has no name for, and `point`, which VOC 2012 has for an action. */
export function addObjectFacts(object: XmlElement, attributes: Map<string, AttributeValue>): void {
  for (const element of object.children) {
    if (ofObject.has(element.name) || isList(element)) continue;
    const point = element.name === 'point' ? pointOf(element) : null;
    if (point !== null) attributes.set('point', point);
    // roLabelImg says so what kind of shape follows.
    else if (element.name !== 'type' || element.text !== 'bndbox') addFact(attributes, element.name, element);
  }
}

/** What a part says besides its class and box, which is all that VOC has of it. */
export function partFacts(part: XmlElement): Attributes {
  const others = part.children.filter(({ name }) => name !== 'name' && name !== 'bndbox');
  const facts = new Map<string, AttributeValue>();
  for (const element of others) addFact(facts, element.name, element);
  return others.length === 0 ? noAttributes : facts;
}

/** Whether it is CVAT's list of attributes, and not a text that some tools call so. */
const isList = ({ name, children }: XmlElement): boolean =>
  name === 'attributes' && children.some((entry) => entry.name === 'attribute');

function pointOf(element: XmlElement): readonly [number, number] | null {
  const [x, y] = [numberOf(childText(element, 'x')), numberOf(childText(element, 'y'))];
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
}

/** An element that comes again makes a list. */
function addFact(facts: Map<string, AttributeValue>, name: string, element: XmlElement): void {
  const value = element.children.length === 0 ? element.text : JSON.stringify(plainOf(element));
  if (placeholder.test(value) || (value === '0' && element.name === 'flickrid')) return;
  const known = facts.get(name);
  if (known === undefined) facts.set(name, value);
  else if (Array.isArray(known)) known.push(value);
  else facts.set(name, [known, value]);
}

/** What is inside of an element, for JSON. The parser bounds how deep that is. */
function plainOf({ children, text }: XmlElement): unknown {
  if (children.length === 0) return text;
  const record: Record<string, unknown> = Object.create(null);
  for (const inner of children) {
    const known = record[inner.name];
    const value = plainOf(inner);
    if (known === undefined) record[inner.name] = value;
    else if (Array.isArray(known)) known.push(value);
    else record[inner.name] = [known, value];
  }
  return record;
}

/** Attributes of a picture stand as those of an object do; what is no text is marked as JSON. */
function addListed(facts: Map<string, AttributeValue>, listed: XmlElement): void {
  for (const attribute of childrenOf(listed, 'attribute')) {
    const name = childText(attribute, 'name');
    const value = child(attribute, 'value');
    if (name === undefined) continue;
    const text = value?.text ?? '';
    facts.set(name, value?.attributes.get('type') === 'json' ? fromJson(text) : text);
  }
}

function fromJson(text: string): AttributeValue {
  try {
    return attributeValue(JSON.parse(text));
  } catch {
    return text;
  }
}

/** The parts of a file that a picture's attributes go to. */
export interface PictureLines {
  /** The start tag of the whole. */
  readonly start: string;
  readonly source: string;
  readonly owner: readonly string[];
  readonly depth: number;
  /** What has no element of its own. */
  readonly attributes: readonly string[];
}

/** The inverse of {@link pictureFacts}. */
export function pictureLines(attributes: Attributes, sized: boolean): PictureLines {
  const rest = new Map(attributes);
  const take = (name: string, wanted: boolean): boolean => wanted && rest.delete(name);
  const verified = take('verified', rest.get('verified') === true);
  const depth = rest.get('depth');
  const ownDepth = typeof depth === 'number' && Number.isInteger(depth) && depth > 0;
  const deep = take('depth', sized && ownDepth && depth !== usualDepth);
  const source = partsOf('source', rest);
  const owner = partsOf('owner', rest);
  const database = source.some((line) => line.startsWith('<database>'))
    ? []
    : ['<database>Unknown</database>'];
  return {
    start: verified ? '<annotation verified="yes">' : '<annotation>',
    source: `  <source>${[...database, ...source].join('')}</source>`,
    owner: owner.length === 0 ? [] : [`  <owner>${owner.join('')}</owner>`],
    depth: deep ? (depth as number) : usualDepth,
    attributes: listedLines(rest),
  };
}

/** Takes what stands inside of `source` or `owner` out of the attributes. */
function partsOf(name: 'source' | 'owner', rest: Map<string, AttributeValue>): string[] {
  const lines: string[] = [];
  for (const [key, value] of rest) {
    const part = key.startsWith(`${name}_`) ? key.slice(name.length + 1) : '';
    if (!elementName.test(part) || typeof value !== 'string' || !isPlain(value) || value === '0') continue;
    if (placeholder.test(value)) continue;
    lines.push(`<${part}>${escapeXml(value)}</${part}>`);
    rest.delete(key);
  }
  return lines;
}

/** Text that is the same after reading, which takes the blanks off its ends. */
const isPlain = (text: string): boolean => text.trim() === text;

function listedLines(rest: Attributes): string[] {
  if (rest.size === 0) return [];
  const lines = [...rest].map(([name, value]) => {
    const plain = typeof value === 'string' && isPlain(value);
    const shown = plain
      ? `<value>${escapeXml(value)}</value>`
      : `<value type="json">${escapeXml(JSON.stringify(value))}</value>`;
    return `    <attribute><name>${escapeXml(name)}</name>${shown}</attribute>`;
  });
  return ['  <attributes>', ...lines, '  </attributes>'];
}

/** The line of an object's `point`; empty where it has none. */
export function pointText(attributes: Attributes): string {
  const point = attributes.get('point');
  if (!Array.isArray(point) || point.length !== 2) return '';
  if (!point.every((value) => typeof value === 'number' && Number.isFinite(value))) return '';
  return `    <point><x>${point[0]}</x><y>${point[1]}</y></point>\n`;
}
