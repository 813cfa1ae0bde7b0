import type { Series } from '../types.ts';

/** What a curve is drawn over: optimizer steps, epochs, or seconds since its first point. */
export type Axis = 'step' | 'epoch' | 'time';

/** Two numbers: where, and the value. Both are finite. */
export type CurvePoint = readonly [number, number];

export interface Curve {
  readonly points: readonly CurvePoint[];
  /** Points that are NaN or infinite, or have no place on the axis, and so are not drawn. */
  readonly notDrawn: number;
}

/** The points of a series that can be drawn, by ascending place. */
export function curveOf(series: Series, axis: Axis): Curve {
  const begin = axis === 'time' ? Math.min(...series.flatMap(({ time }) => time ?? [])) : 0;
  const points = series.flatMap(({ step, epoch, time, value }): CurvePoint[] => {
    const at = axis === 'step' ? step : axis === 'epoch' ? epoch : time;
    if (at === undefined || !Number.isFinite(at) || !Number.isFinite(value)) return [];
    return [[at - begin, value]];
  });
  // A clock that jumps back would draw a line back too.
  points.sort(([one], [other]) => one - other);
  return { points, notDrawn: series.length - points.length };
}

/**
 * Exponential moving average as TensorBoard draws it: each point is `weight` of what was before and the rest of its own
 * value, divided by 1 - weight^n so that the first points don't lean to 0. Constant curves stay as they are.
 * https://github.com/tensorflow/tensorboard, line-chart.ts, resmoothDataset.
 *
 * @param weight 0 (as it is) up to, but not, 1.
 */
export function smooth(points: readonly CurvePoint[], weight: number): CurvePoint[] {
  const first = points[0]?.[1];
  if (!(weight > 0) || points.every(([, value]) => value === first)) return [...points];
  const kept = Math.min(weight, 0.999_999);
  let average = 0;
  let left = 1;
  return points.map(([at, value]) => {
    average = average * kept + (1 - kept) * value;
    left *= kept;
    return [at, average / (1 - left)];
  });
}

/**
 * At most `most` points that look the same: the range is cut into buckets of equal width, and of each the least and the
 * greatest value stay, besides the first and the last point of all. No peak is lost, which an average or every nth point
 * would lose.
 */
export function thin(points: readonly CurvePoint[], most: number): CurvePoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length <= most || !first || !last) return [...points];
  const buckets = Math.max(1, Math.floor((most - 2) / 2));
  const width = (last[0] - first[0]) / buckets || 1;
  const extremes = new Map<number, { least: number; greatest: number }>();
  points.forEach(([at, value], index) => {
    const bucket = Math.min(buckets - 1, Math.floor((at - first[0]) / width));
    const known = extremes.get(bucket);
    if (!known) extremes.set(bucket, { least: index, greatest: index });
    else if (value < points[known.least]![1]) known.least = index;
    else if (value > points[known.greatest]![1]) known.greatest = index;
  });
  const kept = new Set([0, points.length - 1]);
  for (const { least, greatest } of extremes.values()) kept.add(least).add(greatest);
  return [...kept].sort((one, other) => one - other).map((index) => points[index]!);
}

/**
 * The range of values that a chart shows: all of them, or, for `clip` above 0, without the outermost part at either end,
 * such as 0.05 for 5 %. Curves go beyond it where they have outliers; nothing is left out of them.
 */
export function rangeOf(
  curves: ReadonlyArray<readonly CurvePoint[]>,
  clip: number,
): readonly [number, number] | undefined {
  const values = Float64Array.from(curves.flatMap((points) => points.map(([, value]) => value))).sort();
  if (values.length === 0) return undefined;
  // Between two values, as numpy's percentile does by default.
  const quantile = (part: number): number => {
    const place = part * (values.length - 1);
    const [low, high] = [values[Math.floor(place)]!, values[Math.ceil(place)]!];
    return low + (high - low) * (place - Math.floor(place));
  };
  const part = Math.min(0.49, Math.max(0, clip));
  return [quantile(part), quantile(1 - part)];
}
