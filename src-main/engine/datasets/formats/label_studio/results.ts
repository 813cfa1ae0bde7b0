import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  field,
  isRecord,
  type Points,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { plainShape, take } from '../common/read.ts';
import { resultFacts } from './facts.ts';
import { type Kind, kindOf, kinds, parseGeometry } from './geometry.ts';

type Fields = Readonly<Record<string, unknown>>;

export const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === 'string');

const payloadOf = (result: Fields): Fields => {
  const value = field(result, 'value');
  return isRecord(value) ? value : {};
};

const typeOf = (result: Fields): string => String(field(result, 'type') ?? '').toLowerCase();

/** The kind of shape that a result is, or null for what is said about one or about the picture. */
function shapeKind(result: Fields): Kind | null {
  const type = typeOf(result).replace(/labels$/, '');
  return (
    kinds.find((kind) => kind === type) ?? (typeOf(result) === '' ? kindOf(field(result, 'value')) : null)
  );
}

/** The classes that a result names. */
export function labelsOf(result: Fields): string[] {
  const value = payloadOf(result);
  return [...kinds.map((kind) => `${kind}labels`), 'labels', 'choices'].flatMap((key) =>
    Object.hasOwn(value, key) && (key !== 'choices' || shapeKind(result) === null)
      ? strings(field(value, key))
      : [],
  );
}

/** A value that is said about a region, by its control's name. */
function saidOf(result: Fields): AttributeValue | undefined {
  const value = payloadOf(result);
  for (const key of ['choices', 'text', 'number', 'rating', 'datetime']) {
    const said = attributesOf(value).get(key);
    if (said === undefined) continue;
    const only: AttributeValue =
      Array.isArray(said) && said.length === 1 ? (said[0] as AttributeValue) : said;
    return key === 'choices' && (only === 'true' || only === 'false') ? only === 'true' : only;
  }
  return undefined;
}

/** The size that a result was drawn on. */
function sizeOf(result: Fields, fallback: Size | null): Size | null {
  const width = wholeOf(field(result, 'original_width') ?? field(payloadOf(result), 'original_width'), 0);
  const height = wholeOf(field(result, 'original_height') ?? field(payloadOf(result), 'original_height'), 0);
  return width > 0 && height > 0 ? { width, height } : fallback;
}

/** What the results of a task come to. Results of one id are one region: its shape, its classes, what is said about it. */
export function annotationsOf(
  results: readonly unknown[],
  labelOf: (name: string) => number | undefined,
  size: Size | null,
  complain: (place: string, reason: string) => void,
): Annotation[] {
  const regions = new Map<string, Fields[]>();
  for (const [index, result] of results.entries()) {
    if (!isRecord(result)) {
      complain(`result ${index}`, 'not an object');
      continue;
    }
    const id = field(result, 'id');
    const key = typeof id === 'string' && id !== '' ? id : `\0${index}`;
    regions.set(key, [...(regions.get(key) ?? []), result]);
  }
  const groups = groupsOf(regions);
  const annotations: Annotation[] = [];
  const poses = new Map<string, number>();
  for (const [id, parts] of regions) {
    const shape = parts.find((part) => shapeKind(part) !== null);
    const place = `region ${id.replace('\0', '')}`;
    if (shape === undefined) {
      annotations.push(...wholePicture(parts, labelOf, (reason) => complain(place, reason)));
      continue;
    }
    const attributes = resultFacts(shape);
    const names = new Set<string>();
    if (isTurned(shape)) complain(place, 'the picture was turned; the region is taken as it stands');
    for (const part of parts) {
      for (const name of part === shape || typeOf(part) === 'labels' ? labelsOf(part) : []) names.add(name);
      const said = part === shape || typeOf(part) === 'labels' ? undefined : saidOf(part);
      if (said !== undefined) attributes.set(String(field(part, 'from_name') ?? 'value'), said);
      else if (part !== shape && typeOf(part) !== 'labels') complain(place, unknown(part));
    }
    const own = sizeOf(shape, size);
    if (own === null) {
      complain(place, "without the picture's size the object in pixels is not known");
      continue;
    }
    const group = groups.get(id) ?? 0;
    for (const name of names.size === 0 ? [null] : names) {
      const label = name === null ? null : labelOf(name);
      if (label === undefined) {
        complain(place, 'the class is not known');
        continue;
      }
      const plain = plainShape(label, attributes, 0, group);
      const made = parseGeometry(shapeKind(shape)!, payloadOf(shape), plain, own, (reason) =>
        complain(place, reason),
      );
      // Points of one class and one object are one pose.
      const pose = poses.get(`${label} ${group}`);
      if (typeof made !== 'string' && made.type === 'points' && group !== 0) {
        if (pose !== undefined) {
          const before = annotations[pose] as Points;
          const points = [...before.points, ...made.points];
          annotations[pose] = { ...before, points, visibility: [...before.visibility, 2] };
          continue;
        }
        poses.set(`${label} ${group}`, annotations.length);
      }
      take(made, annotations, (reason) => complain(place, reason));
    }
  }
  return alone(annotations);
}

const unknown = (result: Fields): string =>
  typeOf(result) === 'relation'
    ? 'relations between regions have no place'
    : `results of the type ${typeOf(result)} are not known`;

/** Whether the picture was turned when a result was drawn. */
const isTurned = (result: Fields): boolean => wholeOf(field(result, 'image_rotation'), 0) % 360 !== 0;

/** Groups by region: a region and the ones that name it as their parent, and so on. */
function groupsOf(regions: ReadonlyMap<string, readonly Fields[]>): ReadonlyMap<string, number> {
  const parentOf = new Map<string, string>();
  for (const [id, parts] of regions) {
    for (const part of parts) {
      const parent = field(part, 'parentID');
      if (typeof parent === 'string' && parent !== id && regions.has(parent)) parentOf.set(id, parent);
    }
  }
  const groups = new Map<string, number>();
  const roots = new Map<string, number>();
  for (const id of parentOf.keys()) {
    let root = id;
    // Parents may run in a circle in a damaged file.
    for (let steps = 0; parentOf.has(root) && steps < 64; steps += 1) root = parentOf.get(root)!;
    const group = roots.get(root) ?? roots.size + 1;
    roots.set(root, group);
    groups.set(root, group);
    groups.set(id, group);
  }
  return groups;
}

/** An annotation whose group has no other, as points that became one pose, has no group. */
function alone(annotations: readonly Annotation[]): Annotation[] {
  const counts = new Map<number, number>();
  for (const { group } of annotations) counts.set(group, (counts.get(group) ?? 0) + 1);
  return annotations.map((part) =>
    part.group !== 0 && counts.get(part.group) === 1 ? { ...part, group: 0 } : part,
  );
}

function wholePicture(
  parts: readonly Fields[],
  labelOf: (name: string) => number | undefined,
  complain: (reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  for (const part of parts) {
    const type = typeOf(part);
    const plain = { id: 0, group: 0, attributes: resultFacts(part) };
    if (type === 'choices') {
      for (const name of labelsOf(part)) {
        const label = labelOf(name);
        if (label !== undefined) annotations.push({ type: 'label', ...plain, label });
      }
    } else if (type === 'textarea') {
      for (const text of strings(field(payloadOf(part), 'text')))
        annotations.push({ type: 'caption', ...plain, text });
    } else complain(unknown(part));
  }
  return annotations;
}
