/** How many numbers of a tensor lay where, at a step. */
export interface Histogram {
  /** Optimizer steps done, as in the event. */
  readonly step: number;
  /** Ascending; one more than `counts`. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
}

/** Entries of a tag that are kept; of more, every other one is let go, again and again. */
const mostSteps = 400;
const mostTags = 2_000;

/** Histograms by tag, in bounded memory. */
export class HistogramTable {
  readonly #byTag = new Map<string, { every: number; seen: number; list: Histogram[] }>();

  add(tag: string, histogram: Histogram): void {
    let kept = this.#byTag.get(tag);
    if (!kept) {
      if (this.#byTag.size >= mostTags) return;
      kept = { every: 1, seen: 0, list: [] };
      this.#byTag.set(tag, kept);
    }
    if (kept.seen++ % kept.every !== 0) return;
    kept.list.push(histogram);
    if (kept.list.length > mostSteps) {
      kept.list = kept.list.filter((_, index) => index % 2 === 0);
      kept.every *= 2;
    }
  }

  get now(): Readonly<Record<string, readonly Histogram[]>> {
    return Object.fromEntries([...this.#byTag].map(([tag, { list }]) => [tag, [...list]]));
  }
}

/** Least and greatest value, upper limits of the buckets, and their counts. */
export interface HistogramProto {
  readonly min: number;
  readonly max: number;
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

/** What is read of tensorboard/compat/proto/histogram.proto. */
export const histogramSchema = `message HistogramProto {
  double min = 1;
  double max = 2;
  repeated double bucket_limit = 6;
  repeated double bucket = 7;
}`;

/** As torch's SummaryWriter writes it. The outermost edges are those of the values. */
export function histogramOfProto(
  { min: least, max: greatest, bucketLimit: limits, bucket: counts }: HistogramProto,
  step: number,
): Histogram | undefined {
  // Empty buckets at both ends say nothing; the last limit may be the greatest number there is.
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first < 0 || limits.length !== counts.length || !Number.isFinite(least) || !Number.isFinite(greatest)) {
    return undefined;
  }
  const inner = limits.slice(first, last);
  return {
    step,
    edges: Float64Array.from([
      least,
      ...inner.map((limit) => Math.min(Math.max(limit, least), greatest)),
      greatest,
    ]),
    counts: Float64Array.from(counts.slice(first, last + 1)),
  };
}

/** Rows of left edge, right edge and count, as TensorFlow 2 and tensorboardX's newer versions have them in a tensor. */
export function histogramOfRows(rows: readonly number[], step: number): Histogram | undefined {
  if (rows.length === 0 || rows.length % 3 !== 0) return undefined;
  const count = rows.length / 3;
  return {
    step,
    edges: Float64Array.from([rows[0]!, ...Array.from({ length: count }, (_, row) => rows[row * 3 + 1]!)]),
    counts: Float64Array.from({ length: count }, (_, row) => rows[row * 3 + 2]!),
  };
}
