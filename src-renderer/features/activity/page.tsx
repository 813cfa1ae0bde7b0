import { History, X } from 'lucide-react';
import { useMemo } from 'react';
import { create } from 'zustand';
import type { Job } from '../../../src-main/contract/index.ts';
import type { Page } from '../../app/page-type.ts';
import { lookAt } from '../../state/hand-over.ts';
import { cancelJobs, isActive, jobsAreThere, useCancelling, useJobs } from '../../state/jobs.ts';
import { keepOverReload } from '../../state/reload.ts';
import { select } from '../../state/selection.ts';
import { act, showPage, toast, useSession } from '../../state/session.ts';
import { count, formatBytes, formatDuration, formatTimeLeft } from '../../ui/format.ts';
import { StateMark, stateWord } from '../../ui/job-state.tsx';
import { Button, IconButton, Progress } from '../../ui/parts.tsx';
import { followHistory, forgetJobs, useHistory } from './history.ts';
import { followTrainings, Trainings } from './trainings.tsx';
import './activity.css';

/** Rows that are shown before the person asks for more. */
const pageSize = 200;

/** Who looks for older ones finds them by name. */
const mostShown = 10_000;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** What is looked for; it stays while other places are shown. */
const useFilter = create(() => ({ shown: pageSize, filter: '' }));

keepOverReload('activity', useFilter.getState, (kept) => useFilter.setState(kept));

function Activity() {
  const jobs = useJobs((state) => state.jobs);
  const { shown, filter } = useFilter();
  const native = useSession(({ shell }) => shell?.native ?? false);
  const history = useHistory({ text: filter, limit: shown });
  const inHand = useMemo(
    () => [...jobs.values()].filter((job) => job.kind === 'convert' && isActive(job)),
    [jobs],
  );
  return (
    <div className="page">
      <div className="column">
        <header className="page-head">
          <div>
            <h1>Activity</h1>
            <p className="quiet">What was done, and the proof of it.</p>
          </div>
          <input
            className="input activity-filter"
            type="search"
            placeholder="Find by name"
            aria-label="Find by name"
            maxLength={200}
            value={filter}
            onChange={(event) => useFilter.setState({ filter: event.target.value })}
          />
        </header>
        <Trainings filter={filter} />
        {inHand.map((job) => (
          <InHand key={job.id} job={job} />
        ))}
        {history === null ? null : history.total === 0 ? (
          <div className="section">
            <p>{filter ? 'Nothing of that name was finished.' : 'Nothing was finished yet.'}</p>
            {!filter && (
              <p className="quiet">
                Each picture and each dataset that is done or has failed is listed here, newest first, with
                its receipt.
              </p>
            )}
          </div>
        ) : (
          <>
            <table className="activity">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Outcome</th>
                  <th className="figure">Time</th>
                  <th className="figure">Size</th>
                  <th>Finished</th>
                  <th>
                    <span className="hidden-visually">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {history.jobs.map((job) => (
                  <Row key={job.id} job={job} native={native} />
                ))}
              </tbody>
            </table>
            {history.total > history.jobs.length && shown < mostShown && (
              <Button
                onClick={() => useFilter.setState({ shown: shown + pageSize })}
              >{`Show more of ${count(history.total, 'entry', 'entries')}`}</Button>
            )}
            <p className="quiet">What was taken off the list stays here for a month.</p>
          </>
        )}
      </div>
    </div>
  );
}

/** A conversion that is not finished. */
function InHand({ job }: { readonly job: Job }) {
  const queuePaused = useJobs(({ summary }) => summary?.paused === true);
  const paused = job.state === 'paused';
  const { stage, fraction = 0, timeLeft } = job.progress ?? {};
  const isCancelling = useCancelling(({ ids }) => ids.has(job.id));
  const going = paused || queuePaused ? 'Paused' : (stage ?? stateWord[job.state]);
  const doing = isCancelling ? 'Cancelling' : going;
  return (
    <section className="section in-hand" aria-label={`Conversion of ${job.title}`}>
      <div className="row spread">
        <span className="clip">{job.title}</span>
        <span className="quiet numeric">
          {doing}
          {timeLeft !== undefined && doing !== 'Paused' && !isCancelling && `, ${formatTimeLeft(timeLeft)}`}
        </span>
      </div>
      <Progress value={fraction} label={`Progress of ${job.title}`} />
      <div className="row">
        {!queuePaused && (
          <Button onClick={() => void act(paused ? 'jobs.resume' : 'jobs.pause', { ids: [job.id] })}>
            {paused ? 'Resume' : 'Pause'}
          </Button>
        )}
        <Button onClick={() => void cancelJobs([job.id])}>Cancel</Button>
      </div>
    </section>
  );
}

/** A line that may be cut off; the whole of it shows when the pointer rests on it. */
function Quiet({ text }: { readonly text: string }) {
  return (
    <div className="quiet clip" title={text}>
      {text}
    </div>
  );
}

/** What came back of a set that was written, and where that stands. */
function proofOf({ score, receipt }: NonNullable<NonNullable<Job['convert']>['result']>): string {
  const back = `${(100 * score).toFixed(1)} % came back as said`;
  return receipt === null ? back : `${back}, ${receipt}`;
}

function outcome({ state, upscale, convert }: Job): string {
  const losses = upscale?.result?.losses ?? 0;
  if (state === 'done' && losses > 0) return count(losses, 'remark');
  if (state === 'done' && convert?.result?.check === 'failed') return 'Not all came back';
  return stateWord[state];
}

async function openSet({ id }: Job): Promise<void> {
  const admitted = await act('jobs.admitOutput', { id });
  if (admitted) lookAt(admitted);
}

/** Shows a picture in the list; one that was taken off it comes back first. */
async function openPicture({ id, title }: Job): Promise<void> {
  if (!useJobs.getState().jobs.has(id)) {
    if (!(await act('jobs.restore', { ids: [id] }))) return;
    await jobsAreThere([id]);
    toast(`${title} is on the list again.`);
  }
  select([id], id);
  showPage('upscale');
}

function Row({ job, native }: { readonly job: Job; readonly native: boolean }) {
  const result = job.upscale?.result;
  const set = job.convert;
  const isWritten = result != null || set?.result != null;
  const duration = result?.duration ?? set?.result?.duration;
  return (
    <tr>
      <td>
        <button
          type="button"
          className="activity-name clip"
          title={job.title}
          disabled={set !== undefined && !isWritten}
          onClick={() => void (set ? openSet(job) : openPicture(job))}
        >
          {job.title}
        </button>
        {set && <Quiet text={`${set.from} to ${set.to}`} />}
        {set?.result && <Quiet text={proofOf(set.result)} />}
        {result && (
          <div className="quiet clip">
            {result.model}, {result.device}
          </div>
        )}
        {job.error && <div className="quiet">{job.error.message}</div>}
      </td>
      <td>
        <span className="row">
          <StateMark state={job.state} />
          {outcome(job)}
        </span>
      </td>
      <td className="figure numeric">{duration === undefined ? '' : formatDuration(duration)}</td>
      <td className="figure numeric">{result ? formatBytes(result.bytes) : ''}</td>
      <td className="numeric quiet">{job.finishedAt ? time.format(job.finishedAt) : ''}</td>
      <td className="activity-actions">
        {native && isWritten && (
          <Button
            kind="bare"
            aria-label={`Show ${job.title} in its folder`}
            onClick={() => void act('shell.showResult', { id: job.id })}
          >
            Show
          </Button>
        )}
        <IconButton label={`Take ${job.title} off the history`} onClick={() => void forgetJobs([job.id])}>
          <X size={14} />
        </IconButton>
      </td>
    </tr>
  );
}

export const page: Page = {
  id: 'activity',
  title: 'Activity',
  icon: History,
  rank: 101,
  component: Activity,
  follow(engine) {
    followHistory(engine);
    followTrainings(engine);
  },
};
