import { clsx } from 'clsx';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import type { AdmitResult } from '../../src-main/contract/index.ts';
import { toast, useSession } from '../state/session.ts';
import { filesOf } from '../transport/files.ts';
import { count } from '../ui/format.ts';
import { offersFor, receive } from './arrivals.ts';
import type { Drop } from './page-type.ts';
import { pages } from './pages.ts';

/** Files that a browser tells to be pictures, before they are let go; else 0. */
function picturesIn(items: DataTransferItemList): number {
  return [...items].every(({ type }) => type.startsWith('image/')) ? items.length : 0;
}

/** What the place that is shown, or another, will do with what is dragged: a browser says little of it. */
function likelyDrop(shown: string, items: DataTransferItemList): Drop {
  const take = (admitted: AdmitResult): void => void receive(admitted, { shown });
  const pictures = picturesIn(items);
  const what = { kind: 'pictures' as const, handles: [], count: pictures, format: null };
  const [offer] = pictures > 0 ? offersFor({ couldBe: [what] }, { shown }) : [];
  if (offer) return { title: offer.title, hint: 'Let go anywhere in the window.', take };
  const own = pages.find(({ id }) => id === shown)?.drop;
  return {
    title: own?.title ?? `Add ${count(items.length, 'item')}`,
    hint: own?.hint ?? 'Pictures are upscaled. Networks, datasets and trainings open where they belong.',
    take,
  };
}

/** What can be done with what is dragged here now; one after the other from left to right. */
function dropsOn(shown: string, items: DataTransferItemList): readonly Drop[] {
  const page = pages.find(({ id }) => id === shown);
  return [likelyDrop(shown, items), ...(page?.otherDrops?.() ?? [])];
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
        if (depth.current === 1) setDrops(dropsOn(current, event.dataTransfer.items));
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
        const possible = dropsOn(current, event.dataTransfer.items);
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
