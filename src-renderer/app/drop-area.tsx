import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { addFiles } from '../state/actions.ts';
import { toast, useSession } from '../state/session.ts';
import { filesOf } from '../transport/files.ts';
import { count } from '../ui/format.ts';
import { pages } from './pages.ts';

/** The whole window takes files, and says beforehand what it will do with them. */
export function DropArea({ children }: { readonly children: ReactNode }) {
  const [items, setItems] = useState<number | null>(null);
  const depth = useRef(0);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

  const current = useSession((state) => state.page);
  const drop = pages.find(({ id }) => id === current)?.drop;

  const takeDrop = async (event: DragEvent): Promise<void> => {
    const { connection } = useSession.getState();
    const files = await filesOf(event.dataTransfer, connection?.bridge.kind === 'web');
    if (files.length === 0) toast('There was no file in what was dropped.', { tone: 'warning' });
    else if (drop && connection) drop.take(await connection.bridge.admit(files));
    else await addFiles(files);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the window as a whole is where files are dropped; the same is a button.
    <div
      className="drop-area"
      onDragEnter={(event) => {
        if (!hasFiles(event)) return;
        depth.current += 1;
        setItems(event.dataTransfer.items.length);
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDragLeave={(event) => {
        if (!hasFiles(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) setItems(null);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setItems(null);
        void takeDrop(event);
      }}
    >
      {children}
      {items !== null && (
        <div className="drop-overlay">
          <p className="drop-title">
            {drop?.title ?? (items > 1 ? `Add ${count(items, 'item')} to Upscale` : 'Add to Upscale')}
          </p>
          <p className="quiet">{drop?.hint ?? 'Folders are searched for pictures.'}</p>
        </div>
      )}
    </div>
  );
}
