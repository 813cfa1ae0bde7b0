import { expandCounts } from '../../masks.ts';
import {
  type Annotation,
  type Attributes,
  attributesOf,
  fault,
  field,
  isRecord,
  noAttributes,
  numberOf,
  type Visibility,
} from '../../model/index.ts';
import { polygonCounts } from '../../polygons.ts';
import { objectFacts } from './facts.ts';
import type { Task } from './layout.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is common to the parts of one COCO object. */
interface Head {
  readonly id: number;
  readonly group: number;
  readonly label: number | null;
  readonly attributes: Attributes;
}

export interface ParsedObject {
  readonly annotations: readonly Annotation[];
  readonly problems: readonly string[];
}

/** The attributes of nearly all objects, which these share: a set can have a million of them. */
const crowd: Attributes = new Map([['is_crowd', true]]);
const noCrowd: Attributes = new Map([['is_crowd', false]]);

/** Attributes of an object: the fields that are ones, and the ones that COCO has no place for. */
function attributesFrom(fields: Fields, task: Task): Attributes {
  const given = field(fields, 'attributes');
  const score = field(fields, 'score');
  const facts = objectFacts(fields);
  const isCrowd = field(fields, 'iscrowd') === 1 || field(fields, 'iscrowd') === true;
  const hasCrowd = task !== 'captions' && task !== 'labels';
  if (given === undefined && typeof score !== 'number' && facts.size === 0) {
    if (!hasCrowd) return noAttributes;
    return isCrowd ? crowd : noCrowd;
  }
  const attributes = attributesOf(given);
  if (hasCrowd) attributes.set('is_crowd', isCrowd);
  if (typeof score === 'number') attributes.set('score', score);
  for (const [name, value] of facts) if (!attributes.has(name)) attributes.set(name, value);
  return attributes;
}

/**
 * Reads one entry of `annotations`: a box, the parts of an outline or a mask, points, a caption or a class. One COCO
 * object is several annotations here, with its number as their id and group.
 *
 * @param group number for what belongs together; 0 where the object is of one part and has no number of its own.
 */
export function parseObject(
  fields: Fields,
  task: Task,
  id: number,
  group: number,
  labelOf: (categoryId: unknown) => number | undefined,
  size: { readonly width: number; readonly height: number } | null,
): ParsedObject {
  const problems: string[] = [];
  const kept: Annotation[] = [];
  const add = (annotation: Annotation): void => {
    const wrong = fault(annotation);
    if (wrong === null) kept.push(annotation);
    else problems.push(`${annotation.type}: ${wrong}`);
  };
  const attributes = attributesFrom(fields, task);
  if (task === 'captions') {
    const text = field(fields, 'caption');
    if (typeof text !== 'string') return { annotations: [], problems: ['the caption is missing'] };
    return { annotations: [{ type: 'caption', id, group, attributes, text }], problems };
  }
  const category = field(fields, 'category_id');
  const label = labelOf(category) ?? null;
  if (label === null && category !== undefined && category !== null) {
    problems.push('the category is not in the list of categories');
  }
  const head: Head = { id, group, label, attributes };
  if (task === 'labels') {
    if (label !== null) add({ ...head, type: 'label', label });
    return { annotations: kept, problems };
  }
  parseSegmentation(field(fields, 'segmentation'), head, task, size, add, problems);
  if (task === 'person_keypoints' || task === 'instances') {
    parsePoints(field(fields, 'keypoints'), head, add, problems);
  }
  const box = field(fields, 'bbox');
  if (Array.isArray(box) && box.length > 0) {
    if (box.length !== 4) problems.push('a box has four numbers');
    else {
      const [x, y] = [numberOf(box[0]), numberOf(box[1])];
      const [width, height] = [numberOf(box[2]), numberOf(box[3])];
      add({ type: 'box', id, group, label, attributes, zOrder: 0, x, y, width, height });
    }
  }
  if (kept.length === 0 && problems.length === 0) problems.push('the object has neither box nor outline');
  return { annotations: kept, problems };
}

function parseSegmentation(
  value: unknown,
  head: Head,
  task: Task,
  size: { readonly width: number; readonly height: number } | null,
  add: (annotation: Annotation) => void,
  problems: string[],
): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    // Some tools leave out the inner brackets where there is one part only.
    const parts: unknown[] = value.length > 0 && typeof value[0] === 'number' ? [value] : value;
    for (const part of parts) {
      if (!Array.isArray(part)) {
        problems.push('a part of the outline is not a list');
        continue;
      }
      const points = part.map(numberOf);
      if (task !== 'stuff') add({ ...head, type: 'polygon', zOrder: 0, points });
      else if (size !== null && points.length >= 6 && points.every(Number.isFinite)) {
        const counts = polygonCounts(points, size.width, size.height);
        add({ ...head, type: 'mask', zOrder: 0, ...size, counts });
      }
    }
    return;
  }
  if (!isRecord(value)) {
    problems.push('the outline is neither a list nor run lengths');
    return;
  }
  const given = field(value, 'counts');
  const counts =
    typeof given === 'string' ? expandCounts(given) : Array.isArray(given) ? given.map(numberOf) : null;
  const sides = field(value, 'size');
  if (counts === null || !Array.isArray(sides) || sides.length !== 2) {
    problems.push('mask: the run lengths are damaged');
    return;
  }
  const [height, width] = sides.map(numberOf);
  add({ ...head, type: 'mask', zOrder: 0, width: width!, height: height!, counts });
}

function parsePoints(
  value: unknown,
  head: Head,
  add: (annotation: Annotation) => void,
  problems: string[],
): void {
  if (!Array.isArray(value) || value.length === 0) return;
  if (value.length % 3 !== 0) {
    problems.push('points: not three numbers per point');
    return;
  }
  const points: number[] = [];
  const visibility: Visibility[] = [];
  for (let index = 0; index < value.length; index += 3) {
    points.push(numberOf(value[index]), numberOf(value[index + 1]));
    const seen = numberOf(value[index + 2]);
    visibility.push(seen === 0 || seen === 1 ? seen : 2);
  }
  add({ ...head, type: 'points', zOrder: 0, points, visibility });
}
