import { ImageUpscale } from 'lucide-react';
import type { Page } from '../../app/page-type.ts';
import { useJobs } from '../../state/jobs.ts';
import { useSelection } from '../../state/selection.ts';
import { useFocusKept } from '../../ui/focus.ts';
import { CompareGrid, comparable } from './compare-grid.tsx';
import { Inspector } from './inspector.tsx';
import { Queue } from './queue.tsx';
import './upscale.css';
import './viewer.css';
import { Variants } from './variants.tsx';
import { Viewer } from './viewer.tsx';
import { Welcome } from './welcome.tsx';

function Upscale() {
  const empty = useJobs(({ loaded, order }) => loaded && order.length === 0);
  const current = useSelection((state) => state.current);
  const { jobs } = useJobs();
  const selected = useSelection((state) => state.selected);
  const together = comparable([...selected].flatMap((id) => jobs.get(id) ?? []));
  const job = useJobs(({ jobs }) => (current === null ? undefined : jobs.get(current)));
  useFocusKept(() => document.querySelector('.queue-list, .welcome-body .button'));
  if (empty) return <Welcome />;
  return (
    <div className="upscale">
      <h1 className="hidden-visually">Upscale</h1>
      <Queue />
      {together.length > 0 ? (
        <CompareGrid jobs={together} />
      ) : job ? (
        <Viewer job={job} />
      ) : (
        <div className="viewer-field" />
      )}
      <Inspector job={job} />
      <Variants />
    </div>
  );
}

/** How far the queue is; null while nothing runs. */
const useQueueProgress = (): number | null =>
  useJobs(({ jobs, summary }) => {
    if (summary === null || summary.counts.running === 0) return null;
    const ours = [...jobs.values()].some(({ kind, state }) => kind === 'upscale' && state === 'running');
    return ours ? summary.fraction : null;
  });

export const page: Page = {
  id: 'upscale',
  title: 'Upscale',
  icon: ImageUpscale,
  rank: 1,
  component: Upscale,
  useProgress: useQueueProgress,
};
