import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from './theme.ts';

export interface ChartSeries {
  readonly name: string;
  /** x ascending. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  /** Place in the set of chart colours, where it isn't the series' own place. */
  readonly colour?: number;
}

interface ChartProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly height: number;
  readonly format: (value: number) => string;
  /** Charts of one group share their cursor. */
  readonly group: string;
  /** Of values that are shown; else all. */
  readonly range?: readonly [number, number] | null;
}

/** Lines over a common x, drawn by uPlot in the theme's colours. */
export function Chart({ title, series, height, format, group, range = null }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours.
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--text-3'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { stroke: color('--line'), width: 1 },
      font: `11px ${color('--font')}`,
    };
    const plot = new UPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { sync: { key: group }, drag: { x: true, y: false } },
        legend: { live: true },
        scales: {
          x: { time: false },
          ...(range && range[0] < range[1] ? { y: { range: [range[0], range[1]] } } : {}),
        },
        axes: [axis, { ...axis, size: 56, values: (_plot, ticks) => ticks.map(format) }],
        series: [
          { label: 'step' },
          ...series.map(({ name, colour }, index) => ({
            label: name,
            stroke: color(`--chart-${((colour ?? index) % 8) + 1}`),
            width: 1.5,
            spanGaps: true,
            points: { show: (series[index]?.points.length ?? 0) < 3 },
            value: (_plot: UPlot, value: number | null) => (value === null ? '–' : format(value)),
          })),
        ],
      },
      align(series),
      element,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [series, height, format, group, range, theme]);
  const last = series.map(({ name, points }) => `${name} ${format(points.at(-1)?.[1] ?? 0)}`).join(', ');
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} role="img" aria-label={`${title} over steps; at the end ${last}`} />
    </figure>
  );
}

/** uPlot wants one x for all series. */
function align(series: readonly ChartSeries[]): UPlot.AlignedData {
  const steps = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const columns = series.map(({ points }) => {
    const values = new Map(points);
    return steps.map((step) => values.get(step) ?? null);
  });
  return [steps, ...columns];
}
