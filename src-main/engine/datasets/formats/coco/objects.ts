import { boxAround, hull } from '../../convert.ts';
import { areaOf, unionOf } from '../../masks.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  isCrowd,
  toRecord,
  without,
} from '../../model/index.ts';
import { polygonCounts } from '../../polygons.ts';
import type { Task } from './layout.ts';

/** Parts that belong together, in the order of their first. */
export function objectsOf(parts: readonly Annotation[]): Annotation[][] {
  const groups = new Map<number, Annotation[]>();
  const objects: Annotation[][] = [];
  for (const part of parts) {
    if (part.type === 'caption' || part.type === 'label') continue;
    const known = part.group === 0 ? undefined : groups.get(part.group);
    if (known !== undefined) known.push(part);
    else {
      const object = [part];
      objects.push(object);
      if (part.group !== 0) groups.set(part.group, object);
    }
  }
  return objects;
}

/** The fields of one COCO object but its numbers; null where it has no place in the picture. */
export function objectFields(
  object: readonly Annotation[],
  task: Task,
  size: { readonly width: number; readonly height: number },
  categoryIds: readonly number[],
): Record<string, unknown> | null {
  const rings = object.filter((part) => part.type === 'polygon').map(({ points }) => points);
  const masks = object.filter((part) => part.type === 'mask');
  const points = object.find((part) => part.type === 'points');
  const box = object.find((part) => part.type === 'box');
  const label = object.map((part) => ('label' in part ? part.label : null)).find((entry) => entry !== null);
  const attributes: Attributes = new Map(object.flatMap((part) => [...part.attributes]));
  const around = box ?? boxAround(object.map(hull).filter((entry) => entry !== null));
  if (around === null || around === undefined) return null;
  // A picture without a size can't hold a mask; every mask brings its own.
  const frame = masks[0] ?? size;
  const ringCounts = (): number[][] => rings.map((ring) => polygonCounts(ring, frame.width, frame.height));
  let segmentation: unknown = [];
  let area = around.width * around.height;
  if (masks.length > 0 || (task === 'stuff' && rings.length > 0)) {
    const every = [...masks.map(({ counts }) => counts), ...ringCounts()];
    const counts = unionOf(every, frame.width, frame.height);
    // COCO's own masks are uncompressed, and every reader takes that.
    segmentation = { counts, size: [frame.height, frame.width] };
    area = areaOf(counts);
  } else if (rings.length > 0) {
    segmentation = rings;
    if (frame.width > 0) area = areaOf(unionOf(ringCounts(), frame.width, frame.height));
  }
  const score = scoreOf(attributes.get('score'));
  const named = ['is_crowd', ...(score === undefined ? [] : ['score'])];
  const rest = toRecord(without(attributes, ...named));
  return {
    ...(label === null || label === undefined ? {} : { category_id: categoryIds[label] }),
    segmentation,
    area,
    bbox: [around.x, around.y, around.width, around.height],
    // A mask alone makes no crowd: only what the source calls one is one.
    iscrowd: isCrowd(attributes) ? 1 : 0,
    ...(score === undefined ? {} : { score }),
    ...(Object.keys(rest).length > 0 ? { attributes: rest } : {}),
    ...(task !== 'person_keypoints'
      ? {}
      : points === undefined
        ? { keypoints: [], num_keypoints: 0 }
        : {
            keypoints: points.visibility.flatMap((seen, index) => [
              points.points[index * 2]!,
              points.points[index * 2 + 1]!,
              seen,
            ]),
            num_keypoints: points.visibility.filter((seen) => seen > 0).length,
          }),
  };
}

/** A score as a number; formats of text give it as one. */
function scoreOf(value: AttributeValue | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
