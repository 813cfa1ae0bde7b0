import { rotatedCorners } from '../convert.ts';
import type { Dataset } from '../format.ts';
import { compressCounts, decodeBitmap, encodeBitmap, expandCounts } from '../masks.ts';
import type { Annotation, AnnotationType } from '../model/index.ts';
import { mapItems } from '../transforms/transform.ts';
import type { Golden, GoldenAnnotation, GoldenItem } from './golden.ts';

export const only =
  (...types: readonly AnnotationType[]) =>
  (dataset: Dataset): Dataset =>
    keep(dataset, ({ type }) => types.includes(type));

export const keep = (dataset: Dataset, wanted: (annotation: Annotation) => boolean): Dataset =>
  mapItems(dataset, (item) => ({ ...item, annotations: item.annotations.filter(wanted) }));

export const mapAnnotations = (
  golden: Golden,
  change: (annotation: GoldenAnnotation) => GoldenAnnotation,
): Golden => ({
  ...golden,
  items: golden.items.map((item) => ({ ...item, annotations: item.annotations.map(change) })),
});

export const withoutAttributes =
  (...names: readonly string[]) =>
  (annotation: GoldenAnnotation): GoldenAnnotation => ({
    ...annotation,
    attributes: Object.fromEntries(
      Object.entries(annotation.attributes).filter(([name]) => !names.includes(name)),
    ),
  });

export const to =
  (...names: readonly string[]) =>
  (_: string, target: string): boolean =>
    names.includes(target);

export const from =
  (...sets: readonly string[]) =>
  (set: string): boolean =>
    sets.some((name) => set === name || set.startsWith(`${name}@`));

export const bare = ({ labels, items }: Golden): Golden => ({
  labels: labels.map(({ name }) => ({ name, parent: '', attributes: [] })),
  items,
});

/** Changes the items of one reading. */
export const mapItemsOf = (golden: Golden, change: (item: GoldenItem) => GoldenItem): Golden => ({
  ...golden,
  items: golden.items.map(change),
});

/** What a rotated box's corners may differ by where each is written with two decimals. */
const nearCorners = 0.03;

const cornersOf = ([
  centreX = 0,
  centreY = 0,
  width = 0,
  height = 0,
  angle = 0,
]: readonly number[]): number[] => rotatedCorners({ centreX, centreY, width, height, angle });

export const nearBoxes = (one: readonly number[], other: readonly number[]): boolean =>
  cornersOf(one).every((value, at) => Math.abs(value - cornersOf(other)[at]!) <= nearCorners);

/** All masks of a class as one. */
export const onePerClass = (golden: Golden): Golden =>
  mapItemsOf(golden, (item) => {
    const joined = new Map<string, { mask: GoldenAnnotation; bits: Uint8Array }>();
    const rest: GoldenAnnotation[] = [];
    for (const part of item.annotations) {
      const [height = 0, width = 0] = part.mask?.size ?? [];
      if (part.mask === undefined) rest.push(part);
      else {
        const bits = decodeBitmap(expandCounts(part.mask.rle) ?? [], width, height);
        const known = joined.get(part.label ?? '');
        if (known === undefined) joined.set(part.label ?? '', { mask: part, bits });
        else for (const [place, bit] of bits.entries()) known.bits[place]! |= bit;
      }
    }
    const masks = [...joined.values()].map(({ mask, bits }) => {
      const [height = 0, width = 0] = mask.mask!.size;
      const area = bits.reduce((sum, bit) => sum + bit, 0);
      const rle = compressCounts(encodeBitmap(bits, width, height));
      return { ...mask, mask: { size: [height, width], rle, area } };
    });
    return { ...item, annotations: [...rest, ...masks] };
  });
