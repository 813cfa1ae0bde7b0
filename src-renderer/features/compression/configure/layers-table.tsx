import { clsx } from 'clsx';
import { useMemo } from 'react';
import { useEditing } from './state.ts';
import { cutText, groupLayers } from './words.ts';

/** What becomes of each linear layer of the model; layers of all blocks that are cut alike are one row. */
export function LayersTable() {
  const layers = useEditing((state) => state.view?.layers);
  const note = useEditing((state) => state.model?.note);
  const groups = useMemo(() => groupLayers(layers ?? []), [layers]);
  if (groups.length === 0) return null;
  return (
    <section className="section" aria-label="What becomes of each layer">
      <h2>What becomes of each layer</h2>
      <table className="table">
        <thead>
          <tr>
            <th>Layer</th>
            <th className="numeric">Weights</th>
            <th>In training</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ name, layers: [layer] }) =>
            layer ? (
              <tr key={name + cutText(layer)}>
                <td className="mono">{name}</td>
                <td className="numeric">{layer.shape.join(' × ')}</td>
                <td
                  className={clsx(
                    !layer.fits && 'state-failed',
                    layer.mode === 'unstructured' && 'state-warning',
                    layer.mode === 'ignored' && 'quiet',
                  )}
                >
                  {cutText(layer)}
                </td>
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
      <p className="quiet">{note}</p>
    </section>
  );
}
