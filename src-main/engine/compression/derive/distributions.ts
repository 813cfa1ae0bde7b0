import type { Histogram } from '../ingest/histograms.ts';

/** Parts of all numbers below each line; 0 and 1 are the least and the greatest. */
export const quantiles = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/**
 * The value below which a part of a histogram's numbers lies, taking them as evenly spread within each bucket.
 *
 * @param part 0 to 1.
 */
export function quantileOf({ edges, counts }: Pick<Histogram, 'edges' | 'counts'>, part: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = part * total;
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]!;
    if (count > 0 && left <= count) {
      const [from, to] = [edges[index]!, edges[index + 1]!];
      return from + (to - from) * (left / count);
    }
    left -= count;
  }
  return edges.at(-1) ?? Number.NaN;
}

export interface DistributionLine {
  readonly name: string;
  /** By step. */
  readonly points: ReadonlyArray<readonly [number, number]>;
}

const names = ['least', '5 %', '25 %', 'median', '75 %', '95 %', 'greatest'] as const;

/** How a tensor's numbers spread over the steps: a line for each of {@link quantiles}. */
export function distributionLines(histograms: readonly Histogram[]): DistributionLine[] {
  const ordered = [...histograms].sort((one, other) => one.step - other.step);
  return quantiles.map((part, index) => ({
    name: names[index]!,
    points: ordered.map((histogram) => [histogram.step, quantileOf(histogram, part)] as const),
  }));
}
