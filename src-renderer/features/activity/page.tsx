import { History } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import type { Page } from '../../app/page-type.ts';
import { removeJobs, useJobs } from '../../state/jobs.ts';
import { select } from '../../state/selection.ts';
import { showPage } from '../../state/session.ts';
import { count, formatBytes, formatDuration } from '../../ui/format.ts';
import { StateMark, stateWord } from '../../ui/job-state.tsx';
import { Button } from '../../ui/parts.tsx';
import './activity.css';

/** Rows that are shown before the person asks for more. */
const pageSize = 200;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function Activity() {
  const jobs = useJobs((state) => state.jobs);
  const [shown, setShown] = useState(pageSize);
  const [filter, setFilter] = useState('');
  const finished = useMemo(
    () =>
      [...jobs.values()]
        .filter(
          ({ finishedAt, title }) =>
            finishedAt !== undefined && title.toLowerCase().includes(filter.toLowerCase()),
        )
        .sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0)),
    [jobs, filter],
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
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </header>
        {finished.length === 0 ? (
          <div className="section">
            <p>{filter ? 'Nothing of that name was finished.' : 'Nothing was finished yet.'}</p>
            {!filter && (
              <p className="quiet">
                Each picture that is done or has failed is listed here, newest first, with its receipt.
              </p>
            )}
          </div>
        ) : (
          <>
            <table className="activity">
              <thead>
                <tr>
                  <th>Picture</th>
                  <th>Outcome</th>
                  <th className="figure">Time</th>
                  <th className="figure">Size</th>
                  <th>Finished</th>
                  <th>
                    <span className="hidden-visually">Remove</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {finished.slice(0, shown).map((job) => (
                  <Row key={job.id} job={job} />
                ))}
              </tbody>
            </table>
            {finished.length > shown && (
              <Button
                onClick={() => setShown(shown + pageSize)}
              >{`Show more of ${count(finished.length, 'entry', 'entries')}`}</Button>
            )}
          </>
        )}
      </div>
    </div>
  );
}

function Row({ job }: { readonly job: Job }) {
  const result = job.upscale?.result;
  const open = (): void => {
    select([job.id], job.id);
    showPage('upscale');
  };
  return (
    <tr>
      <td>
        <button type="button" className="activity-name clip" title={job.title} onClick={open}>
          {job.title}
        </button>
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
          {job.state === 'done' && result && result.losses > 0
            ? count(result.losses, 'remark')
            : stateWord[job.state]}
        </span>
      </td>
      <td className="figure numeric">{result ? formatDuration(result.duration) : ''}</td>
      <td className="figure numeric">{result ? formatBytes(result.bytes) : ''}</td>
      <td className="numeric quiet">{job.finishedAt ? time.format(job.finishedAt) : ''}</td>
      <td>
        <Button
          kind="bare"
          aria-label={`Remove ${job.title} from the list`}
          onClick={() => void removeJobs([job.id])}
        >
          Remove
        </Button>
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
};
