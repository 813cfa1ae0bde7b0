import { clsx } from 'clsx';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { addToQueue } from '../state/actions.ts';
import { toast, useSession } from '../state/session.ts';
import { filesOf } from '../transport/files.ts';
import { count } from '../ui/format.ts';
import type { Drop } from './page-type.ts';
import { pages } from './pages.ts';

const upscale = (items: number): Drop => ({
  title: items > 1 ? `Add ${count(items, 'item')} to Upscale` : 'Add to Upscale',
  hint: 'Folders are searched for pictures.',
  take: (admitted) => void addToQueue(admitted),
});

/** What can be done with what is dragged here now; one after the other from left to right. */
function dropsOn(current: string, items: number): readonly Drop[] {
  const page = pages.find(({ id }) => id === current);
  return [page?.drop ?? upscale(items), ...(page?.otherDrops?.() ?? [])];
}

/** The whole window takes files, and says beforehand what it will do with them. */
export function DropArea({ children }: { readonly children: ReactNode }) {
  const [drops, setDrops] = useState<readonly Drop[]>([]);
  /** The one that the pointer is over. */
  const [place, setPlace] = useState(0);
  const depth = useRef(0);
  const current = useSession((state) => state.page);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const placeOf = ({ clientX }: DragEvent, of: number): number =>
    Math.max(0, Math.min(of - 1, Math.floor((clientX / window.innerWidth) * of)));

  const takeDrop = async (event: DragEvent, { take }: Drop): Promise<void> => {
    const { connection } = useSession.getState();
    const files = await filesOf(event.dataTransfer, connection?.bridge.kind === 'web');
    if (files.length === 0) toast('There was no file in what was dropped.', { tone: 'warning' });
    else if (connection) take(await connection.bridge.admit(files));
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the window as a whole is where files are dropped; the same is a button.
    <div
      className="drop-area"
      onDragEnter={(event) => {
        if (!hasFiles(event)) return;
        depth.current += 1;
        if (depth.current === 1) setDrops(dropsOn(current, event.dataTransfer.items.length));
      }}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setPlace(placeOf(event, drops.length));
      }}
      onDragLeave={(event) => {
        if (!hasFiles(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) setDrops([]);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        const possible = dropsOn(current, event.dataTransfer.items.length);
        setDrops([]);
        void takeDrop(event, possible[placeOf(event, possible.length)]!);
      }}
    >
      {children}
      {drops.length > 0 && (
        <div className="drop-overlay">
          {drops.map(({ title, hint }, index) => (
            <div key={title} className={clsx('drop-place', index === place && 'current')}>
              <p className="drop-title">{title}</p>
              <p className="quiet">{hint}</p>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
