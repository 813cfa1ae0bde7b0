import type UPlot from 'uplot';
import type { ChartContent } from './chart.tsx';
import { pngOf } from './files.ts';

/** Height of the title and of a line of the legend, in CSS pixels. */
const line = 22;

/** What a chart shows now, with its title and legend, as a PNG in the window's colours and at its sharpness. */
export function chartPng(plot: UPlot, { title, series }: ChartContent): Promise<Blob> {
  const source = plot.ctx.canvas;
  const scale = devicePixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = source.width;
  canvas.height = source.height + (line * 2 + line * Math.ceil(series.length / 3)) * scale;
  const ctx = canvas.getContext('2d');
  if (!ctx) return Promise.reject(new Error('There is no drawing here.'));
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  ctx.fillStyle = color('--background');
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(source, 0, line * 1.5 * scale);
  ctx.scale(scale, scale);
  ctx.fillStyle = color('--text');
  ctx.font = `600 13px ${color('--font')}`;
  ctx.fillText(title, 12, line - 4);
  ctx.font = `11px ${color('--font')}`;
  const column = source.width / scale / 3;
  series.forEach(({ name, colour }, index) => {
    const x = 12 + (index % 3) * column;
    const y = source.height / scale + line * 2 + Math.floor(index / 3) * line;
    ctx.fillStyle = color(`--chart-${((colour ?? index) % 8) + 1}`);
    ctx.fillRect(x, y - 9, 10, 10);
    ctx.fillStyle = color('--text-2');
    ctx.fillText(name, x + 16, y, column - 32);
  });
  return pngOf(canvas);
}
