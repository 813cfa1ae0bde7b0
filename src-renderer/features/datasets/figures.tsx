import { useState } from 'react';
import type { DatasetDescription } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { count, formatSize } from '../../ui/format.ts';
import { Button } from '../../ui/parts.tsx';
import { type About, useLookedThrough } from './asked.ts';
import { copyStats } from './command.ts';
import './figures.css';
import { UnderWay } from './under-way.tsx';
import { number } from './words.ts';

/** Classes that are listed before one asks for all. */
const fewClasses = 20;

const describe = (about: About): Promise<DatasetDescription> => call('datasets.describe', about);

/** What the set is like after its changes: balance of classes, sizes, shapes and places of boxes. */
export function Figures() {
  const { answer: found, failed, again } = useLookedThrough(describe);
  if (!found) {
    return (
      <div className="findings">
        <UnderWay failed={failed} onAgain={again}>
          Counting
        </UnderWay>
      </div>
    );
  }
  const { perItem, pictureSizes, boxSizes, aspectRatios, heatMap } = found;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    <section className="findings described" aria-label="Figures" tabIndex={0}>
      <div className="row spread">
        <p className="quiet numeric" role="status">
          {`${count(found.annotations, 'annotation')} on ${count(found.items, 'picture')}: ${number(perItem.least)} to ${number(perItem.most)} each, ${perItem.mean.toFixed(1)} on average.`}
        </p>
        <Button onClick={() => void copyStats()}>Copy the command</Button>
      </div>
      {found.annotations === 0 && (
        <p>Nothing is annotated yet: there are no classes, boxes or places to count.</p>
      )}
      {found.classes.length > 0 && <Balance description={found} />}
      {hasAny(heatMap.flat()) && (
        <div className="described-row">
          <Bars
            title="Size of boxes"
            hint="Side, in % of the picture’s"
            histogram={boxSizes}
            scale={100}
            unit=" %"
          />
          <Bars title="Shape of boxes" hint="Width over height" histogram={aspectRatios} />
          <Places cells={heatMap} />
        </div>
      )}
      {pictureSizes.length > 0 && (
        <section aria-label="Sizes of pictures">
          <h2>Sizes of pictures</h2>
          <p className="numeric">
            {pictureSizes
              .slice(0, 8)
              .map((size) => `${formatSize(size)} (${number(size.count)})`)
              .join(', ')}
            {pictureSizes.length > 8 && ' and more'}
          </p>
        </section>
      )}
    </section>
  );
}

const hasAny = (counts: readonly number[]): boolean => counts.some((count) => count > 0);
const subsetColour = (index: number): string => `var(--chart-${(index % 8) + 1})`;

/** Each class as a bar, its subsets side by side. */
function Balance({ description: { classes, subsets } }: { readonly description: DatasetDescription }) {
  const [all, setAll] = useState(false);
  const order = [...classes].sort((one, other) => other.count - one.count);
  const shown = all ? order : order.slice(0, fewClasses);
  const most = Math.max(1, ...classes.map(({ count }) => count));
  return (
    <section aria-label="Balance of classes">
      <div className="row spread">
        <h2>Balance of classes</h2>
        <ul className="plain balance-legend" aria-label="Colours">
          {subsets.map((subset, index) => (
            <li key={subset} className="row">
              <span className="swatch" style={{ background: subsetColour(index) }} aria-hidden />
              {subset}
            </li>
          ))}
        </ul>
      </div>
      <table className="table balance">
        <thead>
          <tr>
            <th>Class</th>
            <th className="numeric">Annotations</th>
            <th className="numeric">Pictures</th>
            <th>By split</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ label, count, items, bySubset }) => (
            <tr key={label}>
              <td className="clip" title={label} dir="auto">
                {label}
              </td>
              <td className="numeric">{number(count)}</td>
              <td className="numeric">{number(items)}</td>
              <td>
                <div
                  className="balance-bar"
                  role="img"
                  aria-label={subsets.map((subset, index) => `${subset} ${bySubset[index] ?? 0}`).join(', ')}
                >
                  {bySubset.map((part, index) => (
                    <span
                      key={subsets[index]}
                      style={{ width: `${(100 * part) / most}%`, background: subsetColour(index) }}
                    />
                  ))}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {order.length > fewClasses && (
        <Button kind="bare" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${number(order.length)}`}
        </Button>
      )}
    </section>
  );
}

interface BarsProps {
  readonly title: string;
  readonly hint: string;
  readonly histogram: DatasetDescription['boxSizes'];
  /** What edges are shown in, and its unit. */
  readonly scale?: number;
  readonly unit?: string;
}

function Bars({ title, hint, histogram: { edges, counts }, scale = 1, unit = '' }: BarsProps) {
  const most = Math.max(1, ...counts);
  const shown = edges.map((edge) => String(Math.round(edge * scale * 100) / 100));
  const short = (edge = ''): string => edge.replace(/^0\./, '.');
  const bins = counts.map((count, index) => {
    const edge = shown[index];
    const words = edge === undefined ? `over ${shown.at(-1)}${unit}` : `to ${edge}${unit}`;
    return { count, words, mark: edge === undefined ? `>${short(shown.at(-1))}` : short(edge) };
  });
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <p className="quiet">{hint}</p>
      <div className="histogram" aria-hidden>
        {bins.map(({ words, count }) => (
          <div key={words} title={`${words}: ${number(count)}`}>
            <span className="numeric">{count === most ? number(count) : ''}</span>
            <span className="bar" style={{ height: `${(100 * count) / most}%` }} />
          </div>
        ))}
      </div>
      <div className="histogram-marks numeric quiet" aria-hidden>
        {bins.map(({ mark }) => (
          <span key={mark}>{mark}</span>
        ))}
      </div>
      <table className="hidden-visually">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th>{hint}</th>
            <th>Boxes</th>
          </tr>
        </thead>
        <tbody>
          {bins.map(({ words, count }) => (
            <tr key={words}>
              <td>{words}</td>
              <td>{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const thirds = [
  ['Top', 'Middle', 'Bottom'],
  ['left', 'centre', 'right'],
] as const;

/** Where the centres of shapes lie, over a picture of any size. */
function Places({ cells }: { readonly cells: DatasetDescription['heatMap'] }) {
  const most = Math.max(1, ...cells.flat());
  const all = Math.max(
    1,
    cells.flat().reduce((sum, count) => sum + count, 0),
  );
  const third = (index: number): number => Math.floor((3 * index) / cells.length);
  const shareOf = (row: number, column: number): string => {
    const part = cells
      .filter((_, y) => third(y) === row)
      .flatMap((counts) => counts.filter((_, x) => third(x) === column))
      .reduce((sum, count) => sum + count, 0);
    return `${Math.round((100 * part) / all)} %`;
  };
  return (
    <section aria-label="Where shapes are">
      <h2>Where shapes are</h2>
      <p className="quiet">Centres, over the picture</p>
      <div className="places" aria-hidden>
        {cells.flatMap((row, y) =>
          row.map((count, x) => (
            // Cells are their places.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above.
            <span key={`${x} ${y}`} title={number(count)} style={{ opacity: count / most }} />
          )),
        )}
      </div>
      <p className="places-scale numeric quiet" aria-hidden>
        0 <span /> {number(most)} in a cell
      </p>
      <table className="hidden-visually">
        <caption>Where the centres of shapes are, by thirds of the picture</caption>
        <thead>
          <tr>
            <th>Row</th>
            {thirds[1].map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {thirds[0].map((name, row) => (
            <tr key={name}>
              <th>{name}</th>
              {thirds[1].map((other, column) => (
                <td key={other}>{shareOf(row, column)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
