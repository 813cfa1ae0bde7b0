import { lastOf } from '../metrics.ts';
import type { Run, Series } from '../types.ts';
import { keys } from './schedule.ts';
import type { Structure } from './structure.ts';

export interface Sparsity {
  /** Zeros among all weights, 0 to 1. */
  readonly model: Series;
  /** Zeros among weights and biases of the layers that can be pruned, 0 to 1. */
  readonly prunable: Series;
  /** The newest of both. */
  readonly now?: { readonly step: number; readonly model?: number; readonly prunable?: number };
  /** Part of the model's parameters that can be pruned at all, from both: the most that `model` could reach. */
  readonly prunablePart?: number;
  /** What structured masking took away of the prunable parameters; equals `prunable` after warm-up. */
  readonly structured?: number;
}

export function sparsityOf({ metrics }: Run, structure: Structure | undefined): Sparsity {
  const model = metrics[keys.modelSparsity] ?? [];
  const prunable = metrics[keys.layerSparsity] ?? [];
  const [lastModel, lastPrunable] = [lastOf(model), lastOf(prunable)];
  const step = Math.max(lastModel?.step ?? -1, lastPrunable?.step ?? -1);
  // At small sparsities what is zero without pruning, such as the padding's embedding, would count too much.
  const ratio =
    lastModel && lastPrunable && lastPrunable.value > 0.05 ? lastModel.value / lastPrunable.value : undefined;
  const known = structure?.prunable;
  return {
    model,
    prunable,
    ...(step < 0
      ? {}
      : {
          now: {
            step,
            ...(lastModel ? { model: lastModel.value } : {}),
            ...(lastPrunable ? { prunable: lastPrunable.value } : {}),
          },
        }),
    ...(ratio === undefined ? {} : { prunablePart: Math.min(1, ratio) }),
    ...(known && known.dense > 0 ? { structured: 1 - known.pruned / known.dense } : {}),
  };
}
