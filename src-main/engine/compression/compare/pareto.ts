import { metricOf } from '../derive/metric.ts';
import { keys, scheduleOf } from '../derive/schedule.ts';
import { type StageKind, stageAt, stagesOf } from '../derive/stages.ts';
import type { IrSummary } from '../ingest/ir.ts';
import type { Run, Series } from '../types.ts';

/** What a metric may be held against, and whether less of it is better. */
export const costs = {
  bytes: { lowerIsBetter: true },
  parameters: { lowerIsBetter: true },
  sparsity: { lowerIsBetter: false },
  latency: { lowerIsBetter: true },
  throughput: { lowerIsBetter: false },
} as const;
export type Cost = keyof typeof costs;

/** A model that a run left: at its end, or as a checkpoint. */
export interface Candidate {
  /** Place of the run in the list of runs. */
  readonly run: number;
  /** Path from the run's folder; empty for the result of the training. */
  readonly checkpoint: string;
  readonly step: number | null;
  /** Where training stood: before structured masking, sparsity has not made the model smaller yet. */
  readonly stage: StageKind;
  readonly metric: number;
  readonly costs: Readonly<Partial<Record<Cost, number>>>;
}

export interface Pareto {
  readonly metric: string;
  readonly lowerIsBetter: boolean;
  readonly candidates: readonly Candidate[];
  /** For each cost, places of the candidates that no other beats in both. */
  readonly fronts: Readonly<Record<Cost, readonly number[]>>;
}

/** What was measured of a model, for {@link paretoOf}. */
export interface MeasuredCost {
  readonly run: number;
  readonly checkpoint: string;
  /** Milliseconds. */
  readonly latency?: number;
  /** Samples per second. */
  readonly throughput?: number;
}

/** The metric against the costs, over runs and their checkpoints. Checkpoints without an evaluation are left out. */
export function paretoOf(
  runs: readonly Run[],
  { metric, measured = [] }: { readonly metric?: string; readonly measured?: readonly MeasuredCost[] } = {},
): Pareto | undefined {
  const states = runs.map((run) =>
    metricOf(run, metric === undefined ? undefined : { metric, baseline: 0, allowed: 0 }),
  );
  const state = states.find((one) => one !== undefined);
  if (!state) return undefined;
  const { key, lowerIsBetter } = state;
  const candidates = runs.flatMap((run, index) => {
    const stages = stagesOf(run, scheduleOf(run)).list;
    const measuredFor = (checkpoint: string): Candidate['costs'] => {
      const found = measured.find((one) => one.run === index && one.checkpoint === checkpoint);
      return defined({ latency: found?.latency, throughput: found?.throughput });
    };
    const candidate = (
      checkpoint: string,
      step: number | undefined,
      value: number | undefined,
      ir?: IrSummary,
    ) =>
      value === undefined || !Number.isFinite(value)
        ? []
        : [
            {
              run: index,
              checkpoint,
              step: step ?? null,
              stage: step === undefined ? ('unknown' as const) : stageAt(stages, step),
              metric: value,
              costs: { ...costsAt(run, step, ir), ...measuredFor(checkpoint) },
            },
          ];
    const last = run.metrics[key]?.at(-1);
    return [
      ...run.checkpoints
        .filter(({ temporary }) => !temporary)
        .flatMap(({ path, step, metrics, ir }) => candidate(path, step, metrics[key], ir)),
      // A training that broke off left no model but its checkpoints.
      ...(run.ir || run.training.finished
        ? candidate('', last?.step ?? run.training.globalStep, run.results[key] ?? last?.value, run.ir)
        : []),
    ];
  });
  const front = (cost: Cost): number[] =>
    paretoFront(
      candidates.map(({ metric: value, costs: paid }) => ({ gain: value, cost: paid[cost] })),
      { gainIsLower: lowerIsBetter, costIsLower: costs[cost].lowerIsBetter },
    );
  return {
    metric: key,
    lowerIsBetter,
    candidates,
    fronts: {
      bytes: front('bytes'),
      parameters: front('parameters'),
      sparsity: front('sparsity'),
      latency: front('latency'),
      throughput: front('throughput'),
    },
  };
}

function costsAt(run: Run, step: number | undefined, ir: IrSummary | undefined): Candidate['costs'] {
  return defined({
    bytes: ir?.binBytes === undefined ? undefined : ir.binBytes + ir.xmlBytes,
    parameters: ir?.learned,
    sparsity: step === undefined ? undefined : lastUpTo(run.metrics[keys.modelSparsity], step),
  });
}

const lastUpTo = (series: Series | undefined, step: number): number | undefined =>
  series?.findLast((point) => point.step <= step)?.value;

const defined = (values: Partial<Record<Cost, number | undefined>>): Candidate['costs'] =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && Number.isFinite(value)),
  );

interface Directions {
  readonly gainIsLower: boolean;
  readonly costIsLower: boolean;
}

/**
 * Places of the points that no other point beats: none is at least as good in both and better in one. Points without a
 * cost are never on the front. By ascending cost.
 */
export function paretoFront(
  points: ReadonlyArray<{ readonly gain: number; readonly cost: number | undefined }>,
  { gainIsLower, costIsLower }: Directions,
): number[] {
  const sign = (lower: boolean): number => (lower ? 1 : -1);
  const list = points.flatMap(({ gain, cost }, index) =>
    cost === undefined ? [] : [{ index, gain: gain * sign(gainIsLower), cost: cost * sign(costIsLower) }],
  );
  list.sort((one, other) => one.cost - other.cost || one.gain - other.gain);
  let best = Number.POSITIVE_INFINITY;
  let bestCost = Number.NaN;
  return list.flatMap(({ index, gain, cost }) => {
    if (gain > best || (gain === best && cost !== bestCost)) return [];
    [best, bestCost] = [gain, cost];
    return [index];
  });
}
