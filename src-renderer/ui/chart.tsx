import { clsx } from 'clsx';
import { useEffect, useMemo, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { align, type ChartBand, type ChartSeries, chartRows, stack, toPlot } from './chart-data.ts';
import { nearest, plotOptions, pressKey, showSeries, zoomOf } from './chart-plot.ts';
import { saveCsv, saveFile, saveSvg } from './files.ts';
import { ContextMenu, type MenuItems } from './menu.tsx';
import { useNear } from './near.ts';
import { chartPng } from './picture-of-chart.ts';
import { SaveMenu, saveItems } from './save-menu.tsx';
import { useTheme } from './theme.ts';

export type { ChartBand, ChartSeries };

/** What a chart shows, for one who draws it elsewhere. */
export interface ChartContent {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly ChartSeries[];
  readonly bands: readonly ChartBand[];
}

interface ChartProps {
  readonly title: string;
  readonly xLabel?: string;
  readonly series: readonly ChartSeries[];
  readonly height: number;
  readonly format: (value: number) => string;
  /** Charts of one group share cursor and zoom. */
  readonly group: string;
  /** Of values that are shown; else all. */
  readonly range?: readonly [number, number] | null;
  readonly bands?: readonly ChartBand[];
  /** Places that x reaches to at least. */
  readonly span?: readonly number[];
  /** Layers on top of each other instead of lines. */
  readonly stacked?: boolean;
  /** Values over powers of ten; what is not above zero has no place there. */
  readonly logarithmic?: boolean;
  /** What to know before reading it. */
  readonly note?: string | null;
  /** Choices of this chart alone, beside its title. */
  readonly tools?: React.ReactNode;
  /** The chart as an SVG; missing: none is offered. */
  readonly svg?: (content: ChartContent) => Promise<string>;
}

/** Series that are listed before one looks for them by name. */
const fewSeries = 8;
/** Plots that share cursor and zoom. */
const groups = new Map<string, Set<UPlot>>();
const noBands: readonly ChartBand[] = [];
const nowhere: readonly number[] = [];
const aboveZero = (column: ReadonlyArray<number | null>): Array<number | null> =>
  column.map((value) => (value !== null && value > 0 ? value : null));

/**
 * Lines over a common x, drawn by uPlot in the theme's colours. Dragging zooms all charts of the group and a double click
 * shows all again; arrows move the cursor, + and - zoom around it, 0 shows all.
 */
export function Chart(props: ChartProps) {
  const { title, xLabel = 'step', series, height, format, group, range = null, stacked = false } = props;
  const { logarithmic = false } = props;
  const { bands = noBands, span = nowhere } = props;
  const box = useRef<HTMLDivElement>(null);
  const plotRef = useRef<UPlot | null>(null);
  const readings = useRef(new Map<number, HTMLElement>());
  const theme = useTheme();
  const near = useNear(box);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const data = useMemo(() => align(series, span), [series, span]);
  const drawn = useMemo(() => {
    const shown = data.columns.map((column, index) =>
      stacked && hidden.has(series[index]?.name ?? '') ? column.map(() => 0) : column,
    );
    if (logarithmic) return toPlot(data.x, shown.map(aboveZero));
    return toPlot(data.x, stacked ? stack(shown) : shown);
  }, [data, stacked, logarithmic, hidden, series]);
  const latest = useRef({ data, bands, format, drawn, series });
  latest.current = { data, bands, format, drawn, series };
  const shape = series.map(({ name, colour }) => `${name} ${colour}`).join('\n');

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made anew only when its form is another.
  useEffect(() => {
    const element = box.current;
    if (!element || !near) return undefined;
    const say = (index: number | null): void => {
      const { data: now, format: write } = latest.current;
      for (const [place, label] of readings.current) {
        const column = now.columns[place] ?? [];
        const value = index === null ? column.findLast((one) => one !== null) : nearest(column, index);
        label.textContent = value === null || value === undefined ? '' : write(value);
      }
    };
    const plot = new UPlot(
      plotOptions({
        width: element.clientWidth,
        height,
        group,
        range: logarithmic ? null : range,
        stacked,
        logarithmic,
        series,
        latest,
        say,
      }),
      latest.current.drawn,
      element,
    );
    plotRef.current = plot;
    showSeries(plot, series, hidden);
    say(null);
    const members = groups.get(group) ?? new Set();
    const zoom = [...members].map(zoomOf).find((range) => range !== undefined);
    if (zoom) plot.setScale('x', zoom);
    groups.set(group, members.add(plot));
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      members.delete(plot);
      plotRef.current = null;
      plot.destroy();
    };
  }, [near, shape, height, group, range?.[0], range?.[1], stacked, logarithmic, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: bands are drawn behind the data.
  useEffect(() => {
    const plot = plotRef.current;
    if (!plot) return;
    showSeries(plot, series, hidden);
    const zoom = zoomOf(plot);
    plot.setData(drawn, !zoom);
    if (zoom) plot.setScale('x', zoom);
    for (const [place, label] of readings.current) {
      const value = data.columns[place]?.findLast((one) => one !== null);
      label.textContent = value === null || value === undefined ? '' : format(value);
    }
  }, [drawn, hidden, bands]);

  const content = (): ChartContent => ({
    title,
    xLabel,
    series: series.filter(({ name }) => !hidden.has(name)),
    bands,
  });
  const items = exports(content, () => plotRef.current, props.svg);
  const last = series.map(({ name, points }) => `${name} ${format(points.at(-1)?.[1] ?? 0)}`);
  return (
    <figure className="chart">
      <figcaption className="row spread">
        <span className="clip">{title}</span>
        <span className="row chart-tools">
          {props.tools}
          <SaveMenu title={title} items={items} />
        </span>
      </figcaption>
      <ContextMenu items={items}>
        <div
          ref={box}
          className="chart-box"
          style={{ height }}
          role="img"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the cursor of a chart is moved by keys.
          tabIndex={0}
          onKeyDown={(event) => plotRef.current && pressKey(event, plotRef.current, groups.get(group) ?? [])}
          aria-label={`${title} over ${xLabel}; at the end ${last.slice(0, fewSeries).join(', ')}. Arrows move the cursor, plus and minus zoom, 0 shows all.`}
        />
      </ContextMenu>
      {props.note && <p className="chart-note">{props.note}</p>}
      <Legend series={series} hidden={hidden} onHidden={setHidden} readings={readings.current} />
    </figure>
  );
}

interface LegendProps {
  readonly series: readonly ChartSeries[];
  readonly hidden: ReadonlySet<string>;
  readonly onHidden: (hidden: ReadonlySet<string>) => void;
  readonly readings: Map<number, HTMLElement>;
}

/** Names with their values at the cursor, or at the end; a click leaves one out. */
function Legend({ series, hidden, onHidden, readings }: LegendProps) {
  const [wanted, setWanted] = useState('');
  const many = series.length > fewSeries;
  const text = wanted.trim().toLowerCase();
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    onHidden(next);
  };
  return (
    <div className={clsx('legend', many && 'many')}>
      {many && (
        <input
          className="input"
          type="search"
          placeholder={`Find one of ${series.length}`}
          aria-label="Find a series"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      )}
      {series.map(({ name, colour }, index) =>
        name.toLowerCase().includes(text) ? (
          <button
            key={name}
            type="button"
            aria-pressed={!hidden.has(name)}
            title={hidden.has(name) ? `Show ${name}` : `Leave ${name} out`}
            onClick={() => toggle(name)}
          >
            <i
              className="legend-key"
              style={{ background: `var(--chart-${((colour ?? index) % 8) + 1})` }}
              aria-hidden
            />
            <span className="clip">{name}</span>
            <span
              className="numeric"
              ref={(element) => {
                if (element) readings.set(index, element);
                else readings.delete(index);
              }}
            />
          </button>
        ) : null,
      )}
    </div>
  );
}

function exports(content: () => ChartContent, plot: () => UPlot | null, svg: ChartProps['svg']): MenuItems {
  const name = (): string => content().title.replaceAll('/', ' ');
  return saveItems({
    png: async () => {
      const drawing = plot();
      if (drawing) saveFile(`${name()}.png`, await chartPng(drawing, content()));
    },
    ...(svg ? { svg: async () => saveSvg(name(), await svg(content())) } : {}),
    csv: () => saveCsv(name(), chartRows(content())),
  });
}
