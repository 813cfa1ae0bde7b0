import { lastOf, valueAt } from '../metrics.ts';
import type { Run } from '../types.ts';
import { percent } from '../words.ts';
import { keys, type Schedule } from './schedule.ts';

/**
 * `dense`: before warm-up, nothing is pruned. `warm-up`: threshold and factor rise. `structured-masking`: the one step
 * at which whole heads and rows are fixed. `fine-tune`: masks are frozen. `quantization`: a training without movement
 * sparsity. `unknown`: neither logs nor a configuration tell.
 */
export type StageKind = 'dense' | 'warm-up' | 'structured-masking' | 'fine-tune' | 'quantization' | 'unknown';

export interface Stage {
  readonly kind: StageKind;
  /** Optimizer steps done, from 1; both ends belong to the stage. */
  readonly from: number;
  /** Missing: to the end of the training. */
  readonly to?: number;
}

/** The fall of sparsity when structured masking comes. */
export interface MaskingChange {
  /** The last logged step before it and the first after it. */
  readonly fromStep: number;
  readonly toStep: number;
  /** Of the layers that can be pruned, 0 to 1. */
  readonly before: number;
  readonly after: number;
  readonly explanation: string;
}

export interface Stages {
  readonly list: readonly Stage[];
  /** Where the list comes from. Logs are exact to the logged steps only. */
  readonly from: 'config' | 'logs' | 'nothing';
  /** What the newest logged row shows. */
  readonly now: StageKind;
  /** Logged steps that contradict the configuration. */
  readonly disagreements: ReadonlyArray<{
    readonly step: number;
    readonly expected: StageKind;
    readonly logged: StageKind;
  }>;
  readonly masking?: MaskingChange;
}

export function stagesOf(run: Run, schedule: Schedule | undefined): Stages {
  const steps = loggedStages(run);
  const now = steps.at(-1)?.kind;
  if (!schedule) {
    const sparse = run.config?.movement !== undefined || steps.length > 0;
    const list = sparse ? grouped(steps) : without(run);
    const from = steps.length > 0 ? 'logs' : run.config ? 'config' : 'nothing';
    return {
      list,
      from,
      now: now ?? list.at(-1)?.kind ?? 'unknown',
      disagreements: [],
      ...maskingOf(run, steps),
    };
  }
  const list = scheduledStages(schedule, run.config?.movement?.structuredMasking ?? true);
  const disagreements = steps.flatMap(({ step, kind }) => {
    const expected = stageAt(list, step);
    // The step of masking is logged as the fine-tuning that it begins.
    const agrees = expected === kind || (expected === 'structured-masking' && kind === 'fine-tune');
    return agrees ? [] : [{ step, expected, logged: kind }];
  });
  const known = run.training.globalStep === undefined ? undefined : stageAt(list, run.training.globalStep);
  return { list, from: 'config', now: now ?? known ?? 'unknown', disagreements, ...maskingOf(run, steps) };
}

export const stageAt = (list: readonly Stage[], step: number): StageKind =>
  list.find(({ from, to }) => step >= from && (to === undefined || step <= to))?.kind ?? 'unknown';

/** A step is the scheduler's plus one: see `scheduledAt`. */
function scheduledStages({ start, end }: Schedule, masking: boolean): Stage[] {
  const stages: Stage[] = [
    { kind: 'dense', from: 1, to: start },
    { kind: 'warm-up', from: start + 1, to: end },
    ...(masking ? [{ kind: 'structured-masking', from: end + 1, to: end + 1 } as const] : []),
    { kind: 'fine-tune', from: masking ? end + 2 : end + 1 },
  ];
  return stages.filter(({ from, to }) => to === undefined || to >= from);
}

interface LoggedStage {
  readonly step: number;
  readonly kind: StageKind;
}

/**
 * What the rows alone show: the threshold is -Infinity before warm-up; afterwards the loss of compression is switched
 * off, exactly 0, while the factor isn't.
 */
function loggedStages({ metrics }: Run): LoggedStage[] {
  return (metrics[keys.threshold] ?? []).map(({ step, value: threshold }) => {
    if (threshold === Number.NEGATIVE_INFINITY) return { step, kind: 'dense' };
    const loss = valueAt(metrics['compression_loss'], step);
    const factor = valueAt(metrics[keys.factor], step);
    return { step, kind: loss === 0 && factor !== undefined && factor > 0 ? 'fine-tune' : 'warm-up' };
  });
}

function grouped(steps: readonly LoggedStage[]): Stage[] {
  const list: Array<{ kind: StageKind; from: number; to?: number }> = [];
  for (const { step, kind } of steps) {
    const last = list.at(-1);
    if (last?.kind === kind) continue;
    if (last) last.to = step - 1;
    list.push({ kind, from: last ? step : 1 });
  }
  return list;
}

const without = ({ config, metrics }: Run): Stage[] =>
  config?.quantization || metrics['compression_loss'] ? [{ kind: 'quantization', from: 1 }] : [];

function maskingOf({ metrics }: Run, steps: readonly LoggedStage[]): { masking?: MaskingChange } {
  const index = steps.findIndex(({ kind }) => kind === 'fine-tune');
  const [last, first] = [steps[index - 1], steps[index]];
  if (!last || !first || last.kind !== 'warm-up') return {};
  const series = metrics[keys.layerSparsity];
  const [before, after] = [valueAt(series, last.step), valueAt(series, first.step)];
  if (before === undefined || after === undefined || lastOf(series) === undefined) return {};
  const explanation =
    after <= before
      ? `Sparsity falls from ${percent(before)} to ${percent(after)} because structured masking keeps a head or row ` +
        'whole if any part of it is still needed. This is expected: only what is left out whole makes the model smaller.'
      : `Sparsity rises from ${percent(before)} to ${percent(after)} with structured masking.`;
  return { masking: { fromStep: last.step, toStep: first.step, before, after, explanation } };
}
