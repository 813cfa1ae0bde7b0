import { clsx } from 'clsx';
import type { RunView } from '../../../src-main/contract/index.ts';

type Layer = RunView['layers'][number];

const thousands = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/**
 * The network as a drawing, its input at the bottom: each head a cell, the feed-forward part as wide as it was and filled
 * as far as it is left, and beside it the weights of each layer, dense against pruned.
 */
export function Structure({ layers }: { readonly layers: readonly Layer[] }) {
  const most = Math.max(...layers.map(({ denseParameters }) => denseParameters), 1);
  const widest = Math.max(...layers.map(({ feedForward }) => feedForward?.dense ?? 0), 1);
  const dense = layers.reduce((sum, layer) => sum + layer.denseParameters, 0);
  const pruned = layers.reduce((sum, layer) => sum + layer.prunedParameters, 0);
  const upwards = [...layers].sort((one, other) => other.layer - one.layer);
  return (
    <section className="section" aria-label="Structure">
      <div className="row spread">
        <h2>Structure</h2>
        <span className="quiet numeric">
          {thousands.format(dense)} weights in these layers, {thousands.format(pruned)} left (
          {((pruned / Math.max(1, dense)) * 100).toFixed(1)} %)
        </span>
      </div>
      <div className="wide-table">
        <table className="table structure">
          <thead>
            <tr>
              <th>Layer</th>
              <th>Heads</th>
              <th>Feed-forward rows</th>
              <th>
                <span className="structure-key">
                  Weights: <i className="key-mark of-dense" aria-hidden /> dense{' '}
                  <i className="key-mark of-pruned" aria-hidden /> left
                </span>
              </th>
            </tr>
          </thead>
          <tbody>
            {upwards.map(({ layer, name, heads, feedForward, denseParameters, prunedParameters }) => (
              <tr key={layer}>
                <th scope="row" className="numeric">
                  {name}
                </th>
                <td>{heads && <Heads heads={heads} />}</td>
                <td>
                  {feedForward && (
                    <div className="row">
                      <span
                        className="bar"
                        aria-hidden
                        style={{ width: `${(feedForward.dense / widest) * 160}px` }}
                      >
                        <i
                          className="bar-part"
                          style={{ width: `${(feedForward.kept / feedForward.dense) * 100}%` }}
                        />
                      </span>
                      <span className={clsx('numeric', feedForward.kept === 0 ? 'state-failed' : 'quiet')}>
                        {`${thousands.format(feedForward.kept)} of ${thousands.format(feedForward.dense)}`}
                      </span>
                    </div>
                  )}
                </td>
                <td>
                  <div
                    className="weights"
                    title={`${thousands.format(denseParameters)} weights, ${thousands.format(prunedParameters)} left`}
                  >
                    <span className="weights-bars" aria-hidden>
                      <i
                        className="weights-bar of-dense"
                        style={{ width: `${(denseParameters / most) * 100}%` }}
                      />
                      <i
                        className="weights-bar of-pruned"
                        style={{ width: `${(prunedParameters / most) * 100}%` }}
                      />
                    </span>
                    <span className="numeric quiet">
                      {`${short.format(denseParameters)} → ${short.format(prunedParameters)}`}
                    </span>
                    <span className="numeric">
                      {((prunedParameters / Math.max(1, denseParameters)) * 100).toFixed(0)} %
                    </span>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Heads({ heads: { kept, dense, ids } }: { readonly heads: NonNullable<Layer['heads']> }) {
  return (
    <div className="row">
      <span className="heads" aria-hidden>
        {Array.from({ length: dense }, (_, head) => (
          <i
            // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place.
            key={head}
            title={ids ? `Head ${head}${ids.includes(head) ? '' : ' is gone'}` : undefined}
            className={clsx((ids ? ids.includes(head) : head < kept) && 'kept')}
          />
        ))}
      </span>
      <span className={clsx('numeric', kept === 0 ? 'state-failed' : 'quiet')}>{`${kept} of ${dense}`}</span>
    </div>
  );
}
