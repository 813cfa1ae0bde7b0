import { type CurvePoint, rangeOf, thin } from '../compare/curve.ts';
import { escapeText } from './escape.ts';
import { tickLabel, ticks } from './ticks.ts';

export interface ChartSeries {
  readonly name: string;
  /** By ascending place. */
  readonly points: readonly CurvePoint[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly ChartSeries[];
  /** Stages behind the curves, in units of the x axis. */
  readonly bands?: ReadonlyArray<{ readonly name: string; readonly from: number; readonly to: number }>;
  /** Shows values as parts of 1, in percent. */
  readonly share?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Colours that people with any common colour blindness tell apart: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d31', '#7f7f7f'];
/** Dashes tell curves apart where there are more of them than colours, and on paper. */
const dashes = ['', '6 3', '2 2', '8 3 2 3'];

const margin = { left: 58, right: 16, top: 30, bottom: 40 };
const legendLine = 18;
const legendColumn = 240;

/**
 * Lines over an axis, as a drawing that stands by itself: texts are texts, colours go with a light or a dark page. Curves
 * are thinned to what the width can show, by {@link thin}.
 *
 * @returns an `<svg>` element, without an XML declaration.
 */
export function lineChart(options: ChartOptions): string {
  const { title, xLabel, bands = [], share = false, width = 720, height = 300 } = options;
  const series = options.series.filter(({ points }) => points.length > 0);
  const plot = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const perRow = Math.max(1, Math.floor(plot.width / legendColumn));
  const full = height + Math.ceil(series.length / perRow) * legendLine;
  const places = series.flatMap(({ points }) => [points[0]![0], points.at(-1)![0]]);
  const [left, right] = wide(Math.min(...places), Math.max(...places));
  const range = rangeOf(
    series.map(({ points }) => points),
    0,
  ) ?? [0, 1];
  const [low, high] = padded(...wide(...range), share);
  const x = (value: number): number => margin.left + ((value - left) / (right - left)) * plot.width;
  const y = (value: number): number => margin.top + (1 - (value - low) / (high - low)) * plot.height;
  const label = (value: number): string => (share ? `${tickLabel(value * 100)} %` : tickLabel(value));
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full}" width="${width}" height="${full}" role="img" aria-label="${escapeText(title)}">`;
  if (series.length === 0) {
    return `${open}${style}${text(margin.left, 18, title, 'title')}${text(margin.left, 60, 'There is nothing to draw.')}</svg>`;
  }
  const stages = bands
    .map(({ name, from, to }) => ({ name, from: x(Math.max(left, from)), to: x(Math.min(right, to)) }))
    .filter(({ from, to }) => to > from)
    .map(({ name, from, to }, index) => {
      const box = `<rect class="band${index % 2}" x="${fixed(from)}" y="${margin.top}" width="${fixed(to - from)}" height="${plot.height}"/>`;
      return box + (to - from > name.length * 6 ? text(from + 4, margin.top + 12, name, 'stage') : '');
    });
  const grid = ticks(low, high, 5).map((value) => {
    const line = `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${fixed(y(value))}" y2="${fixed(y(value))}"/>`;
    return line + text(margin.left - 6, y(value) + 4, label(value), 'end');
  });
  const bottom = margin.top + plot.height;
  const axis = ticks(left, right, 8).map(
    (value) =>
      `<line class="axis" x1="${fixed(x(value))}" x2="${fixed(x(value))}" y1="${bottom}" y2="${bottom + 4}"/>${text(x(value), bottom + 17, tickLabel(value), 'middle')}`,
  );
  const lines = series.map(({ name, points }, index) => {
    const drawn = thin(points, Math.max(100, Math.round(plot.width * 2)));
    const path = drawn
      .map(([at, value], place) => `${place === 0 ? 'M' : 'L'}${fixed(x(at))} ${fixed(y(value))}`)
      .join('');
    const dot =
      drawn.length === 1
        ? `<circle cx="${fixed(x(drawn[0]![0]))}" cy="${fixed(y(drawn[0]![1]))}" r="3" fill="${colour(index)}"/>`
        : '';
    return `<g><title>${escapeText(name)}</title><path class="line" d="${path}"${stroke(index)}/>${dot}</g>`;
  });
  const legend = series.map(({ name }, index) => {
    const [at, row] = [margin.left + (index % perRow) * legendColumn, Math.floor(index / perRow)];
    const middle = height + row * legendLine + 2;
    return `<line class="line" x1="${at}" x2="${at + 22}" y1="${middle}" y2="${middle}"${stroke(index)}/>${text(at + 28, middle + 4, shortened(name))}`;
  });
  return [
    open,
    style,
    text(margin.left, 18, title, 'title'),
    ...stages,
    ...grid,
    `<line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${bottom}" y2="${bottom}"/>`,
    ...axis,
    text(margin.left + plot.width / 2, bottom + 33, xLabel, 'middle'),
    ...lines,
    ...legend,
    '</svg>',
  ].join('');
}

const style =
  '<style>.t{font:12px system-ui,sans-serif;fill:#3c434c}.title{font-weight:600;font-size:13px}.stage{font-size:10px;opacity:.75}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#8884;stroke-width:1}.axis{stroke:#888}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.band0{fill:#8881}.band1{fill:#8883}@media(prefers-color-scheme:dark){.t{fill:#c9d1d9}}</style>';

function text(x: number, y: number, content: string, kind = ''): string {
  return `<text class="t${kind === '' ? '' : ` ${kind}`}" x="${fixed(x)}" y="${fixed(y)}">${escapeText(content)}</text>`;
}

const fixed = (value: number): string => String(Number(value.toFixed(2)));
const colour = (index: number): string => colours[index % colours.length]!;
const shortened = (name: string): string => (name.length <= 34 ? name : `…${name.slice(-33)}`);

function stroke(index: number): string {
  const dash = dashes[Math.floor(index / colours.length) % dashes.length]!;
  return ` stroke="${colour(index)}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;
}

/** A range with some width, for a curve that never changes. */
function wide(from: number, to: number): [number, number] {
  if (to > from) return [from, to];
  const half = Math.max(Math.abs(from) * 0.05, 0.5);
  return [from - half, to + half];
}

/** Some room above and below; parts of 1 stay within 0 and 1. */
function padded(from: number, to: number, share: boolean): [number, number] {
  const room = (to - from) * 0.04;
  return share ? [Math.max(0, from - room), Math.min(1, to + room)] : [from - room, to + room];
}
