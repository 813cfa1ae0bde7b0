import type { Point, Run, Series } from '../types.ts';

/** What the compressed model may lose against the teacher or the dense model. */
export interface Budget {
  /** Key of the metric, such as `eval_accuracy`; missing: the first that isn't a loss or a time. */
  readonly metric?: string;
  /** The dense model's value. */
  readonly baseline: number;
  /** How much worse the result may be, in the metric's own unit. */
  readonly allowed: number;
  /** Missing: larger is better unless the metric's name says a loss, an error or a perplexity. */
  readonly lowerIsBetter?: boolean;
}

export interface MetricState {
  readonly key: string;
  readonly series: Series;
  readonly last: Point;
  readonly best: Point;
  readonly lowerIsBetter: boolean;
  readonly budget?: {
    readonly baseline: number;
    /** The worst value that is allowed. */
    readonly limit: number;
    /** How much better than the limit the last value is; negative when below budget. */
    readonly margin: number;
    readonly met: boolean;
  };
}

const notMetrics =
  /^eval_(?:loss|runtime|samples|samples_per_second|steps_per_second|jit_compilation_time|model_.*)$/;
const lowIsGood = /loss|error|perplexity|wer|cer|mse|mae/;

/**
 * The metric of quality. `eval_loss` is never taken: it contains the loss of compression, so that it jumps at warm-up
 * and falls after it without the model getting better or worse.
 */
export function metricOf({ metrics }: Run, budget?: Budget): MetricState | undefined {
  const candidates = Object.keys(metrics).filter((key) => key.startsWith('eval_') && !notMetrics.test(key));
  const key =
    budget?.metric ?? candidates.find((name) => /accuracy|f1|mcc|pearson/.test(name)) ?? candidates[0];
  const series = key === undefined ? undefined : metrics[key];
  const last = series?.at(-1);
  if (!key || !series || !last) return undefined;
  const lowerIsBetter = budget?.lowerIsBetter ?? lowIsGood.test(key.replace(/^eval_/, ''));
  const sign = lowerIsBetter ? -1 : 1;
  const best = series.reduce((one, other) => (sign * other.value > sign * one.value ? other : one));
  const state = { key, series, last, best, lowerIsBetter };
  if (!budget) return state;
  const limit = budget.baseline - sign * budget.allowed;
  const margin = sign * (last.value - limit);
  // 0.9375 - 0.01 isn't exact in binary; a value on the limit meets it.
  return { ...state, budget: { baseline: budget.baseline, limit, margin, met: margin >= -1e-9 } };
}
