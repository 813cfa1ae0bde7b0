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
