import { useCallback, useRef } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import { useSession } from '../../state/session.ts';
import { formatDuration } from '../../ui/format.ts';
import { type Point, panBy } from './geometry.ts';
import { gridFrom, Layer, PixelGrid, useViewerKeys, useViewing, ZoomControls } from './viewing.tsx';

/** Panes beyond this are too small to tell results apart. */
const mostPanes = 6;

/** The results among some jobs that can be laid beside each other: several of one picture. */
export function comparable(jobs: readonly Job[]): readonly Job[] {
  const [first] = jobs;
  const done = jobs.filter(
    (job) =>
      job.upscale?.result && job.title === first?.title && job.upscale.location === first.upscale?.location,
  );
  return done.length === jobs.length && done.length >= 2 && done.length <= mostPanes ? done : [];
}

/** Several results of one picture at the same place and zoom. */
export function CompareGrid({ jobs }: { readonly jobs: readonly Job[] }) {
  const bridge = useSession((state) => state.connection?.bridge);
  const box = useRef<HTMLDivElement>(null);
  const columns = jobs.length <= 3 ? jobs.length : Math.ceil(jobs.length / 2);
  const rows = Math.ceil(jobs.length / columns);
  // Results of different sizes show the same part of the picture, each enlarged to the largest.
  const largest = jobs
    .map(({ upscale }) => upscale?.result ?? { width: 1, height: 1 })
    .reduce((most, size) => (size.width > most.width ? size : most));
  const viewing = useViewing(box, largest, () => ({ columns, rows }));
  const { placed, pane, setView, change, drag } = viewing;
  const nudge = useCallback((by: Point) => change((now, size, room) => panBy(now, size, room, by)), [change]);
  useViewerKeys({ change, nudge, setView, setSpace: ignore, setPeek: ignore });
  return (
    <section className="viewer" aria-label={`${jobs.length} results of ${jobs[0]?.title}`}>
      <div className="viewer-bar">
        <span className="quiet clip">{`${jobs.length} results of ${jobs[0]?.title}`}</span>
        <ZoomControls {...viewing} />
      </div>
      <div ref={box} className="viewer-field" onPointerDown={drag}>
        {jobs.map((job, index) => (
          <div
            key={job.id}
            className="pane"
            style={{
              width: pane.width,
              height: pane.height,
              left: (index % columns) * pane.width,
              top: Math.floor(index / columns) * pane.height,
            }}
          >
            <Layer
              url={`${bridge?.mediaUrl({ jobId: job.id, variant: 'output' })}?at=${job.finishedAt}`}
              alt={`${job.title}, ${labelOf(job)}`}
              place={placed}
              missing="The result isn’t there any more, or can’t be shown."
            />
            {placed.zoom >= gridFrom && (
              <PixelGrid place={placed} step={placed.zoom / (window.devicePixelRatio || 1)} />
            )}
            <span className="tag">{`${labelOf(job)}, ${formatDuration(job.upscale?.result?.duration ?? 0)}`}</span>
          </div>
        ))}
      </div>
    </section>
  );
}

const ignore = (): void => undefined;

const labelOf = ({ upscale }: Job): string => upscale?.variant ?? upscale?.result?.model ?? '';
