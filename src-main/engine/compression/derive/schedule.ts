import type { Point, Run, Series } from '../types.ts';

/** Warm-up of movement sparsity in optimizer steps. */
export interface Schedule {
  /** Steps of the scheduler, which counts from 0: warm-up is `start` ≤ step < `end`. */
  readonly start: number;
  readonly end: number;
  readonly stepsPerEpoch: number;
  /** Missing while NNCF has yet to choose it. */
  readonly initialThreshold?: number;
  readonly finalThreshold: number;
  readonly factor: number;
  readonly power: number;
}

export interface ScheduledValues {
  /** -Infinity before warm-up; missing in warm-up while its beginning isn't known. */
  readonly threshold?: number;
  readonly factor: number;
}

/** The schedule that the configuration asks for; undefined without movement sparsity or without its numbers. */
export function scheduleOf({ config, training, nncf }: Run): Schedule | undefined {
  const movement = config?.movement;
  const stepsPerEpoch = movement?.stepsPerEpoch ?? training.stepsPerEpoch;
  const { warmupStartEpoch, warmupEndEpoch, regularizationFactor } = movement ?? {};
  if (!movement || !stepsPerEpoch || warmupStartEpoch === undefined || warmupEndEpoch === undefined)
    return undefined;
  const initialThreshold = movement.initialThreshold ?? nncf?.initialThreshold;
  return {
    start: Math.trunc(warmupStartEpoch * stepsPerEpoch),
    end: Math.trunc(warmupEndEpoch * stepsPerEpoch),
    stepsPerEpoch,
    ...(initialThreshold === undefined ? {} : { initialThreshold }),
    finalThreshold: movement.finalThreshold,
    factor: regularizationFactor ?? 0,
    power: movement.power,
  };
}

/**
 * What NNCF's polynomial scheduler gives at a step: both values rise by 1 - (1 - t)^power over warm-up.
 * When the Trainer has done `globalStep` steps, the scheduler stands at one less.
 */
export function scheduledAt(schedule: Schedule, globalStep: number): ScheduledValues {
  const { start, end, initialThreshold, finalThreshold, factor, power } = schedule;
  const step = globalStep - 1;
  if (step < start) return { threshold: Number.NEGATIVE_INFINITY, factor: 0 };
  if (step >= end) return { threshold: finalThreshold, factor };
  const level = 1 - (1 - (step - start) / (end - start)) ** power;
  if (initialThreshold === undefined) return { factor: factor * level };
  return {
    threshold: initialThreshold + (finalThreshold - initialThreshold) * level,
    factor: factor * level,
  };
}

export interface Compared {
  readonly logged: Series;
  /** At the steps of `logged`, where it can be computed. */
  readonly expected: Series;
  /** Largest difference between both, at steps where both are finite. */
  readonly largestDifference: number;
  readonly at?: number;
}

const prefix = 'compression/movement_sparsity';
export const keys = {
  threshold: `${prefix}/importance_threshold`,
  factor: `${prefix}/importance_regularization_factor`,
  modelSparsity: `${prefix}/model_sparsity`,
  layerSparsity: `${prefix}/linear_layer_sparsity`,
} as const;

/** Threshold and factor as logged, against the schedule. */
export function compareSchedule(
  run: Run,
  schedule: Schedule | undefined,
): Record<'threshold' | 'factor', Compared> {
  const compare = (name: 'threshold' | 'factor'): Compared => {
    const logged = run.metrics[keys[name]] ?? [];
    const expected = logged.flatMap((point): Point[] => {
      const value = schedule && scheduledAt(schedule, point.step)[name];
      return value === undefined ? [] : [{ ...point, value }];
    });
    let worst: { difference: number; at?: number } = { difference: 0 };
    for (const { step, value } of expected) {
      const difference = Math.abs((logged.find((point) => point.step === step)?.value ?? value) - value);
      if (Number.isFinite(difference) && difference > worst.difference) worst = { difference, at: step };
    }
    return {
      logged,
      expected,
      largestDifference: worst.difference,
      ...(worst.at === undefined ? {} : { at: worst.at }),
    };
  };
  return { threshold: compare('threshold'), factor: compare('factor') };
}
