import type { Scalars } from './ingest/columns.ts';
import { type EventFile, keyOfTag } from './ingest/event-file.ts';
import type { LogRow, Point, Series } from './types.ts';

/** Where the newest training in a folder began to log. */
export interface Beginning {
  readonly step: number;
  readonly time: number;
}

/** Scalars of event files by the Trainer's keys: of each file its own, the oldest first. */
export interface EventScalars {
  readonly byKey: ReadonlyMap<string, readonly Scalars[]>;
  /** Missing without a loss. */
  readonly beginning?: Beginning;
}

/**
 * Scalars of several event files, and where the newest training began: one that goes on from a checkpoint, or starts
 * again, writes another file.
 */
export function eventScalars(files: readonly EventFile[]): EventScalars {
  const begun = (file: EventFile): number =>
    Math.min(...[...file.scalars.values()].map((one) => one.time(0)));
  const ordered = files
    .filter(({ scalars }) => scalars.size > 0)
    .map((file) => ({ file, time: begun(file) }))
    .sort((one, other) => one.time - other.time);
  const byKey = new Map<string, Scalars[]>();
  let beginning: Beginning | undefined;
  for (const { file } of ordered) {
    for (const [tag, scalars] of file.scalars) {
      const key = keyOfTag(tag);
      byKey.set(key, [...(byKey.get(key) ?? []), scalars]);
      if (tag === 'train/loss') beginning = { step: scalars.step(0), time: scalars.time(0) };
    }
  }
  return { byKey, ...(beginning ? { beginning } : {}) };
}

/** A key's points as they are told by something other than event files. */
type Told = Omit<Point, 'epoch'>;

/**
 * Series by key from event files and from rows of other files. Where two tell the same key at the same step, rows are
 * believed over event files and later ones over earlier; what only the other knows (the time, from event files) is kept.
 *
 * Millions of points stay as they lie in memory: a series is made when it is asked for, and forgotten when nobody needs it.
 */
export function seriesOf(
  events: EventScalars['byKey'],
  sourcesOfRows: ReadonlyArray<readonly LogRow[]>,
): { readonly metrics: Record<string, Series>; readonly lastStep: number } {
  const epochs = new Map<number, number>();
  for (const { step, value } of pointsOf(events.get('epoch') ?? [], epochs)) epochs.set(step, value);
  const told = new Map<string, Told[]>();
  let lastStep = 0;
  for (const { step, epoch, time, values } of sourcesOfRows.flat()) {
    if (epoch !== undefined) epochs.set(step, epoch);
    for (const [key, value] of Object.entries(values)) {
      const points = told.get(key) ?? [];
      points.push({ step, value, ...(time === undefined ? {} : { time }) });
      told.set(key, points);
      lastStep = Math.max(lastStep, step);
    }
  }
  // Without a prototype: what a run doesn't log must not be found as `constructor`.
  const metrics = Object.create(null) as Record<string, Series>;
  for (const key of new Set([...events.keys(), ...told.keys()])) {
    if (key === 'epoch') continue;
    const scalars = events.get(key) ?? [];
    const rows = told.get(key) ?? [];
    for (const one of scalars) lastStep = Math.max(lastStep, one.step(one.length - 1));
    let made: WeakRef<Point[]> | undefined;
    Object.defineProperty(metrics, key, {
      enumerable: true,
      configurable: true,
      get(): Series {
        let series = made?.deref();
        if (!series) {
          series = merge(pointsOf(scalars, epochs), rows, epochs);
          made = new WeakRef(series);
        }
        return series;
      },
    });
  }
  return { metrics, lastStep };
}

type Epochs = ReadonlyMap<number, number>;

/** Points by ascending step: what an older file says from the step on where a newer one begins is void. */
function pointsOf(scalars: readonly Scalars[], epochs: Epochs): Point[] {
  const points: Point[] = [];
  scalars.forEach((one, place) => {
    const until = Math.min(...scalars.slice(place + 1).map((newer) => newer.step(0)));
    for (let index = 0; index < one.length; index++) {
      const step = one.step(index);
      if (step < until) points.push(pointOf(step, epochs, one.time(index), one.value(index)));
    }
  });
  return inOrder(points);
}

/** One object for each of millions of points, and none besides. */
function pointOf(step: number, epochs: Epochs, time: number | undefined, value: number): Point {
  const epoch = epochs.get(step);
  if (epoch === undefined) return time === undefined ? { step, value } : { step, time, value };
  return time === undefined ? { step, epoch, value } : { step, epoch, time, value };
}

/** By step, the last of each. Logs are all but always in order already. */
function inOrder<One extends { readonly step: number }>(points: One[]): One[] {
  if (points.every(({ step }, index) => index === 0 || step > points[index - 1]!.step)) return points;
  const byStep = new Map(points.map((point) => [point.step, point]));
  return [...byStep.values()].sort((one, other) => one.step - other.step);
}

function merge(logged: Point[], rows: readonly Told[], epochs: Epochs): Point[] {
  if (rows.length === 0) return logged;
  const byStep = new Map(logged.map((point) => [point.step, point]));
  for (const { step, time, value } of rows)
    byStep.set(step, pointOf(step, epochs, time ?? byStep.get(step)?.time, value));
  return inOrder([...byStep.values()]);
}

/** The newest point of a series. */
export const lastOf = (series: Series | undefined): Point | undefined => series?.at(-1);
/** The value at a step, if one was logged there. */
export const valueAt = (series: Series | undefined, step: number): number | undefined =>
  series?.find((point) => point.step === step)?.value;
