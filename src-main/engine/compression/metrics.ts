import { type EventFile, keyOfTag } from './ingest/event-file.ts';
import type { LogRow, Point, Series } from './types.ts';

/**
 * Series by key from rows of several files. Where two files tell the same key at the same step, the later in the list
 * is believed; what only the other knows (the time, from event files) is kept.
 */
export function seriesOf(sourcesOfRows: ReadonlyArray<readonly LogRow[]>): Record<string, Series> {
  const byKey = new Map<string, Map<number, Point>>();
  const epochs = new Map<number, number>();
  for (const row of sourcesOfRows.flat()) if (row.epoch !== undefined) epochs.set(row.step, row.epoch);
  for (const { step, time, values } of sourcesOfRows.flat()) {
    const epoch = epochs.get(step);
    for (const [key, value] of Object.entries(values)) {
      const points = byKey.get(key) ?? new Map<number, Point>();
      byKey.set(key, points);
      const known = time ?? points.get(step)?.time;
      points.set(step, {
        step,
        ...(epoch === undefined ? {} : { epoch }),
        ...(known === undefined ? {} : { time: known }),
        value,
      });
    }
  }
  return Object.fromEntries(
    [...byKey].map(([key, points]) => [
      key,
      [...points.values()].sort((one, other) => one.step - other.step),
    ]),
  );
}

/** Where the newest training in a folder began to log. */
export interface Beginning {
  readonly step: number;
  readonly time: number;
}

/**
 * Rows of event files, as the Trainer logged them, and where the newest training began. One that goes on from a
 * checkpoint, or starts again, writes another file: what an older file says of the same tag from that step on is void.
 */
export function eventRows(files: readonly EventFile[]): { rows: LogRow[]; beginning?: Beginning } {
  const ordered = files
    .filter(({ scalars }) => scalars.length > 0)
    .sort((one, other) => one.scalars[0]!.time - other.scalars[0]!.time);
  const byTag = new Map<string, Array<{ step: number; time: number; value: number }>>();
  let beginning: Beginning | undefined;
  for (const { scalars } of ordered) {
    const begun = new Set<string>();
    for (const { tag, step, time, value } of scalars) {
      const known = byTag.get(tag) ?? [];
      const kept = begun.has(tag) ? known : known.filter((point) => point.step < step);
      kept.push({ step, time, value });
      byTag.set(tag, kept);
      if (tag === 'train/loss' && !begun.has(tag)) beginning = { step, time };
      begun.add(tag);
    }
  }
  const rows = new Map<
    number,
    { step: number; epoch?: number; time: number; values: Record<string, number> }
  >();
  for (const [tag, points] of byTag) {
    const key = keyOfTag(tag);
    for (const { step, time, value } of points) {
      const row = rows.get(step) ?? { step, time, values: {} };
      rows.set(step, row);
      row.time = Math.min(row.time, time);
      if (key === 'epoch') row.epoch = value;
      else row.values[key] = value;
    }
  }
  return { rows: [...rows.values()], ...(beginning ? { beginning } : {}) };
}

/** The newest point of a series. */
export const lastOf = (series: Series | undefined): Point | undefined => series?.at(-1);
/** The value at a step, if one was logged there. */
export const valueAt = (series: Series | undefined, step: number): number | undefined =>
  series?.find((point) => point.step === step)?.value;
