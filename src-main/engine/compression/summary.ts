import type { Advice } from './advice/rule.ts';
import { heatMapOf } from './derive/heat-map.ts';
import type { Derived } from './derive/index.ts';
import type { Problem, Run } from './types.ts';

/** What `refinery monitor --json` prints: stable names, plain values, null where something isn't known. */
/** What is left of a block. */
interface LeftOfBlock {
  readonly layer: number;
  /** Such as `bert.encoder.layer.3`. */
  readonly module: string;
  readonly kept: number;
  readonly total: number;
}

export interface RunSummary {
  readonly stages: ReadonlyArray<{
    readonly name: string;
    readonly from_step: number;
    readonly to_step: number | null;
  }>;
  readonly stage: string;
  readonly steps: number | null;
  readonly max_steps: number | null;
  readonly finished: boolean;
  /** The newest value of each metric; null for one that isn't a finite number. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** 0 to 1: of the model, of what can be pruned, and of each layer's weights when last told. */
  readonly sparsity: {
    readonly model: number | null;
    readonly linear: number | null;
    readonly layers: ReadonlyArray<{ readonly layer: string; readonly sparsity: number | null }>;
  };
  readonly heads: readonly LeftOfBlock[];
  readonly feed_forward: readonly LeftOfBlock[];
  /** Weights of linear layers. */
  readonly parameters: { readonly dense: number | null; readonly pruned: number | null };
  /** Part of the weights of linear layers and embeddings, 0 to 1. */
  readonly int8: { readonly coverage: number | null };
  readonly advice: readonly Advice[];
  readonly problems: readonly Problem[];
}

export function summaryOf(run: Run, derived: Derived, advice: readonly Advice[]): RunSummary {
  const { stages, sparsity, structure, quantization, progress } = derived;
  const heat = heatMapOf(run);
  const newest = Object.entries(run.metrics).map(([key, series]) => {
    const value = series.at(-1)?.value;
    return [key, value === undefined || !Number.isFinite(value) ? null : value] as const;
  });
  const kept = (of: 'heads' | 'feedForward') =>
    (structure?.layers ?? []).flatMap(({ layer, path, [of]: sizes }) =>
      sizes ? [{ layer, module: path, kept: sizes.kept, total: sizes.dense }] : [],
    );
  return {
    stages: stages.list.map(({ kind, from, to }) => ({ name: kind, from_step: from, to_step: to ?? null })),
    stage: stages.now,
    steps: progress.step ?? null,
    max_steps: progress.maxSteps ?? null,
    finished: run.training.finished,
    metrics: Object.fromEntries(newest),
    sparsity: {
      model: sparsity.now?.model ?? null,
      linear: sparsity.now?.prunable ?? null,
      layers: (heat?.layers ?? []).map((layer, index) => ({
        layer,
        sparsity: heat?.values[index]?.at(-1) ?? null,
      })),
    },
    heads: kept('heads'),
    feed_forward: kept('feedForward'),
    parameters: { dense: structure?.denseParameters ?? null, pruned: structure?.prunedParameters ?? null },
    int8: { coverage: quantization?.parameterShare ?? null },
    advice,
    problems: run.problems,
  };
}
