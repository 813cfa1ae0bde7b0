import type { RunView } from '../../../src-main/contract/index.ts';
import { saveCsv } from '../../ui/files.ts';
import { Button } from '../../ui/parts.tsx';

/** Sparsity of each layer over time: the brighter, the more of it is gone. */
export function HeatMap({
  map: { layers, steps, values },
}: {
  readonly map: NonNullable<RunView['heatMap']>;
}) {
  const row = (layer: string, index: number) => [layer, ...(values[index] ?? [])];
  return (
    <section className="section" aria-label="Sparsity of each layer">
      <div className="row spread">
        <h2>Sparsity of each layer</h2>
        <Button onClick={() => saveCsv('sparsity-of-layers', [['layer', ...steps], ...layers.map(row)])}>
          Save as CSV
        </Button>
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
