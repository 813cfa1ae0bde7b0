import type { Run } from '../types.ts';
import { type Axis, type CurvePoint, curveOf, rangeOf, smooth, thin } from './curve.ts';
import { type MeasuredCost, type Pareto, paretoOf } from './pareto.ts';
import { compareSettings, type SettingRow } from './settings.ts';

export interface NamedRun {
  /** What a person calls it, such as the name of its folder. */
  readonly name: string;
  readonly run: Run;
}

export interface CompareOptions {
  /** Keys of the metrics to overlay; missing: all that any of the runs has. */
  readonly metrics?: readonly string[];
  readonly axis?: Axis;
  /** 0 to 1, as TensorBoard's slider; see {@link smooth}. */
  readonly smoothing?: number;
  /** Part of the values that a chart leaves out of its range at either end; see {@link rangeOf}. */
  readonly clip?: number;
  /** Points of each curve at most; see {@link thin}. */
  readonly points?: number;
  /** The metric of quality; missing: the runs' own. */
  readonly quality?: string;
  readonly measured?: readonly MeasuredCost[];
}

/** One metric of all runs. */
export interface Overlay {
  readonly metric: string;
  readonly axis: Axis;
  /** One for each run that has the metric. `smoothed` is missing without smoothing. */
  readonly curves: ReadonlyArray<{
    /** Place of the run in the list of runs. */
    readonly run: number;
    readonly points: readonly CurvePoint[];
    readonly smoothed?: readonly CurvePoint[];
    readonly notDrawn: number;
  }>;
  /** Least and greatest value to show; missing where there is nothing. */
  readonly range?: readonly [number, number];
}

export interface Comparison {
  readonly runs: readonly string[];
  readonly overlays: readonly Overlay[];
  readonly settings: readonly SettingRow[];
  /** Missing where no run was evaluated. */
  readonly pareto?: Pareto;
}

/** Several trainings against each other, as plain values. */
export function compareRuns(named: readonly NamedRun[], options: CompareOptions = {}): Comparison {
  const runs = named.map(({ run }) => run);
  const metrics = options.metrics ?? [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort();
  const pareto = paretoOf(runs, {
    ...(options.quality === undefined ? {} : { metric: options.quality }),
    ...(options.measured ? { measured: options.measured } : {}),
  });
  return {
    runs: named.map(({ name }) => name),
    overlays: metrics.map((metric) => overlayOf(runs, metric, options)),
    settings: compareSettings(runs),
    ...(pareto ? { pareto } : {}),
  };
}

/** One metric of several runs, thinned after smoothing so that both curves are of all points. */
export function overlayOf(
  runs: readonly Run[],
  metric: string,
  { axis = 'step', smoothing = 0, clip = 0, points: most = 1000 }: CompareOptions = {},
): Overlay {
  const curves = runs.flatMap((run, index) => {
    const series = run.metrics[metric];
    if (!series) return [];
    const { points, notDrawn } = curveOf(series, axis);
    const smoothed = smoothing > 0 ? { smoothed: thin(smooth(points, smoothing), most) } : {};
    return [{ run: index, points: thin(points, most), ...smoothed, notDrawn, all: points }];
  });
  const range = rangeOf(
    curves.map(({ all }) => all),
    clip,
  );
  return {
    metric,
    axis,
    curves: curves.map(({ all: _, ...curve }) => curve),
    ...(range ? { range } : {}),
  };
}
