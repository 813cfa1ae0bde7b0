import type { Job } from '../../../src-main/contract/index.ts';
import { isUnbegun, overrideJobs, useJobs } from '../../state/jobs.ts';
import { useSelection } from '../../state/selection.ts';
import { useSession } from '../../state/session.ts';
import { count, formatBytes } from '../../ui/format.ts';
import { Segmented } from '../../ui/parts.tsx';
import { Choices } from './choices.tsx';
import { choicesOf, choose } from './choosing.ts';
import { Outcome } from './outcome.tsx';
import { Presets } from './presets.tsx';
import { StartBar } from './start-bar.tsx';
import { useViewState } from './view-state.ts';

/** What to do with the pictures, or what was done with this one. */
export function Inspector({ job }: { readonly job: Job | undefined }) {
  const settings = useSession((state) => state.settings?.upscale);
  const jobs = useJobs((state) => state.jobs);
  const selected = useSelection((state) => state.selected);
  const onlyThis = useViewState((state) => state.onlyThis);
  if (!settings) return null;

  const { ids, alone, value } = choicesOf({ jobs, selected, current: job, settings, onlyThis });
  const own = job?.upscale?.override ?? null;
  const remarks = job?.upscale?.picture?.remarks ?? [];
  const finished = job?.state === 'done';

  return (
    <aside className="inspector" aria-label="What to do">
      <div className="inspector-body">
        {job && <Outcome job={job} />}
        {job && !finished && job.upscale?.picture && (
          <section className="outcome" aria-label="Source">
            <div className="row spread">
              <span>{job.upscale.picture.format.toUpperCase()}</span>
              <span className="quiet numeric">{formatBytes(job.upscale.picture.bytes)}</span>
            </div>
            {remarks.map((remark) => (
              <p key={remark} className="quiet">
                {remark}
              </p>
            ))}
          </section>
        )}
        <section className="outcome" aria-label="Choices">
          <div className="row spread">
            <h2>{job && isUnbegun(job) ? 'Choices' : 'For new pictures'}</h2>
            <Presets value={value} onChoose={choose} />
          </div>
          {ids.length > 0 && (
            <Segmented
              label="For which pictures"
              value={alone ? 'this' : 'all'}
              options={[
                ['all', 'Same for all'],
                ['this', ids.length > 1 ? `Only these ${ids.length}` : 'Only this'],
              ]}
              onChange={(which) => useViewState.setState({ onlyThis: which === 'this' })}
            />
          )}
          {own && ids.length > 0 && (
            <button type="button" className="link" onClick={() => overrideJobs(ids, null)}>
              {ids.length > 1
                ? `Use the same choices as all for ${count(ids.length, 'picture')}`
                : 'Has its own choices. Reset'}
            </button>
          )}
          <Choices value={value} usual={job?.upscale?.destination ?? null} onChange={choose} />
        </section>
      </div>
      <StartBar />
    </aside>
  );
}
