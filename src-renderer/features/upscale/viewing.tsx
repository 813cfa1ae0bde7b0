import { clsx } from 'clsx';
import { ImageOff, Minus, Plus } from 'lucide-react';
import {
  type PointerEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useJobs } from '../../state/jobs.ts';
import { select, useSelection } from '../../state/selection.ts';
import { followPointer } from '../../ui/drag.ts';
import { IconButton } from '../../ui/parts.tsx';
import {
  fitted,
  onePane,
  type Panes,
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
import { useViewState } from './view-state.ts';

/** From here on single pixels are shown as they are, with a grid between them. */
export const gridFrom = 8;

/** Screen pixels that an arrow key moves the picture by. */
const panStep = 48;

type Change = (how: (view: View, picture: Size, pane: Size) => View) => void;

export interface Viewing {
  readonly view: View;
  readonly placed: Placement;
  /** One of the equal parts of the field, each of which shows the picture at the same place. */
  readonly pane: Size;
  readonly panes: Panes;
  readonly setView: (view: View) => void;
  readonly change: Change;
  /** Moves the picture by dragging. */
  readonly drag: (event: PointerEvent<HTMLElement>) => void;
}

/**
 * One view of a picture in a field that may be cut into equal panes: zoomed by the wheel, moved by dragging.
 *
 * @param arrange says how the field is cut, by its size.
 * @param picture size in pixels of the result; a zoom of 1 is one pixel of the screen itself, also where the system
 * draws everything larger.
 */
export function useViewing(
  box: RefObject<HTMLDivElement | null>,
  picture: Size,
  arrange: (field: Size) => Panes = () => onePane,
): Viewing {
  const field = useSize(box);
  const { columns, rows } = arrange(field);
  const [view, setView] = useState<View>(fitted);
  const ratio = window.devicePixelRatio || 1;
  const width = picture.width / ratio;
  const height = picture.height / ratio;
  const paneWidth = field.width / columns;
  const paneHeight = field.height / rows;

  // Two pictures of one size are compared at one place; another size begins as a whole.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is what this hangs on.
  useEffect(() => setView(fitted), [width, height]);

  const change = useCallback<Change>(
    (how) => setView((now) => how(now, { width, height }, { width: paneWidth, height: paneHeight })),
    [width, height, paneWidth, paneHeight],
  );

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const at = {
        x: (event.clientX - left) % Math.max(1, paneWidth),
        y: (event.clientY - top) % Math.max(1, paneHeight),
      };
      // A notch of a wheel is 100 or 120 and zooms by about a fifth; a pinch comes in small steps.
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018));
      change((now, size, room) => zoomAt(now, size, room, zoomOf(now, size, room) * factor, at));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [box, change, paneWidth, paneHeight]);

  const drag = useDrag((by) => change((now, size, room) => panBy(now, size, room, by)));
  const pane = useMemo(() => ({ width: paneWidth, height: paneHeight }), [paneWidth, paneHeight]);
  const panes = useMemo(() => ({ columns, rows }), [columns, rows]);
  return { view, placed: place(view, { width, height }, pane), pane, panes, setView, change, drag };
}

/** Smaller, larger, whole, one to one. */
export function ZoomControls({ placed, setView, change }: Viewing) {
  return (
    <div className="row">
      <IconButton label="Smaller" onClick={() => change((now, size, room) => zoomStep(now, size, room, -1))}>
        <Minus size={14} />
      </IconButton>
      <output className="zoom numeric" aria-label="Zoom">
        {Math.round(placed.zoom * 100)} %
      </output>
      <IconButton label="Larger" onClick={() => change((now, size, room) => zoomStep(now, size, room, 1))}>
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
  );
}

export const middleOf = ({ width, height }: Size): Point => ({ x: width / 2, y: height / 2 });

export function pointIn(event: { currentTarget: Element; clientX: number; clientY: number }): Point {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

interface LayerProps {
  readonly url: string;
  readonly alt: string;
  readonly place: Placement;
  /** Said in its stead where it does not load. */
  readonly missing?: string | undefined;
  readonly onLoad?: () => void;
  readonly onMissing?: () => void;
}

export function Layer(props: LayerProps) {
  const { url, alt, place, missing, onLoad, onMissing } = props;
  const { left, top, width, height, zoom } = place;
  const [broken, setBroken] = useState<string | null>(null);
  if (broken === url) return missing === undefined ? null : <NoPicture>{missing}</NoPicture>;
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
      onError={() => {
        setBroken(url);
        onMissing?.();
      }}
    />
  );
}

/** Says why there is no picture: in its stead, or `aside` over another one. */
export function NoPicture({ aside, children }: { readonly aside?: boolean; readonly children: ReactNode }) {
  return (
    <p className={clsx('no-picture', aside && 'aside')} role="status">
      <ImageOff size={16} aria-hidden />
      {children}
    </p>
  );
}

export function PixelGrid({
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

function useSize(box: RefObject<HTMLDivElement | null>): Size {
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

/** What can be done with the view of the picture that is shown; null where none is. */
interface ViewControls {
  readonly fit: () => void;
  readonly oneToOne: () => void;
  readonly larger: () => void;
  readonly smaller: () => void;
}

let shownControls: ViewControls | null = null;

export const viewControls = (): ViewControls | null => shownControls;

interface KeyTargets {
  readonly change: Change;
  /** Moves the picture, or the lens over it. */
  readonly nudge: (by: Point) => void;
  readonly setView: (view: View) => void;
  readonly setSpace: (held: boolean) => void;
  readonly setPeek: (held: boolean) => void;
}

/** Keys of the viewer. They work wherever the focus is, but for fields that take text and lists that take arrows. */
export function useViewerKeys({ change, nudge, setView, setSpace, setPeek }: KeyTargets): void {
  useEffect(() => {
    const arrows: Readonly<Record<string, Point>> = {
      ArrowLeft: { x: panStep, y: 0 },
      ArrowRight: { x: -panStep, y: 0 },
      ArrowUp: { x: 0, y: panStep },
      ArrowDown: { x: 0, y: -panStep },
    };
    const controls: ViewControls = {
      fit: () => setView(fitted),
      oneToOne: () => change((now, size, room) => zoomAt(now, size, room, 1, middleOf(room))),
      larger: () => change((now, size, room) => zoomStep(now, size, room, 1)),
      smaller: () => change((now, size, room) => zoomStep(now, size, room, -1)),
    };
    shownControls = controls;
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (target.closest('input:not([type="radio"]), select, textarea, dialog, [role="menu"]')) return;
      // Lists, sliders and radio buttons have arrows and a space of their own; the other keys are free.
      const own = target.closest('[role="slider"], [role="listbox"], input');
      if (own && (event.key.startsWith('Arrow') || event.key === ' ')) return;
      const arrow = arrows[event.key];
      if (event.key === '0') controls.fit();
      else if (event.key === '1') controls.oneToOne();
      else if (event.key === '+' || event.key === '=') controls.larger();
      else if (event.key === '-') controls.smaller();
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
      if (shownControls === controls) shownControls = null;
      window.removeEventListener('keydown', press);
      window.removeEventListener('keyup', release);
    };
  }, [change, nudge, setView, setSpace, setPeek]);
}

/** Shows the next picture of the queue, or the one before. */
export function showNext(step: 1 | -1): void {
  const { order } = useJobs.getState();
  const { current } = useSelection.getState();
  const next = order[order.indexOf(current ?? '') + step];
  if (next !== undefined) select([next], next);
}
