import type { RunView } from '../../../src-main/contract/index.ts';

/** Sparsity of each layer over time: the brighter, the more of it is gone. */
export function HeatMap({
  map: { layers, steps, values },
}: {
  readonly map: NonNullable<RunView['heatMap']>;
}) {
  return (
    <section className="section" aria-label="Sparsity of each layer">
      <h2>Sparsity of each layer</h2>
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
            {layers.map((layer, row) => (
              <tr key={layer}>
                <th scope="row" className="mono">
                  {layer}
                </th>
                {steps.map((step, column) => {
                  const value = values[row]?.[column] ?? null;
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
