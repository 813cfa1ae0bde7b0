import type UPlot from 'uplot';

export interface ChartSeries {
  readonly name: string;
  /** x ascending. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  /** Place in the set of chart colours, where it isn't the series' own place. */
  readonly colour?: number;
}

/** A part of x that stands for something, such as a stage. Open ends reach to the end of the chart. */
export interface ChartBand {
  readonly name: string;
  readonly from: number;
  readonly to: number | null;
}

type Column = Array<number | null>;

/**
 * One ascending x for all series, as uPlot wants it, and a column for each; null where a series has no point.
 *
 * @param span places that x reaches to at least.
 */
export function align(
  series: readonly ChartSeries[],
  span: readonly number[] = [],
): { x: number[]; columns: Column[] } {
  const [first] = series;
  const same =
    first !== undefined &&
    span.length === 0 &&
    series.every(
      ({ points }) =>
        points.length === first.points.length && points.every(([x], index) => x === first.points[index]?.[0]),
    );
  if (same) {
    return {
      x: first.points.map(([x]) => x),
      columns: series.map(({ points }) => points.map(([, y]) => y)),
    };
  }
  const places = series.flatMap(({ points }) => points.map(([at]) => at));
  const x = [...new Set([...span, ...places])].sort((a, b) => a - b);
  const columns = series.map(({ points }) => {
    const values = new Map(points);
    return x.map((at) => values.get(at) ?? null);
  });
  return { x, columns };
}

/** Each column on top of those before it. A missing value counts as the last one before, so that no layer breaks off. */
export function stack(columns: readonly Column[]): Column[] {
  const sums: number[] = [];
  return columns.map((column) => {
    let last = 0;
    return column.map((value, index) => {
      last = value ?? last;
      sums[index] = (sums[index] ?? 0) + last;
      return sums[index];
    });
  });
}

export const toPlot = (x: number[], columns: readonly Column[]): UPlot.AlignedData => [x, ...columns];

/** Values by x as rows of a table, a column for each series. */
export function chartRows({
  xLabel,
  series,
}: {
  readonly xLabel: string;
  readonly series: readonly ChartSeries[];
}) {
  const { x, columns } = align(series);
  return [
    [xLabel, ...series.map(({ name }) => name)],
    ...x.map((at, index) => [at, ...columns.map((column) => column[index] ?? null)]),
  ];
}

/** Rows as CSV (RFC 4180, lines ended as on Unix); what holds a comma, a quote or a line's end is quoted. */
export function toCsv(rows: ReadonlyArray<ReadonlyArray<string | number | boolean | null>>): string {
  const cell = (value: string | number | boolean | null): string => {
    const text = String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}
