import { boxAround, hull } from '../../convert.ts';
import { areaOf, unionOf } from '../../masks.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  isCrowd,
  objectOf,
  type Points,
} from '../../model/index.ts';
import { polygonCounts } from '../../polygons.ts';
import type { Task } from './layout.ts';

/** Parts that belong together, in the order of their first. An object has one box: one with parts of its own is several. */
export function objectsOf(parts: readonly Annotation[]): Annotation[][] {
  const byNumber = new Map<number, Annotation[]>();
  const objects: Annotation[][] = [];
  for (const part of parts) {
    if (part.type === 'caption' || part.type === 'label') continue;
    const number = objectOf(part);
    const known = number === 0 ? undefined : byNumber.get(number);
    const isAnother = part.type === 'box' && known?.some(({ type }) => type === 'box') === true;
    if (known !== undefined && !isAnother) known.push(part);
    else {
      const object = [part];
      objects.push(object);
      if (number !== 0 && !isAnother) byNumber.set(number, object);
    }
  }
  return objects;
}

/**
 * One COCO object as JSON; null where it has no place in the picture. A file has a million of them, and putting the
 * fields together here takes a third of what `JSON.stringify` takes for an object of them.
 */
export function objectText(
  id: () => number,
  picture: number,
  object: readonly Annotation[],
  task: Task,
  size: { readonly width: number; readonly height: number },
  categoryIds: readonly number[],
): string | null {
  const box = object.find((part) => part.type === 'box');
  const labelled = object.find((part) => 'label' in part && part.label !== null);
  const label = labelled !== undefined && 'label' in labelled ? labelled.label : null;
  const attributes: Attributes =
    object.length === 1 ? object[0]!.attributes : new Map(object.flatMap((part) => [...part.attributes]));
  const around = box ?? boxAround(object.map(hull).filter((entry) => entry !== null));
  if (around === null || around === undefined) return null;
  const { segmentation, area } = outlineOf(object, around, task, size);
  const score = scoreOf(attributes.get('score'));
  const { x, y, width, height } = around;
  let text = `{"id":${id()},"image_id":${picture}`;
  const category = label === null ? undefined : categoryIds[label];
  if (category !== undefined) text += `,"category_id":${category}`;
  // A mask alone makes no crowd: only what the source calls one is one.
  text += `,"segmentation":${segmentation},"area":${area},"bbox":[${x},${y},${width},${height}]`;
  text += `,"iscrowd":${isCrowd(attributes) ? 1 : 0}`;
  if (score !== undefined) text += `,"score":${score}`;
  let rest = '';
  for (const [name, value] of attributes) {
    if (name === 'is_crowd' || (name === 'score' && score !== undefined)) continue;
    const text = typeof value === 'boolean' ? String(value) : JSON.stringify(value);
    rest += `${rest === '' ? '' : ','}${nameText(name)}:${text}`;
  }
  if (rest !== '') text += `,"attributes":{${rest}}`;
  if (task === 'person_keypoints') text += keypointsText(object.find((part) => part.type === 'points'));
  return `${text}}`;
}

/** Attributes' names as JSON: a set has a few of them, a million times. */
const nameTexts = new Map<string, string>();
const mostNames = 1000;

function nameText(name: string): string {
  const known = nameTexts.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (nameTexts.size < mostNames) nameTexts.set(name, text);
  return text;
}

/** `segmentation` as JSON, and `area`. */
function outlineOf(
  object: readonly Annotation[],
  around: { readonly width: number; readonly height: number },
  task: Task,
  size: { readonly width: number; readonly height: number },
): { readonly segmentation: string; readonly area: number } {
  const isOutlined = object.some(({ type }) => type === 'polygon' || type === 'mask');
  if (!isOutlined) return { segmentation: '[]', area: around.width * around.height };
  const rings = object.filter((part) => part.type === 'polygon').map(({ points }) => points);
  const masks = object.filter((part) => part.type === 'mask');
  // A picture without a size can't hold a mask; every mask brings its own.
  const frame = masks[0] ?? size;
  const ringCounts = (): number[][] => rings.map((ring) => polygonCounts(ring, frame.width, frame.height));
  if (masks.length > 0 || (task === 'stuff' && rings.length > 0)) {
    const every = [...masks.map(({ counts }) => counts), ...ringCounts()];
    const counts = unionOf(every, frame.width, frame.height);
    // COCO's own masks are uncompressed, and every reader takes that.
    const segmentation = `{"counts":[${counts.join()}],"size":[${frame.height},${frame.width}]}`;
    return { segmentation, area: areaOf(counts) };
  }
  const segmentation = `[${rings.map((ring) => `[${ring.join()}]`).join()}]`;
  const area =
    frame.width > 0 ? areaOf(unionOf(ringCounts(), frame.width, frame.height)) : around.width * around.height;
  return { segmentation, area };
}

function keypointsText(points: Points | undefined): string {
  if (points === undefined) return ',"keypoints":[],"num_keypoints":0';
  const numbers = points.visibility.flatMap((seen, index) => [
    points.points[index * 2]!,
    points.points[index * 2 + 1]!,
    seen,
  ]);
  const seen = points.visibility.filter((entry) => entry > 0).length;
  return `,"keypoints":[${numbers.join()}],"num_keypoints":${seen}`;
}

/** A score as a number; formats of text give it as one. */
function scoreOf(value: AttributeValue | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
