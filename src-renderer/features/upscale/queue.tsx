import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { Ellipsis, ImageOff, Plus } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import type { Job } from '../../../src-main/contract/index.ts';
import { openServerPath } from '../../app/server-path.tsx';
import { startJobs } from '../../state/actions.ts';
import { handIn, openPictures } from '../../state/inbox.ts';
import { removeJobs, useCancelling, useJobs } from '../../state/jobs.ts';
import { neighbour, nextSelection, select, useSelection } from '../../state/selection.ts';
import { act, useSession } from '../../state/session.ts';
import { count } from '../../ui/format.ts';
import { StateMark } from '../../ui/job-state.tsx';
import { ContextMenu, DropdownMenu } from '../../ui/menu.tsx';
import { IconButton, Progress } from '../../ui/parts.tsx';
import { menuFor, moveBy } from './job-actions.ts';
import { rowText, type Standing, sizeText, stateText } from './words.ts';

const rowHeight = 60;

/** Marks a drag of rows within the list, as against files from outside. */
const rowsType = 'application/x-refinery-rows';

/** The pictures: what they are, what becomes of them, how far each is. */
export function Queue() {
  const { order, jobs, summary } = useJobs();
  const cancelling = useCancelling(({ ids }) => ids);
  const orderBefore = useRef(order);
  const { selected, current } = useSelection();
  const box = useRef<HTMLDivElement>(null);
  const [target, setTarget] = useState<number | null>(null);
  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const shell = useSession((state) => state.shell);

  // A selection of nothing would leave the middle empty: what stood beside takes the place of what is gone.
  useEffect(() => {
    const before = orderBefore.current;
    orderBefore.current = order;
    if (current !== null && jobs.has(current)) return;
    const next = neighbour(before, current, (id) => jobs.has(id)) ?? order[0];
    if (next !== undefined) select([next], next);
  }, [current, jobs, order]);

  useEffect(() => {
    const index = current === null ? -1 : order.indexOf(current);
    if (index >= 0) rows.scrollToIndex(index, { align: 'auto' });
  }, [current, order, rows]);

  const choose = (id: string, keys: { shift: boolean; control: boolean }): void => {
    const next = nextSelection(useSelection.getState(), order, id, keys);
    useSelection.setState(next);
  };

  const press = (event: KeyboardEvent): void => {
    const index = current === null ? -1 : order.indexOf(current);
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1);
    const control = event.ctrlKey || event.metaKey;
    const ids = order.filter((id) => selected.has(id));
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      moveBy(ids, event.key === 'ArrowUp' ? -1 : 1);
      event.preventDefault();
      return;
    }
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: order.length - 1,
      PageDown: index + page,
      PageUp: index - page,
    };
    const to = moves[event.key];
    const next = to === undefined ? undefined : order[Math.min(order.length - 1, Math.max(0, to))];
    if (next !== undefined) choose(next, { shift: event.shiftKey, control: false });
    else if (control && event.key.toLowerCase() === 'a') select(order, current);
    else if (event.key === 'Delete' || event.key === 'Backspace') void removeJobs(ids);
    else if (event.key === 'Enter' && !control)
      void startJobs(ids.filter((id) => jobs.get(id)?.state === 'ready'));
    else return;
    event.preventDefault();
  };

  const drop = (event: DragEvent): void => {
    event.preventDefault();
    if (target === null) return;
    const ids = JSON.parse(event.dataTransfer.getData(rowsType)) as string[];
    const before = order.slice(target).find((id) => !ids.includes(id)) ?? null;
    void act('jobs.reorder', { ids, before });
    setTarget(null);
  };

  const chosen = [...selected].flatMap((id) => jobs.get(id) ?? []);
  return (
    <section className="queue" aria-label="Pictures">
      <header className="queue-head">
        <h2>{count(order.length, 'picture')}</h2>
        <div className="row">
          <DropdownMenu items={menuFor(chosen.length > 0 ? chosen : [])}>
            <IconButton label="What to do with the selection">
              <Ellipsis size={16} />
            </IconButton>
          </DropdownMenu>
          <DropdownMenu
            items={[
              { label: 'Pictures', shortcut: 'Ctrl+O', run: () => void openPictures('pictures') },
              { label: 'A folder', shortcut: 'Ctrl+Shift+O', run: () => void openPictures('folder') },
              ...(shell && shell.allowedFolders.length > 0
                ? [
                    {
                      label: 'A path on the server',
                      run: () => openServerPath((admitted) => void handIn(admitted, { wanted: 'pictures' })),
                    },
                  ]
                : []),
            ]}
          >
            <IconButton label="Add">
              <Plus size={16} />
            </IconButton>
          </DropdownMenu>
        </div>
      </header>
      <ContextMenu items={menuFor(chosen)}>
        <div
          ref={box}
          className="queue-list"
          role="listbox"
          aria-label="Queue"
          aria-multiselectable
          aria-activedescendant={current === null ? undefined : `job-${current}`}
          tabIndex={0}
          onKeyDown={press}
          onDragOver={(event) => {
            if (!event.dataTransfer.types.includes(rowsType) || !box.current) return;
            event.preventDefault();
            const y = event.clientY - box.current.getBoundingClientRect().top + box.current.scrollTop;
            setTarget(Math.min(order.length, Math.round(y / rowHeight)));
          }}
          onDragLeave={() => setTarget(null)}
          onDrop={(event) => event.dataTransfer.types.includes(rowsType) && drop(event)}
        >
          <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const job = jobs.get(order[index] ?? '');
              return (
                job && (
                  <Row
                    key={job.id}
                    job={job}
                    top={start}
                    place={index + 1}
                    size={order.length}
                    selected={selected.has(job.id)}
                    current={job.id === current}
                    standing={cancelling.has(job.id) ? 'cancelling' : summary?.paused ? 'paused' : null}
                    onChoose={choose}
                  />
                )
              );
            })}
            {target !== null && <div className="queue-mark" style={{ top: target * rowHeight - 1 }} />}
          </div>
        </div>
      </ContextMenu>
    </section>
  );
}

interface RowProps {
  readonly job: Job;
  readonly top: number;
  readonly place: number;
  readonly size: number;
  readonly selected: boolean;
  readonly current: boolean;
  readonly standing: Standing;
  readonly onChoose: (id: string, keys: { shift: boolean; control: boolean }) => void;
}

const Row = memo(function Row({ job, top, place, size, selected, current, standing, onChoose }: RowProps) {
  const bridge = useSession((state) => state.connection?.bridge);
  const [broken, setBroken] = useState(false);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys; rows are its active descendants.
    // biome-ignore lint/a11y/useFocusableInteractive: see above.
    <div
      id={`job-${job.id}`}
      className={clsx('queue-row', selected && 'selected', current && 'current')}
      role="option"
      aria-selected={selected}
      aria-setsize={size}
      aria-posinset={place}
      aria-label={rowText(job, standing)}
      style={{ transform: `translateY(${top}px)` }}
      draggable
      onDragStart={(event) => {
        const { selected: all } = useSelection.getState();
        event.dataTransfer.setData(rowsType, JSON.stringify(all.has(job.id) ? [...all] : [job.id]));
        event.dataTransfer.effectAllowed = 'move';
      }}
      onClick={(event) =>
        onChoose(job.id, { shift: event.shiftKey, control: event.ctrlKey || event.metaKey })
      }
      onContextMenu={() => selected || onChoose(job.id, { shift: false, control: false })}
    >
      <div className="thumbnail">
        {broken ? (
          <ImageOff size={16} className="quiet" aria-hidden />
        ) : (
          bridge && (
            <img
              src={bridge.mediaUrl({ jobId: job.id, variant: 'thumbnail' })}
              alt=""
              loading="lazy"
              decoding="async"
              draggable={false}
              onError={() => setBroken(true)}
            />
          )
        )}
      </div>
      <div className="clip" title={job.title} dir="auto">
        {job.title}
        {job.upscale?.variant && <span className="quiet">{` ${job.upscale.variant}`}</span>}
      </div>
      <StateMark state={standing === 'paused' && job.state === 'running' ? 'paused' : job.state} />
      <div className="clip quiet numeric queue-detail">
        {(job.state === 'running' ? stateText(job, standing) : sizeText(job)) || job.upscale?.location}
      </div>
      <div className="numeric queue-state">{job.state === 'running' ? '' : stateText(job, standing)}</div>
      {job.state === 'running' && job.progress && (
        <div className="queue-progress">
          <Progress value={job.progress.fraction} label={`Progress of ${job.title}`} />
        </div>
      )}
    </div>
  );
});
