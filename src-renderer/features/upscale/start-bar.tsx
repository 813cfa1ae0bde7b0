import { Pause, Play, X } from 'lucide-react';
import { useMemo } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import { cancelAll, pauseOrResume, startJobs } from '../../state/actions.ts';
import { pictures, useCancelling, useJobs } from '../../state/jobs.ts';
import { act, useSession } from '../../state/session.ts';
import { count, formatTimeLeft } from '../../ui/format.ts';
import { Button, Progress } from '../../ui/parts.tsx';

/** The one thing to do next, and how far it is. */
export function StartBar() {
  const summary = useJobs((state) => state.summary);
  const jobs = useJobs((state) => state.jobs);
  const counts = useMemo(() => {
    const found: Partial<Record<Job['state'], number>> = {};
    for (const { state } of pictures(jobs)) found[state] = (found[state] ?? 0) + 1;
    return found;
  }, [jobs]);
  const frozen = useMemo(() => pictures(jobs).filter(({ upscale }) => upscale?.frozen), [jobs]);
  const cancelling = useCancelling(({ ids }) => ids.size);
  const runtime = useSession((state) => state.info?.runtime);
  if (!summary) return null;
  const { ready = 0, queued = 0, running = 0, paused = 0 } = counts;
  const { done = 0, failed = 0, cancelled = 0, setAside = 0 } = counts;
  const left = running + queued;
  const busy = left + paused > 0;
  // Nothing moves before somebody says so: each picture that is left was paused by itself.
  const held = left === 0;
  const resume = (): void => {
    if (summary.paused) pauseOrResume();
    void act('jobs.resume', { ids: pausedIds(jobs) });
  };
  const still = held || summary.paused;
  const progress =
    cancelling >= left + paused
      ? ['Cancelling']
      : [
          !held && summary.paused && 'Paused',
          !held &&
            (summary.paused || summary.timeLeft === null
              ? `${count(left, 'picture')} left`
              : formatTimeLeft(summary.timeLeft)),
          paused > 0 && `${paused} paused`,
        ];
  return (
    <div className="start-bar">
      {busy && (
        <>
          <div className="row spread">
            <span className="numeric" role="status" aria-label="Progress">
              {progress.filter(Boolean).join(', ')}
            </span>
            {!held && <span className="quiet numeric">{Math.floor(summary.fraction * 100)} %</span>}
          </div>
          {!held && <Progress value={summary.fraction} label="Progress of all" />}
          <div className="row halves">
            <Button onClick={held ? resume : pauseOrResume}>
              {still ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
              {still ? 'Resume' : 'Pause'}
            </Button>
            <Button onClick={cancelAll}>
              <X size={14} aria-hidden />
              Cancel
            </Button>
          </div>
        </>
      )}
      {frozen.length > 0 && <FrozenNote jobs={frozen} />}
      {ready > 0 ? (
        <Button kind="primary" className="wide" disabled={runtime === null} onClick={() => void startJobs()}>
          {`Upscale ${count(ready, 'picture')}`}
        </Button>
      ) : (
        !busy && (
          <p className="quiet numeric" role="status" aria-label="Progress">
            {[
              done > 0 && `${count(done, 'picture')} done`,
              failed > 0 && `${failed} failed`,
              cancelled > 0 && `${cancelled} cancelled`,
              setAside > 0 && `${setAside} set aside`,
            ]
              .filter(Boolean)
              .join(', ')}
          </p>
        )
      )}
    </div>
  );
}

/** Choices that change while pictures wait: both are possible, and which one holds is said. */
function FrozenNote({ jobs }: { readonly jobs: readonly Job[] }) {
  const one = jobs.length === 1;
  return (
    <p className="quiet" role="note">
      {one
        ? 'One waiting picture keeps the choices that it was started with. '
        : `${count(jobs.length, 'waiting picture')} keep the choices that they were started with. `}
      <button
        type="button"
        className="link"
        onClick={() => void act('jobs.renew', { ids: jobs.map(({ id }) => id) })}
      >
        {one ? 'Use the present ones' : 'Use the present ones for all'}
      </button>
    </p>
  );
}

function pausedIds(jobs: ReadonlyMap<string, Job>): string[] {
  return pictures(jobs).flatMap(({ id, state }) => (state === 'paused' ? [id] : []));
}
