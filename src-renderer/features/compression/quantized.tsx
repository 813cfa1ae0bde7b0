import { useState } from 'react';
import type { QuantizationView, WeightRangeView } from '../../../src-main/contract/index.ts';
import { act } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { Button } from '../../ui/parts.tsx';

const thousands = new Intl.NumberFormat('en');
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const part = (of: number, all: number): string => (all === 0 ? '–' : `${((of / all) * 100).toFixed(1)} %`);

/** What is in 8 bits, by kind; what is not, and why; and the range of each layer's weights. */
export function Quantized({ run, view }: { readonly run: string; readonly view: QuantizationView }) {
  const { file, classes, floatWeights, floatInputs, ignored, unexplained } = view;
  const [ranges, setRanges] = useState<readonly WeightRangeView[] | null>(null);
  const [reading, setReading] = useState(false);
  const read = async (): Promise<void> => {
    setReading(true);
    const found = await act('compression.weights', { handle: run });
    setReading(false);
    if (found) setRanges(found.ranges);
  };
  return (
    <section className="section" aria-label="Quantization">
      <div className="row spread">
        <h2>Quantization</h2>
        <span className="quiet mono">{file}</span>
      </div>
      <table className="table coverage">
        <thead>
          <tr>
            <th>Kind</th>
            <th className="numeric">In 8 bits</th>
            <th className="numeric">Weights in 8 bits</th>
            <th className="numeric">Share</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ name, operations, quantized, parameters, quantizedParameters }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="numeric">{`${quantized} of ${operations}`}</td>
              <td className="numeric">
                {parameters === 0
                  ? 'no weights'
                  : `${thousands.format(quantizedParameters)} of ${thousands.format(parameters)}`}
              </td>
              <td className="numeric">
                {parameters === 0 ? part(quantized, operations) : part(quantizedParameters, parameters)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Names title="Weights that stayed in float" names={floatWeights} tone="state-warning" />
      <Names
        title="Layers that compute in float, because their input isn’t quantized"
        names={floatInputs}
        tone="state-warning"
      />
      {ignored.map(({ pattern, operations }) => (
        <Names
          key={pattern}
          title={`Left in float by the ignored scope ${pattern}`}
          names={operations}
          empty="matches nothing"
        />
      ))}
      <Names
        title={
          ignored.length > 0
            ? 'Left in float by NNCF itself, by no scope of the configuration'
            : 'Left in float by NNCF itself'
        }
        names={unexplained}
      />
      {ranges === null ? (
        <div>
          <Button disabled={reading} onClick={() => void read()}>
            {reading ? 'Reading the weights' : 'Show the range of each layer’s weights'}
          </Button>
        </div>
      ) : (
        <Ranges ranges={ranges} />
      )}
    </section>
  );
}

interface NamesProps {
  readonly title: string;
  readonly names: readonly string[];
  readonly tone?: string;
  /** Said where there are none; missing: nothing is. */
  readonly empty?: string;
}

function Names({ title, names, tone, empty }: NamesProps) {
  if (names.length === 0) return empty ? <p className="quiet">{`${title}: ${empty}`}</p> : null;
  return (
    <details>
      <summary className={tone}>{`${title}: ${count(names.length, 'operation')}`}</summary>
      <ul className="plain mono operation-names">
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </details>
  );
}

/** Bars from the least to the greatest weight over one axis, with 0 marked. */
function Ranges({ ranges }: { readonly ranges: readonly WeightRangeView[] }) {
  const far = Math.max(
    ...ranges.map(({ least, greatest }) => Math.max(Math.abs(least), Math.abs(greatest))),
    1e-9,
  );
  const at = (value: number): number => 50 + (value / far) * 50;
  if (ranges.length === 0) return <p className="quiet">The saved model has no weights that can be read.</p>;
  const used = ranges.flatMap(({ codesUsed }) => (codesUsed === null ? [] : [codesUsed]));
  const halved = used.length > 0 && used.every((one) => one < 0.52);
  return (
    <>
      {halved && (
        <p className="quiet">
          Only half of the 8-bit codes are used: overflow_fix is on, which keeps sums within 16 bits on
          processors without VNNI and costs some exactness.
        </p>
      )}
      <div className="wide-table">
        <table className="table ranges">
          <thead>
            <tr>
              <th>Layer</th>
              <th>Stored as</th>
              <th className="numeric">Least</th>
              <th aria-label="Range" />
              <th className="numeric">Greatest</th>
              <th className="numeric">Zeros</th>
              <th className="numeric">Codes used</th>
            </tr>
          </thead>
          <tbody>
            {ranges.map(({ module, type, least, greatest, zeros, codesUsed }) => (
              <tr key={module}>
                <td className="mono">{module}</td>
                <td className="mono">{type}</td>
                <td className="numeric">{number.format(least)}</td>
                <td>
                  <span className="range-bar" aria-hidden>
                    <i
                      className="range-part"
                      style={{ left: `${at(least)}%`, width: `${at(greatest) - at(least)}%` }}
                    />
                  </span>
                </td>
                <td className="numeric">{number.format(greatest)}</td>
                <td className="numeric">{(zeros * 100).toFixed(1)} %</td>
                <td className="numeric">{codesUsed === null ? '–' : `${(codesUsed * 100).toFixed(0)} %`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
