import type { Run } from '../types.ts';

export interface Progress {
  readonly step?: number;
  readonly maxSteps?: number;
  /** Steps per second lately, evaluations and saves in between included. */
  readonly stepsPerSecond?: number;
  /** Seconds; missing where the speed or the end isn't known. 0 when finished. */
  readonly secondsLeft?: number;
  /** Seconds since 1970 of the newest logged row. */
  readonly lastTime?: number;
}

/** How many rows back the speed is measured. */
const lately = 25;

export function progressOf({ metrics, training, console: log }: Run): Progress {
  const { globalStep: step, maxSteps, finished } = training;
  const timed = (metrics['loss'] ?? []).flatMap(({ step, time }) =>
    time === undefined ? [] : [{ step, time }],
  );
  const printed = (log?.rows ?? []).flatMap(({ progress, values }) =>
    progress && 'loss' in values ? [{ step: progress.step, time: progress.elapsed }] : [],
  );
  const rate = speed(timed) ?? speed(printed);
  const broken = !finished && log?.milestones.at(-1)?.kind === 'failed';
  const left =
    !broken && rate && maxSteps !== undefined && step !== undefined
      ? Math.max(0, maxSteps - step) / rate
      : undefined;
  const lastTime = timed.at(-1)?.time;
  return {
    ...(step === undefined ? {} : { step }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
    ...(rate === undefined ? {} : { stepsPerSecond: rate }),
    ...(finished ? { secondsLeft: 0 } : left === undefined ? {} : { secondsLeft: left }),
    ...(lastTime === undefined ? {} : { lastTime }),
  };
}

/** Steps per second over the newest rows, back to where a resumed training began again. */
function speed(rows: ReadonlyArray<{ readonly step: number; readonly time: number }>): number | undefined {
  const last = rows.at(-1);
  let first = last;
  for (const row of rows.slice(-lately).reverse()) {
    if (first && (row.time > first.time || row.step > first.step)) break;
    first = row;
  }
  if (!first || !last || last.time <= first.time || last.step <= first.step) return undefined;
  return (last.step - first.step) / (last.time - first.time);
}
