import { X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { CompareChoices, ComparisonView } from '../../../src-main/contract/index.ts';
import { Chart } from '../../ui/chart.tsx';
import { Empty } from '../../ui/empty.tsx';
import { saveCsv } from '../../ui/files.ts';
import { Button, Check, Field, IconButton, Range, Segmented } from '../../ui/parts.tsx';
import { drawSvg } from './draw.ts';
import { ParetoPlot } from './pareto-plot.tsx';
import { chooseCompared, compare, showMetrics, useCompression } from './state.ts';

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const format = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : number.format(value);

const axes: ReadonlyArray<readonly [CompareChoices['axis'], string]> = [
  ['step', 'Steps'],
  ['epoch', 'Epochs'],
  ['time', 'Time'],
];

/** Charts that are drawn at first, and each time that more are asked for. */
const atOnce = 24;
const thousands = new Intl.NumberFormat('en');

/** Several trainings over each other: curves, settings that differ, and which model is worth its cost. */
export function Compare() {
  const { compared, comparison, choices, logarithmic } = useCompression();
  const [wanted, setWanted] = useState('');
  if (compared.length === 0) {
    return (
      <Empty title="Compare trainings" action="Choose a folder" onAction={chooseCompared}>
        Drop their output folders here, one after the other. Curves lie over each other, settings that differ
        are marked, and each model stands by its quality and its cost.
      </Empty>
    );
  }
  return (
    <div className="page run">
      <header className="page-head">
        <h1>{compared.length === 1 ? 'One training' : `${compared.length} trainings`}</h1>
        <Button onClick={chooseCompared}>Add a training</Button>
      </header>
      <ul className="plain run-list chips" aria-label="Trainings">
        {compared.map(({ id, location }, index) => (
          <li key={id} className="row">
            <span className="run-key" style={{ background: `var(--chart-${(index % 8) + 1})` }} aria-hidden />
            <span className="clip" title={location}>
              {comparison?.runs[index] ?? location}
            </span>
            <IconButton
              label={`Take out ${comparison?.runs[index] ?? location}`}
              onClick={() => void compare(compared.filter((other) => other.id !== id))}
            >
              <X size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      <div className="compare-bar">
        <Segmented
          label="Over"
          value={choices.axis}
          options={axes}
          onChange={(axis) => void compare(compared, { axis })}
        />
        <Field label={`Smoothing ${choices.smoothing}`}>
          {(id) => (
            <Range
              id={id}
              value={choices.smoothing}
              least={0}
              most={0.99}
              step={0.01}
              onChange={(smoothing) => void compare(compared, { smoothing })}
            />
          )}
        </Field>
        <Check
          checked={choices.clip > 0}
          onChange={(clip) => void compare(compared, { clip: clip ? 0.02 : 0 })}
        >
          Leave outliers out of the range
        </Check>
        <Check checked={logarithmic} onChange={(next) => useCompression.setState({ logarithmic: next })}>
          Logarithmic
        </Check>
        <input
          className="input"
          type="search"
          placeholder="Find a metric"
          aria-label="Find a metric"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </div>
      {comparison && <Overlays comparison={comparison} wanted={wanted} axis={choices.axis} />}
      {comparison?.pareto && comparison.pareto.candidates.length > 0 && (
        <ParetoPlot comparison={comparison} />
      )}
      {comparison && <Settings comparison={comparison} />}
    </div>
  );
}

interface OverlaysProps {
  readonly comparison: ComparisonView;
  readonly wanted: string;
  readonly axis: CompareChoices['axis'];
}

const xLabels = { step: 'step', epoch: 'epoch', time: 'seconds' } as const;

function Overlays({ comparison, wanted, axis }: OverlaysProps) {
  const { metrics, runs } = comparison;
  const { overlays, overlaysOf, logarithmic } = useCompression();
  const [pages, setPages] = useState(1);
  const text = wanted.trim().toLowerCase();
  const found = useMemo(
    () => metrics.filter((metric) => metric.toLowerCase().includes(text)),
    [metrics, text],
  );
  const shown = useMemo(() => found.slice(0, atOnce * pages), [found, pages]);
  useEffect(() => {
    if (overlaysOf !== comparison || shown.some((metric) => !overlays.has(metric))) void showMetrics(shown);
  }, [shown, comparison, overlays, overlaysOf]);
  const charts = useMemo(
    () =>
      shown.flatMap((metric) => {
        const overlay = overlays.get(metric);
        if (!overlay) return [];
        const { curves, range, note } = overlay;
        return [
          {
            metric,
            range,
            note,
            series: curves.map(({ run, points }) => ({ name: runs[run] ?? '', points, colour: run })),
          },
        ];
      }),
    [shown, overlays, runs],
  );
  const more = found.length - shown.length;
  return (
    <>
      <div className="run-charts">
        {charts.map(({ metric, series, range, note }) => (
          <Chart
            key={metric}
            title={metric}
            xLabel={xLabels[axis]}
            series={series}
            height={170}
            format={format}
            group="compare"
            range={range}
            logarithmic={logarithmic}
            note={note}
            svg={drawSvg}
          />
        ))}
      </div>
      {more > 0 && (
        <div className="row">
          <Button onClick={() => setPages(pages + 1)}>Show {Math.min(more, atOnce)} more</Button>
          <span className="quiet numeric">{thousands.format(more)} metrics more. Find one by its name.</span>
        </div>
      )}
      {found.length === 0 && <p className="quiet">No metric of this name.</p>}
    </>
  );
}

function Settings({ comparison: { runs, settings } }: { readonly comparison: ComparisonView }) {
  const [all, setAll] = useState(false);
  const shown = settings.filter(({ differs }) => all || differs);
  const save = (): void =>
    saveCsv('settings', [
      ['group', 'setting', ...runs],
      ...shown.map((row) => [row.group, row.name, ...row.values]),
    ]);
  return (
    <section className="section" aria-label="Settings">
      <div className="row spread">
        <h2>Settings</h2>
        <div className="row">
          <Check checked={all} onChange={setAll}>
            Also those that agree
          </Check>
          <Button onClick={save}>Save as CSV</Button>
        </div>
      </div>
      {shown.length === 0 ? (
        <p className="quiet">All settings agree.</p>
      ) : (
        <div className="wide-table">
          <table className="table">
            <thead>
              <tr>
                <th>Setting</th>
                {runs.map((run) => (
                  <th key={run}>{run}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ group, name, values, differs }) => (
                <tr key={`${group} ${name}`}>
                  <td>
                    <span className="mono">{name}</span> <span className="quiet">{group}</span>
                  </td>
                  {values.map((value, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a column is a run's place.
                    <td key={index} className={differs ? 'mono differs' : 'mono quiet'}>
                      {value === null ? '–' : String(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
