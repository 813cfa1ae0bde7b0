import { clsx } from 'clsx';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { RunChart, RunView } from '../../../src-main/contract/index.ts';
import { Chart, type ChartBand } from '../../ui/chart.tsx';
import { formatTimeLeft } from '../../ui/format.ts';
import { Button, Check } from '../../ui/parts.tsx';
import { Distributions } from './distributions.tsx';
import { drawSvg } from './draw.ts';
import { HeatMap } from './heat-map.tsx';
import { Quality } from './quality.tsx';
import { Quantized } from './quantized.tsx';
import { saveReport, showAllMetrics } from './state.ts';
import { Structure } from './structure.tsx';
import { TrainingBar } from './train/training-bar.tsx';

const thousands = new Intl.NumberFormat('en');
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const formats: Readonly<Record<RunChart['unit'], (value: number) => string>> = {
  share: (value) => `${(value * 100).toFixed(0)} %`,
  number: (value) => (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : number.format(value)),
};

/** One training: how far it is, what it costs, what is left of the network, and what to make of it. */
export function RunPage({ run, onOther }: { readonly run: RunView; readonly onOther: () => void }) {
  const bands = useMemo(
    () => run.stages.map(({ kind, from, to }) => ({ name: kind, from, to })),
    [run.stages],
  );
  const span = useMemo(() => [1, Math.max(1, run.step)], [run.step]);
  return (
    <div className="page run">
      <header className="page-head">
        <div className="run-title">
          <h1 className="clip">{run.name}</h1>
          <p className="quiet clip">{run.location}</p>
        </div>
        <div className="row">
          <Button onClick={() => void showAllMetrics(run)}>All metrics</Button>
          <Button onClick={() => void saveReport(run)}>Save a report</Button>
          <Button onClick={onOther}>Another training</Button>
        </div>
      </header>
      <TrainingBar folder={run.id} />
      <StageBand run={run} />
      {run.reading !== null && (
        <p className="quiet numeric" role="status">
          {`Reading its files: ${Math.round(run.reading * 100)} % by now.`}
        </p>
      )}
      {run.explanation && <p className="run-explanation">{run.explanation}</p>}
      <dl className="figures">
        {run.metric && <Quality metric={run.metric} />}
        {run.figures.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="numeric">{value}</dd>
          </div>
        ))}
      </dl>
      <AdviceList run={run} />
      <div className="run-charts">
        {run.charts.map((chart) => (
          <RunCurves key={chart.id} chart={chart} bands={bands} span={span} />
        ))}
      </div>
      {run.layers.length > 0 && <Structure layers={run.layers} />}
      {run.heatMap && run.heatMap.steps.length > 0 && <HeatMap map={run.heatMap} />}
      {run.histograms > 0 && <Distributions run={run} bands={bands} span={span} />}
      {run.quantization && <Quantized run={run.id} view={run.quantization} />}
      {run.problems.length > 0 && (
        <section className="section" aria-label="Files with problems">
          <h2>Files with problems</h2>
          <ul className="plain">
            {run.problems.map(({ file, message }) => (
              <li key={file + message}>
                <span className="mono">{file}</span> {message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

interface RunCurvesProps {
  readonly chart: RunChart;
  readonly bands: readonly ChartBand[];
  /** The first and the last step. */
  readonly span: readonly number[];
}

/** One chart of the training; parts that add up may be laid on top of each other. */
function RunCurves({ chart: { title, unit, series, adds, note }, bands, span }: RunCurvesProps) {
  const [stacked, setStacked] = useState(false);
  return (
    <Chart
      title={title}
      series={series}
      height={170}
      format={formats[unit]}
      group="run"
      bands={bands}
      span={span}
      stacked={adds && stacked}
      note={note}
      svg={drawSvg}
      tools={
        adds && (
          <Check checked={stacked} onChange={setStacked}>
            Stacked
          </Check>
        )
      }
    />
  );
}

/** The life of the training, with where it stands. */
function StageBand({ run }: { readonly run: RunView }) {
  const end = run.maxSteps ?? Math.max(run.step, ...run.stages.map(({ to }) => to ?? 0), 1);
  const left =
    run.timeLeft === null || run.step >= end
      ? ''
      : run.timeLeft === 0
        ? ', ended'
        : `, ${formatTimeLeft(run.timeLeft)}`;
  if (run.step === 0 && run.stages.length === 0) {
    return <p className="quiet">Nothing was logged yet. Stages, losses and sparsity come as they are.</p>;
  }
  return (
    <section aria-label="Stages">
      <p className="row spread numeric">
        <span>
          {`Step ${thousands.format(run.step)} of ${thousands.format(end)}${left}`}
          <span className="quiet">
            {run.stepsPerSecond ? `, ${number.format(run.stepsPerSecond)} steps/s` : ''}
          </span>
        </span>
        <span>{run.stage}</span>
      </p>
      <div className="band" aria-hidden>
        {run.stages.map(({ kind, from, to }) => (
          <div
            key={`${kind} ${from}`}
            className={clsx('band-stage', kind === run.stage && 'now')}
            style={{ flexGrow: Math.max(1, (to ?? end) - from + 1) }}
            title={`${kind}: step ${from} to ${to ?? end}`}
          >
            <span className="clip band-name">{kind}</span>
          </div>
        ))}
        <div className="band-mark" style={{ left: `${Math.min(100, (run.step / end) * 100)}%` }} />
      </div>
    </section>
  );
}

const signs = {
  error: [CircleAlert, 'state-failed', 'Error'],
  warning: [TriangleAlert, 'state-warning', 'Warning'],
  note: [Info, 'quiet', 'Note'],
} as const;

function AdviceList({ run }: { readonly run: RunView }) {
  if (run.advice.length === 0) return null;
  return (
    <section className="advice-list" aria-label="Advice">
      {run.advice.map(({ id, severity, title, evidence, change }) => {
        const [Icon, style, word] = signs[severity];
        return (
          <article key={id} className="advice">
            <h2 className="row">
              <Icon size={16} className={style} aria-label={word} />
              {title}
            </h2>
            <ul className="remarks">
              {evidence.map(({ text, where }) => (
                <li key={text + where}>
                  {text} <span className="quiet">{where}</span>
                </li>
              ))}
            </ul>
            <p>{change}</p>
          </article>
        );
      })}
    </section>
  );
}
