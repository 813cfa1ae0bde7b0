import { scheduledAt } from '../derive/schedule.ts';
import { parseCompressionConfig } from '../ingest/compression-config.ts';

/** What a schedule needs beside the configuration. */
export interface ScheduleFacts {
  /** Epochs that are planned. */
  readonly epochs: number;
  readonly stepsPerEpoch?: number;
  /** What NNCF chose in an earlier run, where the configuration leaves the beginning open. */
  readonly initialThreshold?: number;
}

export interface SchedulePoint {
  /** Epochs from 0, with fractions. */
  readonly epoch: number;
  /** Optimizer steps done. */
  readonly step: number | null;
  /** Part of the way from the first threshold and factor to the last, 0 to 1. */
  readonly level: number;
  /** null before warm-up, where it is -Infinity, and while its beginning isn't known. */
  readonly threshold: number | null;
  readonly factor: number;
}

export interface PlannedSchedule {
  readonly points: readonly SchedulePoint[];
  readonly warmupStart: number;
  readonly warmupEnd: number;
  readonly epochs: number;
}

/** Steps of an epoch where nobody knows them: enough for a smooth drawing. */
const assumed = 1000;
/** Parts that each of the three stages is drawn in. */
const parts = 60;

/**
 * Importance threshold and regularisation factor over the planned epochs, for a drawing: the ends of each stage and
 * points between.
 *
 * @param config an OVConfig or NNCF configuration, as parsed JSON.
 * @returns undefined without movement sparsity or without the numbers of its schedule.
 */
export function configSchedule(config: unknown, facts: ScheduleFacts): PlannedSchedule | undefined {
  const movement = parseCompressionConfig(JSON.stringify(config) ?? 'null').value?.movement;
  const { warmupStartEpoch: from, warmupEndEpoch: to, regularizationFactor } = movement ?? {};
  const { epochs } = facts;
  if (!movement || from === undefined || to === undefined || !(from >= 0 && to > from && epochs > 0))
    return undefined;
  const known = movement.stepsPerEpoch ?? facts.stepsPerEpoch;
  const stepsPerEpoch = known ?? assumed;
  const initialThreshold = movement.initialThreshold ?? facts.initialThreshold;
  const schedule = {
    start: Math.trunc(from * stepsPerEpoch),
    end: Math.trunc(to * stepsPerEpoch),
    stepsPerEpoch,
    finalThreshold: movement.finalThreshold,
    factor: regularizationFactor ?? 0,
    power: movement.power,
    ...(initialThreshold === undefined ? {} : { initialThreshold }),
  };
  const total = Math.round(epochs * stepsPerEpoch);
  // The scheduler's step is one less than the steps done.
  const ends = [1, schedule.start + 1, schedule.end + 1, total].map((step) =>
    Math.min(step, Math.max(1, total)),
  );
  const steps = new Set<number>();
  for (let stage = 0; stage < 3; stage++) {
    const [first, last] = [ends[stage]!, ends[stage + 1]!];
    for (let part = 0; part <= parts; part++) steps.add(Math.round(first + ((last - first) * part) / parts));
    // The values jump at the beginning of warm-up.
    if (stage === 0) steps.add(Math.max(1, last - 1));
  }
  const points = [...steps]
    .sort((one, other) => one - other)
    .map((step): SchedulePoint => {
      const { threshold, factor } = scheduledAt(schedule, step);
      const { factor: level } = scheduledAt({ ...schedule, factor: 1 }, step);
      return {
        epoch: step / stepsPerEpoch,
        step: known === undefined ? null : step,
        level,
        threshold: threshold === undefined || !Number.isFinite(threshold) ? null : threshold,
        factor,
      };
    });
  return { points, warmupStart: from, warmupEnd: to, epochs };
}
