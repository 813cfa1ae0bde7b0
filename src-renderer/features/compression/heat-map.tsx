import type { RunView } from '../../../src-main/contract/index.ts';
import { saveCsv, savePng, saveSvg } from '../../ui/files.ts';
import { SaveMenu, saveItems } from '../../ui/save-menu.tsx';
import { drawHeatMap, groundOfDrawings } from './draw.ts';

const file = 'sparsity-of-layers';

/** Sparsity of each layer over time: the brighter, the more of it is gone. */
export function HeatMap({ map }: { readonly map: NonNullable<RunView['heatMap']> }) {
  const { layers, steps, values } = map;
  const row = (layer: string, index: number) => [layer, ...(values[index] ?? [])];
  return (
    <section className="section" aria-label="Sparsity of each layer">
      <div className="row spread">
        <h2>Sparsity of each layer</h2>
        <SaveMenu
          title="Sparsity of each layer"
          items={saveItems({
            png: async () => savePng(file, await drawHeatMap(map), groundOfDrawings()),
            svg: async () => saveSvg(file, await drawHeatMap(map)),
            csv: () => saveCsv(file, [['layer', ...steps], ...layers.map(row)]),
          })}
        />
      </div>
      <div className="wide-table">
        <table className="heat-map">
          <thead>
            <tr>
              <th>Layer</th>
              {steps.map((step) => (
                <th key={step} className="numeric">
                  {step}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer, place) => (
              <tr key={layer}>
                <th scope="row" className="mono">
                  {layer}
                </th>
                {steps.map((step, column) => {
                  const value = values[place]?.[column] ?? null;
                  return (
                    <td
                      key={step}
                      title={`${layer}, step ${step}`}
                      style={
                        value === null
                          ? undefined
                          : {
                              background: `color-mix(in oklab, var(--chart-1) ${Math.round(value * 100)}%, var(--surface))`,
                            }
                      }
                    >
                      <span className={value !== null && value > 0.7 ? 'on-bright' : undefined}>
                        {value === null ? '' : Math.round(value * 100)}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet">Percent of weights that are zero, by step.</p>
    </section>
  );
}
