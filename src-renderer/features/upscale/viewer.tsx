import { clsx } from 'clsx';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import { useSession } from '../../state/session.ts';
import { Segmented } from '../../ui/parts.tsx';
import { CompareSlider } from './compare-slider.tsx';
import {
  besideOrBelow,
  fitted,
  onePane,
  type Placement,
  type Point,
  panBy,
  type Size,
  zoomAt,
} from './geometry.ts';
import { LiveTiles } from './live-tiles.tsx';
import { useViewState } from './view-state.ts';
import {
  gridFrom,
  Layer,
  middleOf,
  NoPicture,
  PixelGrid,
  pointIn,
  useViewerKeys,
  useViewing,
  ZoomControls,
} from './viewing.tsx';

const modes = [
  ['slider', 'Slider'],
  ['side', 'Side by side'],
  ['lens', 'Lens'],
] as const;

/** The picture, before and after. */
export function Viewer({ job }: { readonly job: Job }) {
  const { mode, split } = useViewState();
  const bridge = useSession((state) => state.connection?.bridge);
  const box = useRef<HTMLDivElement>(null);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [lens, setLens] = useState<Point | null>(null);
  const [space, setSpace] = useState(false);
  const [peek, setPeek] = useState(false);

  const stamp = `${job.id} ${job.finishedAt ?? ''}`;
  const finished = job.state === 'done' && job.upscale?.result != null;
  // Looked for anew each time the picture is chosen: it may have come back.
  const [gone, setGone] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stamp is what this hangs on.
  useEffect(() => setGone(null), [stamp]);
  const missing = finished && gone === stamp;
  const done = finished && !missing;
  const size = job.upscale?.result ?? job.upscale?.target ?? job.upscale?.picture ?? null;
  const ratio = window.devicePixelRatio || 1;
  const picture = size ?? { width: 1, height: 1 };
  const viewing = useViewing(box, picture, (field) =>
    done && mode === 'side' ? besideOrBelow(field, picture) : onePane,
  );
  const { placed, pane, panes, setView, change, drag } = viewing;

  const nudge = useCallback(
    (by: Point) => {
      if (mode === 'lens' && done) {
        setLens((now) => {
          const from = now ?? middleOf(pane);
          return { x: from.x - by.x / 2, y: from.y - by.y / 2 };
        });
      } else change((now, size, room) => panBy(now, size, room, by));
    },
    [change, done, mode, pane],
  );
  useViewerKeys({ change, nudge, setView, setSpace, setPeek });

  const before = bridge?.mediaUrl({ jobId: job.id, variant: 'input' });
  const after = done
    ? `${bridge?.mediaUrl({ jobId: job.id, variant: 'output' })}?at=${job.finishedAt}`
    : undefined;
  const covered = done && !peek && mode !== 'side';
  const source = before && size && (
    <Layer
      key={before}
      url={before}
      alt={`${job.title}, before`}
      place={placed}
      missing={covered ? undefined : 'The source isn’t there any more, or can’t be shown.'}
    />
  );
  const result = after && (
    <Layer
      url={after}
      alt={`${job.title}, after`}
      place={placed}
      onLoad={() => setLoaded(stamp)}
      onMissing={() => setGone(stamp)}
    />
  );
  const tiles = (job.state === 'running' || (done && loaded !== stamp)) && size && (
    <LiveTiles jobId={job.id} picture={size} place={placed} />
  );
  const grid = placed.zoom >= gridFrom && <PixelGrid place={placed} step={placed.zoom / ratio} />;
  const from = Math.max(0, placed.left);
  const to = Math.min(pane.width, placed.left + placed.width);
  const edge = from + (to - from) * split;

  return (
    <section className="viewer" aria-label={`View of ${job.title}`}>
      <div className="viewer-bar">
        {done ? (
          <Segmented
            label="Comparison"
            value={mode}
            options={modes}
            onChange={(value) => useViewState.setState({ mode: value })}
          />
        ) : (
          <span className="quiet clip">{job.title}</span>
        )}
        {size && <ZoomControls {...viewing} />}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the pointer's side of what keys do as well. */}
      <div
        ref={box}
        className={clsx('viewer-field', mode === 'lens' && done && 'has-lens', space && 'grabbing')}
        onPointerDown={drag}
        onPointerMove={(event) => setLens(pointIn(event))}
        onPointerLeave={() => setLens(null)}
        onDoubleClick={(event) => {
          const { x, y } = pointIn(event);
          // In its pane.
          const at = { x: x % Math.max(1, pane.width), y: y % Math.max(1, pane.height) };
          change((now, size, room) => (now.zoom === 'fit' ? zoomAt(now, size, room, 1, at) : fitted));
        }}
      >
        {!done || peek ? (
          <>
            {source}
            {!peek && tiles}
            {grid}
            {missing && <NoPicture aside>The result isn’t there any more, or can’t be shown.</NoPicture>}
            {!size && job.error && <NoPicture>There is no picture to show.</NoPicture>}
          </>
        ) : mode === 'side' ? (
          <>
            <div className="pane" style={pane}>
              {source}
              {grid}
              <span className="tag">Before</span>
            </div>
            <div
              className={clsx('pane', panes.rows > 1 && 'below')}
              style={{ ...pane, ...(panes.rows > 1 ? { top: pane.height } : { left: pane.width }) }}
            >
              {tiles}
              {result}
              {grid}
              <span className="tag">After</span>
            </div>
          </>
        ) : mode === 'lens' ? (
          <>
            {source}
            <Lens
              at={lens ?? middleOf(pane)}
              field={pane}
              place={placed}
              url={after}
              label={`${job.title}, after`}
              onMissing={() => setGone(stamp)}
            />
          </>
        ) : (
          <>
            {source}
            <div className="layer-clip" style={{ clipPath: `inset(0 0 0 ${edge}px)` }}>
              {tiles}
              {result}
            </div>
            {grid}
            <CompareSlider
              from={from}
              to={to}
              value={split}
              disabled={space}
              onChange={(value) => useViewState.setState({ split: value })}
            />
            <span className="tag">Before</span>
            <span className="tag right">After</span>
          </>
        )}
      </div>
    </section>
  );
}

/** A round glass that shows the result, at least pixel for pixel, over the source. */
function Lens(props: {
  readonly at: Point;
  readonly field: Size;
  readonly place: Placement;
  readonly url: string | undefined;
  readonly label: string;
  readonly onMissing: () => void;
}) {
  const { at, field, place: placed, url, label, onMissing } = props;
  // Most of the source stays in sight, in a small window, too.
  const radius = Math.min(140, 0.3 * Math.min(field.width, field.height));
  const factor = Math.max(2, 1 / placed.zoom);
  // The point of the picture under the pointer lies in the middle of the glass.
  const left = radius - (at.x - placed.left) * factor;
  const top = radius - (at.y - placed.top) * factor;
  const enlarged = {
    left,
    top,
    width: placed.width * factor,
    height: placed.height * factor,
    zoom: placed.zoom * factor,
  };
  return (
    <div
      className="lens"
      style={{ left: at.x - radius, top: at.y - radius, width: 2 * radius, height: 2 * radius }}
    >
      {url && <Layer url={url} alt={label} place={enlarged} onMissing={onMissing} />}
    </div>
  );
}
