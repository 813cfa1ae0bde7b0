import { stringify } from 'csv-stringify/sync';
import type { Run } from '../types.ts';

/**
 * Series of a run as a table: a row for each logged step with step, epoch and time (seconds since 1970), a column for each
 * metric. Cells are empty where nothing was logged, and NaN, inf or -inf as Python and numpy read them.
 *
 * @param metrics keys in the order of the columns; missing: all, by name.
 */
export function seriesCsv(run: Run, metrics: readonly string[] = Object.keys(run.metrics).sort()): string {
  const rows = new Map<number, Map<string, number>>();
  for (const key of metrics) {
    for (const { step, epoch, time, value } of run.metrics[key] ?? []) {
      const row = rows.get(step) ?? new Map<string, number>();
      rows.set(step, row);
      if (epoch !== undefined) row.set('epoch', epoch);
      if (time !== undefined) row.set('time', Math.min(time, row.get('time') ?? time));
      row.set(`metric ${key}`, value);
    }
  }
  const cell = (value: number | undefined): string => {
    if (value === undefined) return '';
    return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? 'inf' : '-inf';
  };
  const table = [...rows]
    .sort(([one], [other]) => one - other)
    .map(([step, row]) => [
      step,
      cell(row.get('epoch')),
      cell(row.get('time')),
      ...metrics.map((key) => cell(row.get(`metric ${key}`))),
    ]);
  return stringify([['step', 'epoch', 'time', ...metrics], ...table]);
}
