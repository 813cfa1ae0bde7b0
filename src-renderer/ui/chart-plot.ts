import type UPlot from 'uplot';
import type { ChartBand, ChartSeries } from './chart-data.ts';

type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'preventDefault'>;

/** The value at a place, or the one before it: series are logged at steps of their own. */
export function nearest(column: ReadonlyArray<number | null>, index: number): number | null {
  return column.findLast((value, at) => at <= index && value !== null) ?? null;
}

interface PlotOptions {
  readonly width: number;
  readonly height: number;
  readonly group: string;
  readonly range: readonly [number, number] | null;
  readonly stacked: boolean;
  readonly logarithmic: boolean;
  readonly series: readonly ChartSeries[];
  readonly latest: {
    readonly current: {
      readonly bands: readonly ChartBand[];
      readonly format: (value: number) => string;
      readonly series: readonly ChartSeries[];
    };
  };
  readonly say: (index: number | null) => void;
}

/** Form of the plot: axes, colours, cursor and stages. */
export function plotOptions({
  width,
  height,
  group,
  range,
  stacked,
  logarithmic,
  series,
  latest,
  say,
}: PlotOptions): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--text-3'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
    font: `11px ${color('--font')}`,
  };
  // Between powers of ten there are ticks without words.
  const written = (tick: number | null): string => (tick === null ? '' : latest.current.format(tick));
  const least = stacked
    ? { y: { range: (_plot: UPlot, _low: number, high: number) => [0, high * 1.05] as UPlot.Range.MinMax } }
    : {};
  return {
    width,
    height,
    cursor: {
      sync: { key: group, scales: ['x', null] },
      drag: { x: true, y: false },
      points: { size: 6 },
    },
    legend: { show: false },
    // Names of stages stand above the curves.
    padding: [latest.current.bands.length > 0 ? 18 : 8, 8, 0, 0],
    scales: {
      x: { time: false },
      ...least,
      ...(logarithmic ? { y: { distr: 3 } } : {}),
      ...(range && range[0] < range[1] ? { y: { range: [range[0], range[1]] } } : {}),
    },
    axes: [
      { ...axis, size: 30 },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map(written) },
    ],
    series: [
      {},
      ...series.map(({ colour, points }, index): UPlot.Series => {
        const stroke = color(`--chart-${((colour ?? index) % 8) + 1}`);
        return {
          stroke,
          width: 1.5,
          spanGaps: true,
          // A third of the colour, which is written in six hexadecimal digits.
          ...(stacked ? { fill: `${stroke}59` } : {}),
          points: { show: points.length < 2 },
        };
      }),
    ],
    // Of two layers only what lies between them is filled.
    ...(stacked
      ? { bands: series.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })) }
      : {}),
    hooks: {
      drawClear: [(plot) => drawBands(plot, latest.current.bands, color)],
      setCursor: [(plot) => say(plot.cursor.idx ?? null)],
    },
  };
}

/** Stages behind the curves, every other one a little brighter, with their names where there is room. */
function drawBands(plot: UPlot, bands: readonly ChartBand[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.font = `${10 * devicePixelRatio}px ${color('--font')}`;
  bands.forEach(({ name, from, to }, index) => {
    const at = (x: number): number =>
      Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(x, 'x', true)));
    const left = at(from);
    const right = to === null ? bbox.left + bbox.width : at(to);
    if (!(right > left)) return;
    if (index % 2 === 1) {
      ctx.fillStyle = color('--band');
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    const room = right - left - 8 * devicePixelRatio;
    if (ctx.measureText(name).width > room) return;
    ctx.fillStyle = color('--text-3');
    ctx.fillText(name, left + 2 * devicePixelRatio, bbox.top - 5 * devicePixelRatio);
  });
  ctx.restore();
}

/** Moves the cursor or zooms by keys. */
export function pressKey(event: KeyPress, plot: UPlot, group: Iterable<UPlot>): void {
  const x = plot.data[0];
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  const zoom = (low: number, high: number): void => {
    for (const member of group) member.setScale('x', { min: low, max: high });
  };
  const place = plot.cursor.idx ?? x.length - 1;
  const move = (by: number): void => {
    const next = Math.min(x.length - 1, Math.max(0, place + by));
    for (const member of group) {
      member.setCursor({ left: member.valToPos(x[next] ?? 0, 'x'), top: 10 });
    }
  };
  const around = (factor: number): void => {
    const middle = x[place] ?? (min + max) / 2;
    const low = Math.max(x[0] ?? 0, middle - (middle - min) * factor);
    const high = Math.min(x.at(-1) ?? 1, middle + (max - middle) * factor);
    if (high > low) zoom(low, high);
  };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const wide = event.shiftKey ? 10 : 1;
  switch (event.key) {
    case 'ArrowLeft':
      move(-wide);
      break;
    case 'ArrowRight':
      move(wide);
      break;
    case 'Home':
      move(-x.length);
      break;
    case 'End':
      move(x.length);
      break;
    case '+':
    case '=':
      around(0.5);
      break;
    case '-':
      around(2);
      break;
    case '0':
      zoom(x[0] ?? 0, x.at(-1) ?? 1);
      break;
    default:
      return;
  }
  event.preventDefault();
}

/** The part of x that is shown, where it isn't all of it. */
export function zoomOf({ data: [x], scales }: UPlot): { min: number; max: number } | undefined {
  const { min, max } = scales['x'] ?? {};
  // uPlot fits its scales a moment after it is made.
  if (typeof min !== 'number' || typeof max !== 'number') return undefined;
  return min > (x[0] ?? min) || max < (x.at(-1) ?? max) ? { min, max } : undefined;
}

/** Leaves series out of the drawing, or takes them in again. */
export function showSeries(plot: UPlot, series: readonly ChartSeries[], hidden: ReadonlySet<string>): void {
  series.forEach(({ name }, index) => {
    const show = !hidden.has(name);
    if (plot.series[index + 1]?.show !== show) plot.setSeries(index + 1, { show });
  });
}
