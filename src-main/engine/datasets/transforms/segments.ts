import { z } from 'zod';
import { areaOfShape } from '../areas.ts';
import { outlines } from '../convert.ts';
import { areaOf, decodeBitmap, encodeBitmap, maskOverlap, unionOf } from '../masks.ts';
import type { Annotation, Mask, Polygon, Size } from '../model/index.ts';
import { polygonCounts } from '../polygons.ts';
import { defineTransform, mapAnnotations } from './transform.ts';

type Segment = Polygon | Mask;

const isSegment = (part: Annotation): part is Segment => part.type === 'polygon' || part.type === 'mask';

const countsOf = (segment: Segment, { width, height }: Size): readonly number[] =>
  segment.type === 'mask' ? segment.counts : polygonCounts(segment.points, width, height);

/** Shares that differ by less are the same, as in Datumaro. */
const tolerance = 0.001;

export const cropCovered = defineTransform({
  name: 'crop_covered_segments',
  about: 'annotations',
  description: 'Cuts off of outlines and masks what others cover that lie above them.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapAnnotations(dataset, (annotations, { media }) => {
      const segments = annotations.filter(isSegment).toSorted((a, b) => a.zOrder - b.zOrder);
      const size = media?.size ?? sizeOf(segments);
      if (size === null || segments.length < 2) return annotations;
      const rest = annotations.filter((part) => !isSegment(part));
      const counts = segments.map((segment) => countsOf(segment, size));
      return [...rest, ...segments.flatMap((segment, at) => visible(segment, counts, at, size))];
    }),
});

/** Where a picture's size is not known, a mask has it. */
const sizeOf = (segments: readonly Segment[]): Size | null =>
  segments.find((segment) => segment.type === 'mask') ?? null;

/**
 * What is left of a segment. One that lies wholly in another above it is left as it is, as that order is a mistake, and
 * one above that lies wholly in it cuts no hole.
 */
function visible(
  segment: Segment,
  counts: readonly (readonly number[])[],
  at: number,
  size: Size,
): readonly Segment[] {
  const own = counts[at]!;
  const area = areaOf(own);
  if (area < 1) return [];
  const above: (readonly number[])[] = [];
  for (const other of counts.slice(at + 1)) {
    const overlap = maskOverlap(own, other);
    if (overlap <= 0) continue;
    const ratio = areaOf(other) / area;
    if (Math.abs(ratio - overlap) < tolerance) continue;
    if (Math.abs(1 / ratio - overlap) < tolerance) return [segment];
    above.push(other);
  }
  if (above.length === 0) return [segment];
  const { width, height } = size;
  const bitmap = decodeBitmap(own, width, height);
  const covered = decodeBitmap(unionOf(above, width, height), width, height);
  const left = encodeBitmap(
    bitmap.map((bit, place) => bit & ~covered[place]!),
    width,
    height,
  );
  const { id, group, label, attributes, zOrder } = segment;
  const mask: Mask = { id, group, label, attributes, zOrder, type: 'mask', width, height, counts: left };
  if (segment.type === 'mask') return areaOf(left) === 0 ? [] : [mask];
  return outlines(mask).map((points) => ({ ...segment, points }));
}

export const mergeInstances = defineTransform({
  name: 'merge_instance_segments',
  about: 'annotations',
  description: 'Joins the masks of each object into one, with the class and attributes of the largest.',
  options: z.strictObject({
    include_polygons: z.boolean().default(false).describe('whether outlines are drawn into the mask, too'),
  }),
  apply: (dataset, { include_polygons }) =>
    mapAnnotations(dataset, (annotations, { media }) => {
      const segments = annotations.filter(isSegment);
      const size = media?.size ?? sizeOf(segments);
      if (size === null) return annotations;
      const objects = new Map<number, Segment[]>();
      for (const segment of segments) {
        if (segment.group !== 0) objects.set(segment.group, [...(objects.get(segment.group) ?? []), segment]);
      }
      const rest = annotations.filter((part) => !isSegment(part));
      const alone = segments.filter(({ group }) => group === 0).map((segment) => [segment]);
      const merged = [...alone, ...objects.values()].flatMap((parts) =>
        joined(parts, size, include_polygons),
      );
      return [...rest, ...merged];
    }),
});

function joined(parts: readonly Segment[], size: Size, drawn: boolean): readonly Segment[] {
  const outlined = parts.filter((part) => part.type === 'polygon');
  const used = parts.filter((part) => part.type === 'mask' || drawn);
  if (used.length === 0 || (parts.length === 1 && used[0]?.type === 'mask')) return parts;
  const leader = parts.reduce((best, part) => (areaOfShape(part) > areaOfShape(best) ? part : best));
  const { id, group, label, attributes, zOrder } = leader;
  const all = used.map((part) => countsOf(part, size));
  const counts = unionOf(all, size.width, size.height);
  const { width, height } = size;
  const mask: Mask = { id, group, label, attributes, zOrder, type: 'mask', width, height, counts };
  return [...(drawn ? [] : outlined), mask];
}
