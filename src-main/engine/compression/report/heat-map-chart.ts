import type { HeatMap } from '../derive/heat-map.ts';
import { escapeText } from './escape.ts';
import { tickLabel } from './ticks.ts';

const row = 15;
const names = 300;
const widest = 640;

/** A heat map as a drawing: a row for each layer, darker where more is zero, each cell with its value as a title. */
export function heatMapChart({
  layers,
  steps,
  values,
}: Pick<HeatMap, 'layers' | 'steps' | 'values'>): string {
  const cell = Math.max(2, Math.min(44, widest / Math.max(1, steps.length)));
  const width = names + cell * steps.length + 10;
  const height = row * layers.length + 30;
  const every = Math.ceil(40 / cell);
  const body = layers.map((layer, index) => {
    const y = index * row;
    const cells = (values[index] ?? []).map((value, column) => {
      const title = `${layer}, step ${steps[column]}: ${value === null ? 'not known' : `${(value * 100).toFixed(1)} %`}`;
      const fill =
        value === null
          ? 'fill="none" stroke="#888"'
          : `fill="#0072b2" fill-opacity="${(0.04 + 0.96 * value).toFixed(3)}"`;
      return `<rect x="${(names + column * cell).toFixed(1)}" y="${y}" width="${(cell - 1).toFixed(1)}" height="${row - 1}" ${fill}><title>${escapeText(title)}</title></rect>`;
    });
    const shown = layer.length <= 44 ? layer : `…${layer.slice(-43)}`;
    return `<text class="t end" x="${names - 6}" y="${y + 11}">${escapeText(shown)}</text>${cells.join('')}`;
  });
  const axis = steps.map((step, column) =>
    column % every === 0
      ? `<text class="t" x="${(names + column * cell).toFixed(1)}" y="${row * layers.length + 14}">${tickLabel(step)}</text>`
      : '',
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" height="${height}" role="img" aria-label="Sparsity of each layer over time"><style>.t{font:11px system-ui,sans-serif;fill:#3c434c}.end{text-anchor:end}@media(prefers-color-scheme:dark){.t{fill:#c9d1d9}}</style>${body.join('')}${axis.join('')}</svg>`;
}
