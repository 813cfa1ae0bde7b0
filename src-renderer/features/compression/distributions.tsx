import { useEffect, useState } from 'react';
import type { RunChart, RunView } from '../../../src-main/contract/index.ts';
import { act } from '../../state/session.ts';
import { Chart, type ChartBand } from '../../ui/chart.tsx';
import { Button } from '../../ui/parts.tsx';
import { drawSvg } from './draw.ts';

/** Tensors that are drawn at first, and each time that more are asked for. */
const atOnce = 12;

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const format = (value: number): string => number.format(value);

/** The middle stands out; the further out, the more alike least and greatest, 5 and 95 % look. */
const colours = [7, 1, 2, 0, 2, 1, 7];

interface DistributionsProps {
  readonly run: RunView;
  readonly bands: readonly ChartBand[];
  readonly span: readonly number[];
}

/** How the numbers of tensors spread over the steps, from the histograms that were logged. */
export function Distributions({ run, bands, span }: DistributionsProps) {
  const [wanted, setWanted] = useState('');
  const [most, setMost] = useState(atOnce);
  const [shown, setShown] = useState<{ readonly found: number; readonly charts: readonly RunChart[] } | null>(
    null,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another step there may be another histogram.
  useEffect(() => {
    let late = false;
    void act('compression.distributions', { handle: run.id, wanted, most }).then((found) => {
      if (!late && found) setShown(found);
    });
    return () => {
      late = true;
    };
  }, [run.id, run.step, wanted, most]);
  const more = (shown?.found ?? 0) - (shown?.charts.length ?? 0);
  return (
    <section className="section" aria-label="Distributions">
      <div className="row spread">
        <h2>Distributions</h2>
        {run.histograms > atOnce && (
          <input
            className="input find"
            type="search"
            placeholder={`Find one of ${run.histograms} tensors`}
            aria-label="Find a tensor"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        )}
      </div>
      <div className="run-charts">
        {shown?.charts.map(({ id, title, series }) => (
          <Chart
            key={id}
            title={title}
            series={series.map((line, index) => ({ ...line, colour: colours[index] ?? 7 }))}
            height={170}
            format={format}
            group="run"
            bands={bands}
            span={span}
            svg={drawSvg}
          />
        ))}
      </div>
      {more > 0 && (
        <div>
          <Button onClick={() => setMost(most + atOnce)}>Show {Math.min(more, atOnce)} more</Button>
        </div>
      )}
      {shown?.found === 0 && <p className="quiet">No tensor of this name.</p>}
    </section>
  );
}
