import type { RunView } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import type { ChartContent } from '../../ui/chart.tsx';

/** A chart as an SVG that stands by itself, drawn as in reports. */
export async function drawSvg({ title, xLabel, series, bands }: ChartContent): Promise<string> {
  const { svg } = await call('compression.drawing', {
    title,
    xLabel,
    series: series.map(({ name, points }) => ({
      name,
      points: points.map(([x, y]): [number, number] => [x, y]),
    })),
    bands: bands.map(({ name, from, to }) => ({ name, from, to })),
  });
  return svg;
}

/** A heat map as an SVG that stands by itself. */
export async function drawHeatMap(map: NonNullable<RunView['heatMap']>): Promise<string> {
  const { svg } = await call('compression.drawHeatMap', map);
  return svg;
}

/** What lies behind such a drawing, which is light or dark with the system and brings no ground. */
export const groundOfDrawings = (): string =>
  matchMedia('(prefers-color-scheme: dark)').matches ? '#0d1117' : '#ffffff';
