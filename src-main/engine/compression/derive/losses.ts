import type { Run, Series } from '../types.ts';

export interface LossPart {
  readonly kind: 'task' | 'distillation' | 'compression';
  /** As logged: the value of the last batch before each row. */
  readonly series: Series;
  /** Its factor in the total; undefined where the settings aren't known. */
  readonly weight?: number;
  /** Series times weight. */
  readonly weighted?: Series;
}

/**
 * The parts of the loss: (1 - w) · task + w · distillation + compression, w being `distillation_weight`.
 * They don't add up to `total`, which is the mean since the row before, while the parts are of one batch.
 */
export interface Losses {
  readonly total: Series;
  readonly parts: readonly LossPart[];
}

export function lossesOf({ metrics, training }: Run): Losses {
  const teacher = metrics['distillation_loss'] !== undefined;
  const share = teacher ? training.distillationWeight : 0;
  const weights = {
    task: share === undefined ? undefined : 1 - share,
    distillation: share,
    compression: 1,
  };
  const parts = (['task', 'distillation', 'compression'] as const).flatMap((kind): LossPart[] => {
    const series = metrics[`${kind}_loss`];
    if (!series) return [];
    const weight = weights[kind];
    if (weight === undefined) return [{ kind, series }];
    return [
      { kind, series, weight, weighted: series.map((point) => ({ ...point, value: point.value * weight })) },
    ];
  });
  return { total: metrics['loss'] ?? [], parts };
}
