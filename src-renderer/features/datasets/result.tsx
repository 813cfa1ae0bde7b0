import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { useJobs } from '../../state/jobs.ts';
import { act, call, useSession } from '../../state/session.ts';
import { count, formatTimeLeft } from '../../ui/format.ts';
import { Button, Progress } from '../../ui/parts.tsx';
import { copyConvert } from './command.ts';
import { compareWith } from './comparing.ts';
import { openDataset } from './opening.ts';
import { saveRecipe } from './recipes.ts';
import { cancelWork, conversionEnded, convertDataset, lookAt, showStep, useWizard } from './state.ts';
import { StepTitle } from './step-title.tsx';
import { Training } from './training.tsx';
import { kindWords, number } from './words.ts';

const stages = {
  unpacking: 'Unpacking the archive',
  reading: 'Reading',
  merging: 'Reading the sets',
  comparing: 'Comparing',
  planning: 'Reading the source',
  writing: 'Writing',
  checking: 'Reading it back',
} as const;

/** How far it is, and then what came of it. */
export function Result() {
  const { busy, result, error } = useWizard();
  if (busy === 'converting') return <Running />;
  if (error) {
    const isCancelled = error.code === 'CANCELLED';
    return (
      <div className="column result" role={isCancelled ? 'status' : 'alert'}>
        <StepTitle {...(isCancelled ? {} : { className: 'state-failed' })}>
          {isCancelled ? 'Cancelled' : 'The set was not written'}
        </StepTitle>
        <p>
          {isCancelled
            ? 'Nothing was written, and nothing was left behind.'
            : `${error.message} ${error.hint ?? ''}`}
        </p>
        <div className="row">
          <Button kind="primary" onClick={() => void convertDataset()}>
            Try again
          </Button>
          <Button onClick={() => showStep('target')}>Change the target</Button>
        </div>
      </div>
    );
  }
  return result ? <Done /> : null;
}

/** A conversion on its way: it goes on in the queue whatever the window shows. */
function Running() {
  const { progress, job: id } = useWizard();
  const job = useJobs(({ jobs }) => (id === null ? undefined : jobs.get(id)));
  const queuePaused = useJobs(({ summary }) => summary?.paused === true);
  // One that was ended in Activity before its turn came tells nobody else.
  const ended = job !== undefined && ['cancelled', 'failed', 'setAside'].includes(job.state);
  useEffect(() => {
    if (ended) conversionEnded(job.error ?? null);
  }, [ended, job?.error]);
  const paused = queuePaused || job?.state === 'paused';
  const timeLeft = job?.progress?.timeLeft;
  const holdOrGoOn = (): void => {
    if (queuePaused) void act('jobs.resumeAll', {});
    else if (id !== null) void act(paused ? 'jobs.resume' : 'jobs.pause', { ids: [id] });
  };
  const waiting = job?.state === 'queued' ? 'Waiting for its turn' : 'Starting';
  const doing = progress ? stages[progress.stage] : waiting;
  return (
    <div className="column result" role="status">
      <StepTitle>{paused ? 'Paused' : doing}</StepTitle>
      <Progress value={job?.progress?.fraction ?? 0} label="Progress of the conversion" />
      <p className="row spread quiet numeric">
        <span>
          {progress &&
            progress.stage !== 'unpacking' &&
            `${number(progress.done)}${progress.total ? ` of ${number(progress.total)}` : ''} pictures`}
        </span>
        <span>{!paused && timeLeft !== undefined && formatTimeLeft(timeLeft)}</span>
      </p>
      <div className="row">
        <Button disabled={id === null} onClick={holdOrGoOn}>
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <Button onClick={cancelWork}>Cancel</Button>
      </div>
    </div>
  );
}

const headlines = {
  passed: 'Written and read back; what could not be written is listed below',
  changed: 'Written; some of it reads back otherwise',
  failed: 'Written, but some of it did not come back',
} as const;

function Done() {
  const { result, view, summary, target, writing, shaped } = useWizard();
  const native = useSession((state) => state.shell?.native ?? false);
  if (!result || !target || !summary || !view) return null;
  const whole = result.check === 'passed' && result.problems.total === 0;
  const changed = result.types.filter(
    ({ near, changed: other, missing, added }) => near + other + missing + added > 0,
  );
  const copyCommand = async (): Promise<void> => {
    // What was just written is there, and only replaced where that was asked for.
    const name = writing.overwrite ? result.name : `${result.name}-2`;
    const said = writing.overwrite ? 'Command copied' : `Command copied; it writes into ${name}`;
    await copyConvert(target, writing, `${result.location}/${name}`, said);
  };
  const compareWithSource = (): void => {
    const { handle, name, location } = result;
    const title = shaped?.targets.find(({ format }) => format === target)?.title ?? target;
    const path = `${location}/${name}`;
    compareWith({ handle, within: '', every: 1, format: target, name, title, path });
    lookAt('comparison');
    showStep('look');
  };
  return (
    <div className="column result">
      <header className="page-head">
        <div>
          <StepTitle className="row">
            {whole ? (
              <CircleCheck size={20} className="state-good" aria-hidden />
            ) : (
              <TriangleAlert size={20} className="state-warning" aria-hidden />
            )}
            {whole ? 'Written, read back, and all there' : headlines[result.check]}
          </StepTitle>
          <p className="quiet mono">{`${result.location}/${result.name}`}</p>
        </div>
      </header>
      <dl className="figures">
        <Figure name="Pictures" value={number(result.items)} />
        <Figure name="Annotations" value={number(result.annotations)} />
        <Figure name="Files" value={number(result.files)} />
        <Figure name="Came back as said" value={`${(100 * result.score).toFixed(1)} %`} />
      </dl>
      <div className="row wrap">
        {native && (
          <Button kind="primary" onClick={() => void act('shell.showFolder', { handle: result.handle })}>
            Show in folder
          </Button>
        )}
        <Button
          onClick={() =>
            void call('files.describe', { id: result.handle }).then((handle) =>
              openDataset({ handles: [handle], refused: [] }),
            )
          }
        >
          Open the new set
        </Button>
        <Button onClick={compareWithSource}>Compare with the source</Button>
        <Button onClick={() => void copyCommand()}>Copy the command</Button>
        <Button onClick={() => void saveRecipe(result.name)}>Save the recipe</Button>
        <Button onClick={() => showStep('target')}>Another target</Button>
      </div>
      {result.receipt && <p className="quiet">The receipt lies beside it: {result.receipt}</p>}
      {result.linked > 0 && result.copied > 0 && (
        <p className="state-warning">
          {count(result.copied, 'picture was', 'pictures were')} copied: no link was possible.
        </p>
      )}
      {result.renamed > 0 && (
        <p className="state-warning">
          {count(result.renamed, 'picture')} got another name: the usual one was taken.
        </p>
      )}
      {result.renamedLabels.map(({ from, to }) => (
        <p key={from} className="state-warning">
          The class {from} is {to} now.
        </p>
      ))}
      {changed.length > 0 && (
        <table className="table">
          <caption className="hidden-visually">What came back otherwise</caption>
          <thead>
            <tr>
              <th>Annotations</th>
              <th className="numeric">Equal</th>
              <th className="numeric">Rounded</th>
              <th className="numeric">Changed</th>
              <th className="numeric">Missing</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ type, equal, near, changed: other, missing }) => (
              <tr key={type}>
                <td>{kindWords[type]}</td>
                <td className="numeric">{number(equal)}</td>
                <td className="numeric">{number(near)}</td>
                <td className="numeric">{number(other)}</td>
                <td className="numeric">{number(missing)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {target.startsWith('yolo_ultralytics') && (
        <Training handle={result.handle} path={`${result.location}/${result.name}`} />
      )}
      {result.problems.total > 0 && (
        <section className="section" aria-label="Problems">
          <h2>{count(result.problems.total, 'thing')} could not be written as found</h2>
          <ul className="plain">
            {result.problems.reasons.map(({ reason, count }) => (
              <li key={reason}>
                <span className="numeric">{number(count)}</span> {reason}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="numeric">{value}</dd>
    </div>
  );
}
