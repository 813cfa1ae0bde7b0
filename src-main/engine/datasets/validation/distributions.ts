import { paced } from '../breathing.ts';
import { hull } from '../convert.ts';
import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';
import { annotationsIn, type Statistics, StatisticsCounter } from '../statistics.ts';

/** Cells of the heat map along each side. */
const cells = 16;

/** Upper ends of the bins: side of a square of the box's area, as a part of the same for its picture. */
const sizeEdges = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1] as const;
/** Upper ends of the bins: width over height. */
const ratioEdges = [0.1, 0.2, 0.33, 0.5, 0.8, 1.25, 2, 3, 5, 10] as const;

/** Counts in bins; the last bin is beyond the last edge. */
export interface Histogram {
  /** Upper ends, included. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** What a set is like. */
export interface Description {
  readonly statistics: Statistics;
  readonly annotations: number;
  /** Annotations by class and subset, in the order of the classes. */
  readonly classes: readonly {
    readonly label: string;
    readonly count: number;
    /** Items that have it. */
    readonly items: number;
    readonly bySubset: Readonly<Record<string, number>>;
  }[];
  /** Of the boxes around shapes, where the picture's size is known. */
  readonly boxSizes: Histogram;
  readonly aspectRatios: Histogram;
  /** How many shapes have their centre in each cell, row by row, 16 × 16 over the picture; outside counts as the edge. */
  readonly heatMap: readonly (readonly number[])[];
  /** Annotations per item. */
  readonly perItem: { readonly least: number; readonly mean: number; readonly most: number };
  /** Sizes of pictures and how many have them, the most frequent first. */
  readonly pictureSizes: readonly {
    readonly width: number;
    readonly height: number;
    readonly count: number;
  }[];
}

/** Most sizes of pictures that are told apart. */
const mostSizes = 10_000;

/** Describes a set in one reading. */
export async function describeSet(dataset: Dataset, signal?: AbortSignal): Promise<Description> {
  const counter = new StatisticsCounter({ looks: true });
  const { labels } = dataset.categories;
  const classes = labels.map(() => ({ count: 0, items: 0, bySubset: new Map<string, number>() }));
  const boxSizes = new Array<number>(sizeEdges.length + 1).fill(0);
  const aspectRatios = new Array<number>(ratioEdges.length + 1).fill(0);
  const heatMap = Array.from({ length: cells }, () => new Array<number>(cells).fill(0));
  const pictureSizes = new Map<string, number>();
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for await (const item of paced(dataset, signal).items()) {
    signal?.throwIfAborted();
    counter.add(item);
    least = Math.min(least, item.annotations.length);
    most = Math.max(most, item.annotations.length);
    const size = item.media?.size ?? null;
    if (size !== null) {
      const key = `${size.width} ${size.height}`;
      if (pictureSizes.size < mostSizes || pictureSizes.has(key)) increase(pictureSizes, key);
    }
    const seen = new Set<number>();
    for (const annotation of item.annotations) {
      if ('label' in annotation && annotation.label !== null) {
        const own = classes[annotation.label];
        if (own !== undefined) {
          own.count += 1;
          if (!seen.has(annotation.label)) own.items += 1;
          seen.add(annotation.label);
          increase(own.bySubset, item.subset);
        }
      }
      place(annotation, size, boxSizes, aspectRatios, heatMap);
    }
  }
  const statistics = counter.result(dataset);
  const annotations = annotationsIn(statistics);
  return {
    statistics,
    annotations,
    classes: labels.map(({ name }, index) => {
      const { count, items, bySubset } = classes[index]!;
      return { label: name, count, items, bySubset: Object.fromEntries(bySubset) };
    }),
    boxSizes: { edges: sizeEdges, counts: boxSizes },
    aspectRatios: { edges: ratioEdges, counts: aspectRatios },
    heatMap,
    perItem: {
      least: statistics.items === 0 ? 0 : least,
      mean: statistics.items === 0 ? 0 : annotations / statistics.items,
      most,
    },
    pictureSizes: [...pictureSizes]
      .sort(([, one], [, other]) => other - one)
      .slice(0, 20)
      .map(([key, count]) => {
        const [width, height] = key.split(' ').map(Number) as [number, number];
        return { width, height, count };
      }),
  };
}

function place(
  annotation: Item['annotations'][number],
  size: { readonly width: number; readonly height: number } | null,
  boxSizes: number[],
  aspectRatios: number[],
  heatMap: number[][],
): void {
  const bounds = hull(annotation);
  if (bounds === null) return;
  const { x, y, width, height } = bounds;
  if (width > 0 && height > 0) aspectRatios[binOf(width / height, ratioEdges)]! += 1;
  if (size === null) return;
  boxSizes[binOf(Math.sqrt((width * height) / (size.width * size.height)), sizeEdges)]! += 1;
  const cell = (centre: number, side: number): number =>
    Math.min(cells - 1, Math.max(0, Math.floor((centre / side) * cells)));
  heatMap[cell(y + height / 2, size.height)]![cell(x + width / 2, size.width)]! += 1;
}

function binOf(value: number, edges: readonly number[]): number {
  const bin = edges.findIndex((edge) => value <= edge);
  return bin < 0 ? edges.length : bin;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
