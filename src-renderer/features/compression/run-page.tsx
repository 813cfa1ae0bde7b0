import { clsx } from 'clsx';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { RunChart, RunView } from '../../../src-main/contract/index.ts';
import { Chart } from '../../ui/chart.tsx';
import { formatTimeLeft } from '../../ui/format.ts';
import { Button } from '../../ui/parts.tsx';
import { HeatMap } from './heat-map.tsx';
import { saveReport } from './state.ts';
import { TrainingBar } from './train/training-bar.tsx';

const thousands = new Intl.NumberFormat('en');
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const formats: Readonly<Record<RunChart['unit'], (value: number) => string>> = {
  share: (value) => `${(value * 100).toFixed(0)} %`,
  number: (value) => (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : number.format(value)),
};

/** One training: how far it is, what it costs, what is left of the network, and what to make of it. */
export function RunPage({ run, onOther }: { readonly run: RunView; readonly onOther: () => void }) {
  return (
    <div className="page run">
      <header className="page-head">
        <div className="run-title">
          <h1 className="clip">{run.name}</h1>
          <p className="quiet clip">{run.location}</p>
        </div>
        <div className="row">
          <Button onClick={() => void saveReport(run)}>Save a report</Button>
          <Button onClick={onOther}>Another training</Button>
        </div>
      </header>
      <TrainingBar folder={run.id} />
      <StageBand run={run} />
      {run.explanation && <p className="run-explanation">{run.explanation}</p>}
      <dl className="figures">
        {run.figures.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="numeric">{value}</dd>
          </div>
        ))}
      </dl>
      <AdviceList run={run} />
      <div className="run-charts">
        {run.charts.map(({ id, title, unit, series }) => (
          <Chart key={id} title={title} series={series} height={170} format={formats[unit]} group="run" />
        ))}
      </div>
      {run.layers.length > 0 && <Structure run={run} />}
      {run.heatMap && run.heatMap.steps.length > 0 && <HeatMap map={run.heatMap} />}
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

/** The life of the training, with where it stands. */
function StageBand({ run }: { readonly run: RunView }) {
  const end = run.maxSteps ?? Math.max(run.step, ...run.stages.map(({ to }) => to ?? 0), 1);
  const left = run.timeLeft === null || run.step >= end ? '' : `, ${formatTimeLeft(run.timeLeft)}`;
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
            <span className="clip">{kind}</span>
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

/** The network as a drawing: each head a cell, each feed-forward part a bar, dense against what is left. */
function Structure({ run }: { readonly run: RunView }) {
  return (
    <section className="section" aria-label="Structure">
      <h2>Structure</h2>
      <table className="table structure">
        <thead>
          <tr>
            <th>Layer</th>
            <th>Heads</th>
            <th>Feed-forward</th>
            <th className="numeric">Parameters</th>
          </tr>
        </thead>
        <tbody>
          {run.layers.map(({ layer, heads, feedForward, denseParameters, prunedParameters }) => (
            <tr key={layer}>
              <td className="numeric">{layer}</td>
              <td>
                {heads && (
                  <div className="row">
                    <span className="heads" aria-hidden>
                      {Array.from({ length: heads.dense }, (_, head) => (
                        <i
                          // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place.
                          key={head}
                          className={clsx(
                            (heads.ids ? heads.ids.includes(head) : head < heads.kept) && 'kept',
                          )}
                        />
                      ))}
                    </span>
                    <span className="numeric quiet">{`${heads.kept} of ${heads.dense}`}</span>
                  </div>
                )}
              </td>
              <td>
                {feedForward && (
                  <div className="row">
                    <span className="bar" aria-hidden>
                      <i style={{ width: `${(feedForward.kept / feedForward.dense) * 100}%` }} />
                    </span>
                    <span className="numeric quiet">
                      {`${thousands.format(feedForward.kept)} of ${thousands.format(feedForward.dense)}`}
                    </span>
                  </div>
                )}
              </td>
              <td className="numeric">
                {`${thousands.format(denseParameters)} → ${thousands.format(prunedParameters)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
