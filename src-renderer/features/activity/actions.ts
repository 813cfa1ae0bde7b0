import type { Action } from '../../app/page-type.ts';
import { cancelJobs, isActive, useJobs } from '../../state/jobs.ts';
import { act } from '../../state/session.ts';
import { focusField } from '../../ui/focus.ts';
import { forgetAll } from './history.ts';

export const actions = (): readonly Action[] => [
  {
    id: 'find',
    title: 'Find what was done by its name',
    words: 'search history receipt',
    run: () => focusField(/^Find by name/),
  },
  {
    id: 'clear',
    title: 'Take everything off the history',
    words: 'clear remove',
    run: () => void forgetAll(),
  },
  ...conversions(),
];

function conversions(): Action[] {
  const jobs = [...useJobs.getState().jobs.values()];
  return jobs
    .filter((job) => job.kind === 'convert' && isActive(job))
    .flatMap(({ id, title, state }): Action[] => [
      state === 'paused'
        ? {
            id: `resume ${id}`,
            title: `Resume the conversion of ${title}`,
            run: () => void act('jobs.resume', { ids: [id] }),
          }
        : {
            id: `pause ${id}`,
            title: `Pause the conversion of ${title}`,
            run: () => void act('jobs.pause', { ids: [id] }),
          },
      { id: `cancel ${id}`, title: `Cancel the conversion of ${title}`, run: () => void cancelJobs([id]) },
    ]);
}
