import { clsx } from 'clsx';
import { Minus, Plus } from 'lucide-react';
import { type PointerEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import { useJobs } from '../../state/jobs.ts';
import { select, useSelection } from '../../state/selection.ts';
import { useSession } from '../../state/session.ts';
import { followPointer } from '../../ui/drag.ts';
import { IconButton, Segmented } from '../../ui/parts.tsx';
import { CompareSlider } from './compare-slider.tsx';
import {
  fitted,
  type Placement,
  type Point,
  panBy,
  place,
  type Size,
  type View,
  zoomAt,
  zoomOf,
  zoomStep,
} from './geometry.ts';
import { LiveTiles } from './live-tiles.tsx';
import { useViewState } from './view-state.ts';

/** From here on single pixels are shown as they are, with a grid between them. */
const gridFrom = 8;

/** Screen pixels that an arrow key moves the picture by. */
const panStep = 48;

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
  const field = useSize(box);
  const [view, setView] = useState<View>(fitted);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [lens, setLens] = useState<Point | null>(null);
  const [space, setSpace] = useState(false);
  const [peek, setPeek] = useState(false);

  const done = job.state === 'done' && job.upscale?.result != null;
  const size = job.upscale?.result ?? job.upscale?.target ?? job.upscale?.picture ?? null;
  const ratio = window.devicePixelRatio || 1;
  // A zoom of 1 is one pixel of the screen itself, also where the system draws everything larger.
  const width = (size?.width ?? 1) / ratio;
  const height = (size?.height ?? 1) / ratio;
  const paneWidth = done && mode === 'side' ? field.width / 2 : field.width;
  const picture = { width, height };
  const pane = { width: paneWidth, height: field.height };

  // Two pictures of one size are compared at one place; another size begins as a whole.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what this hangs on.
  useEffect(() => setView(fitted), [width, height]);

  const change = useCallback(
    (how: (view: View, picture: Size, pane: Size) => View) =>
      setView((now) => how(now, { width, height }, { width: paneWidth, height: field.height })),
    [width, height, paneWidth, field.height],
  );

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top, width: full } = element.getBoundingClientRect();
      const at = {
        x: (event.clientX - left) % Math.max(1, Math.min(paneWidth, full)),
        y: event.clientY - top,
      };
      // A notch of a wheel is 100 or 120 and zooms by about a fifth; a pinch comes in small steps.
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018));
      change((now, size, room) => zoomAt(now, size, room, zoomOf(now, size, room) * factor, at));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [change, paneWidth]);

  const nudge = useCallback(
    (by: Point) => {
      if (mode === 'lens' && done) {
        setLens((now) => {
          const from = now ?? middleOf({ width: paneWidth, height: field.height });
          return { x: from.x - by.x / 2, y: from.y - by.y / 2 };
        });
      } else change((now, size, room) => panBy(now, size, room, by));
    },
    [change, done, field.height, mode, paneWidth],
  );
  useViewerKeys({ change, nudge, setView, setSpace, setPeek });

  const drag = useDrag((by) => change((now, size, room) => panBy(now, size, room, by)));
  const placed = place(view, picture, pane);
  const stamp = `${job.id} ${job.finishedAt ?? ''}`;
  const before = bridge?.mediaUrl({ jobId: job.id, variant: 'input' });
  const after = done
    ? `${bridge?.mediaUrl({ jobId: job.id, variant: 'output' })}?at=${job.finishedAt}`
    : undefined;
  const source = before && <Layer url={before} alt={`${job.title}, before`} place={placed} />;
  const result = after && (
    <Layer url={after} alt={`${job.title}, after`} place={placed} onLoad={() => setLoaded(stamp)} />
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
        <div className="row">
          <IconButton
            label="Smaller"
            onClick={() => change((now, size, room) => zoomStep(now, size, room, -1))}
          >
            <Minus size={14} />
          </IconButton>
          <output className="zoom numeric" aria-label="Zoom">
            {Math.round(placed.zoom * 100)} %
          </output>
          <IconButton
            label="Larger"
            onClick={() => change((now, size, room) => zoomStep(now, size, room, 1))}
          >
            <Plus size={14} />
          </IconButton>
          <IconButton label="Whole picture (0)" onClick={() => setView(fitted)}>
            Fit
          </IconButton>
          <IconButton
            label="One to one (1)"
            onClick={() => change((now, size, room) => zoomAt(now, size, room, 1, middleOf(room)))}
          >
            1:1
          </IconButton>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the pointer's side of what keys do as well. */}
      <div
        ref={box}
        className={clsx('viewer-field', mode === 'lens' && done && 'has-lens', space && 'grabbing')}
        onPointerDown={drag}
        onPointerMove={(event) => setLens(pointIn(event))}
        onPointerLeave={() => setLens(null)}
        onDoubleClick={(event) =>
          change((now, size, room) =>
            now.zoom === 'fit' ? zoomAt(now, size, room, 1, pointIn(event)) : fitted,
          )
        }
      >
        {!done || peek ? (
          <>
            {source}
            {!peek && tiles}
            {grid}
          </>
        ) : mode === 'side' ? (
          <>
            <div className="pane" style={{ width: pane.width }}>
              {source}
              {grid}
              <span className="tag">Before</span>
            </div>
            <div className="pane" style={{ width: pane.width, left: pane.width }}>
              {tiles}
              {result}
              {grid}
              <span className="tag">After</span>
            </div>
          </>
        ) : mode === 'lens' ? (
          <>
            {source}
            <Lens at={lens ?? middleOf(pane)} place={placed} url={after} label={`${job.title}, after`} />
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

const middleOf = ({ width, height }: Size): Point => ({ x: width / 2, y: height / 2 });

function pointIn(event: { currentTarget: Element; clientX: number; clientY: number }): Point {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

interface LayerProps {
  readonly url: string;
  readonly alt: string;
  readonly place: Placement;
  readonly onLoad?: () => void;
}

function Layer({ url, alt, place: { left, top, width, height, zoom }, onLoad }: LayerProps) {
  return (
    <img
      key={url}
      className={clsx('layer', zoom >= gridFrom && 'pixels')}
      src={url}
      alt={alt}
      draggable={false}
      decoding="async"
      style={{ left, top, width, height }}
      onLoad={onLoad}
    />
  );
}

/** A round glass that shows the result, at least pixel for pixel, over the source. */
function Lens(props: {
  readonly at: Point;
  readonly place: Placement;
  readonly url: string | undefined;
  readonly label: string;
}) {
  const { at, place: placed, url, label } = props;
  const radius = 140;
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
      {url && <Layer url={url} alt={label} place={enlarged} />}
    </div>
  );
}

function PixelGrid({
  place: { left, top, width, height },
  step,
}: {
  readonly place: Placement;
  readonly step: number;
}) {
  return (
    <div className="pixel-grid" style={{ left, top, width, height, backgroundSize: `${step}px ${step}px` }} />
  );
}

function useSize(box: React.RefObject<HTMLDivElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 1, height: 1 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return size;
}

/** Moves by dragging; the pointer is kept until it is let go. */
function useDrag(onMove: (by: Point) => void): (event: PointerEvent<HTMLElement>) => void {
  const move = useRef(onMove);
  move.current = onMove;
  return useCallback((event: PointerEvent<HTMLElement>) => {
    if (event.button > 1) return;
    let last = { x: event.clientX, y: event.clientY };
    followPointer(event.currentTarget, event.pointerId, (next) => {
      move.current({ x: next.clientX - last.x, y: next.clientY - last.y });
      last = { x: next.clientX, y: next.clientY };
    });
  }, []);
}

interface KeyTargets {
  readonly change: (how: (view: View, picture: Size, pane: Size) => View) => void;
  /** Moves the picture, or the lens over it. */
  readonly nudge: (by: Point) => void;
  readonly setView: (view: View) => void;
  readonly setSpace: (held: boolean) => void;
  readonly setPeek: (held: boolean) => void;
}

/** Keys of the viewer. They work wherever the focus is, but for fields that take text and lists that take arrows. */
function useViewerKeys({ change, nudge, setView, setSpace, setPeek }: KeyTargets): void {
  useEffect(() => {
    const arrows: Readonly<Record<string, Point>> = {
      ArrowLeft: { x: panStep, y: 0 },
      ArrowRight: { x: -panStep, y: 0 },
      ArrowUp: { x: 0, y: panStep },
      ArrowDown: { x: 0, y: -panStep },
    };
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (target.closest('input:not([type="radio"]), select, textarea, dialog, [role="menu"]')) return;
      // Lists, sliders and radio buttons have arrows and a space of their own; the other keys are free.
      const own = target.closest('[role="slider"], [role="listbox"], input');
      if (own && (event.key.startsWith('Arrow') || event.key === ' ')) return;
      const arrow = arrows[event.key];
      if (event.key === '0') setView(fitted);
      else if (event.key === '1') change((now, size, room) => zoomAt(now, size, room, 1, middleOf(room)));
      else if (event.key === '+' || event.key === '=')
        change((now, size, room) => zoomStep(now, size, room, 1));
      else if (event.key === '-') change((now, size, room) => zoomStep(now, size, room, -1));
      else if (event.key === 's') useViewState.setState({ mode: 'slider' });
      else if (event.key === 'd') useViewState.setState({ mode: 'side' });
      else if (event.key === 'l') useViewState.setState({ mode: 'lens' });
      else if (event.key === '\\') setPeek(true);
      else if (arrow && event.shiftKey) nudge(arrow);
      else if (event.key === 'ArrowRight' || event.key === 'ArrowDown') showNext(1);
      else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') showNext(-1);
      else if (event.key === ' ' && !(target instanceof HTMLButtonElement)) setSpace(true);
      else return;
      event.preventDefault();
    };
    const release = (event: KeyboardEvent): void => {
      if (event.key === ' ') setSpace(false);
      if (event.key === '\\') setPeek(false);
    };
    window.addEventListener('keydown', press);
    window.addEventListener('keyup', release);
    return () => {
      window.removeEventListener('keydown', press);
      window.removeEventListener('keyup', release);
    };
  }, [change, nudge, setView, setSpace, setPeek]);
}

function showNext(step: 1 | -1): void {
  const { order } = useJobs.getState();
  const { current } = useSelection.getState();
  const next = order[order.indexOf(current ?? '') + step];
  if (next !== undefined) select([next], next);
}
