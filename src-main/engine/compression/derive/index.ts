import type { Run, Series } from '../types.ts';
import { type Losses, lossesOf } from './losses.ts';
import { type Budget, type MetricState, metricOf } from './metric.ts';
import { type Progress, progressOf } from './progress.ts';
import { type Quantization, quantizationOf } from './quantization.ts';
import { type Compared, compareSchedule, type Schedule, scheduleOf } from './schedule.ts';
import { type Sparsity, sparsityOf } from './sparsity.ts';
import { type Stages, stagesOf } from './stages.ts';
import { newestIr, type Structure, structureOf } from './structure.ts';

/** What follows from a run. */
export interface Derived {
  readonly schedule?: Schedule;
  readonly compared: Readonly<Record<'threshold' | 'factor', Compared>>;
  readonly stages: Stages;
  readonly losses: Losses;
  readonly learningRate: Series;
  readonly sparsity: Sparsity;
  readonly metric?: MetricState;
  readonly progress: Progress;
  readonly structure?: Structure;
  readonly quantization?: Quantization;
}

export function derive(run: Run, budget?: Budget): Derived {
  const schedule = scheduleOf(run);
  const structure = structureOf(run);
  const metric = metricOf(run, budget);
  const quantization = quantizationOf(newestIr(run));
  return {
    ...(schedule ? { schedule } : {}),
    compared: compareSchedule(run, schedule),
    stages: stagesOf(run, schedule),
    losses: lossesOf(run),
    learningRate: run.metrics['learning_rate'] ?? [],
    sparsity: sparsityOf(run, structure),
    ...(metric ? { metric } : {}),
    progress: progressOf(run),
    ...(structure ? { structure } : {}),
    ...(quantization ? { quantization } : {}),
  };
}
