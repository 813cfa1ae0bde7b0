import { useEffect } from 'react';
import { handIn, receiveWith } from '../state/inbox.ts';
import { followJobs, loadJobs } from '../state/jobs.ts';
import { followModels, loadModels } from '../state/models.ts';
import { startSession, useSession } from '../state/session.ts';
import type { Connection } from '../transport/client.ts';
import { listenToKeys, runCommand } from './actions.ts';
import { receive } from './arrivals.ts';
import { DropArea } from './drop-area.tsx';
import { Help } from './help.tsx';
import { Outage } from './outage.tsx';
import { pages } from './pages.ts';
import { Palette } from './palette.tsx';
import { Question } from './question.tsx';
import { Rail } from './rail.tsx';
import { ServerPath } from './server-path.tsx';
import { StatusLine } from './status-line.tsx';
import { Toasts } from './toasts.tsx';

/** The frame around every place. */
export function App({ connection }: { readonly connection: Connection }) {
  const current = useSession((state) => state.page);
  const theme = useSession((state) => state.settings?.theme ?? 'system');
  const palette = useSession((state) => state.palette);
  const help = useSession((state) => state.help);

  useEffect(() => {
    receiveWith(receive);
    followJobs(connection.engine);
    followModels(connection.engine);
    for (const page of pages) page.follow?.(connection.engine);
    startSession(connection, {
      onFiles: (result) => void handIn(result, { unseen: true }),
      onCommand: runCommand,
      onReady() {
        void Promise.all([loadJobs(), loadModels()]);
        for (const page of pages) page.whenReady?.();
      },
    });
    const stopKeys = listenToKeys();
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      const { page: shown } = useSession.getState();
      if (files.length > 0)
        void connection.bridge.admit(files).then((admitted) => handIn(admitted, { shown }));
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
      {help && <Help />}
      <ServerPath />
      <Question />
      <Toasts />
    </DropArea>
  );
}
