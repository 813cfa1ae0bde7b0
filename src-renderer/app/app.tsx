import { useEffect } from 'react';
import { addFiles, addToQueue } from '../state/actions.ts';
import { followJobs, loadJobs } from '../state/jobs.ts';
import { followModels, loadModels } from '../state/models.ts';
import { startSession, useSession } from '../state/session.ts';
import type { Connection } from '../transport/client.ts';
import { listenToKeys, runCommand } from './commands.ts';
import { DropArea } from './drop-area.tsx';
import { Outage } from './outage.tsx';
import { pages } from './pages.ts';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { ServerPath } from './server-path.tsx';
import { StatusLine } from './status-line.tsx';
import { Toasts } from './toasts.tsx';

/** The frame around every place. */
export function App({ connection }: { readonly connection: Connection }) {
  const current = useSession((state) => state.page);
  const theme = useSession((state) => state.settings?.theme ?? 'system');
  const palette = useSession((state) => state.palette);

  useEffect(() => {
    followJobs(connection.engine);
    followModels(connection.engine);
    for (const page of pages) page.follow?.(connection.engine);
    startSession(connection, {
      onFiles: (result) => void addToQueue(result),
      onCommand: runCommand,
      onReady: () => void Promise.all([loadJobs(), loadModels()]),
    });
    const stopKeys = listenToKeys();
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) void addFiles(files);
    };
    window.addEventListener('paste', paste);
    return () => {
      stopKeys();
      window.removeEventListener('paste', paste);
    };
  }, [connection]);

  useEffect(() => {
    const light = window.matchMedia('(prefers-color-scheme: light)');
    const apply = (): void => {
      const shown = theme === 'system' ? (light.matches ? 'light' : 'dark') : theme;
      document.documentElement.dataset['theme'] = shown;
    };
    apply();
    light.addEventListener('change', apply);
    return () => light.removeEventListener('change', apply);
  }, [theme]);

  const page = pages.find(({ id }) => id === current) ?? pages[0];
  const Content = page?.component;
  return (
    <DropArea>
      <div className="frame">
        <Rail />
        <div className="place-shown">
          <Outage />
          <main className="content" aria-label={page?.title}>
            {Content && <Content />}
          </main>
        </div>
        <StatusLine />
      </div>
      {palette && <Palette />}
      <ServerPath />
      <Toasts />
    </DropArea>
  );
}
