import { useEffect, useState } from 'react';
import { create } from 'zustand';
import type { EngineClient, HistoryQuery, JobHistory } from '../../../src-main/contract/index.ts';
import { act, call, toast, useSession } from '../../state/session.ts';

/** How often something happened that the history may tell of. */
const useChanges = create<{ readonly count: number }>(() => ({ count: 0 }));

export function followHistory(engine: EngineClient): void {
  const changed = (): void => useChanges.setState(({ count }) => ({ count: count + 1 }));
  engine.on('jobs.removed', changed);
  engine.on('jobs.changed', ({ jobs }) => {
    // Of those that run there is only progress to tell.
    if (jobs.some(({ state }) => state !== 'running')) changed();
  });
}

/** Takes what was done out of the history, with the way back in sight. */
export async function forgetJobs(ids: readonly string[]): Promise<void> {
  const done = await act('jobs.forget', { ids: [...ids], forgotten: true });
  if (!done || done.changed.length === 0) return;
  const { changed } = done;
  const what = changed.length === 1 ? 'Taken' : `${changed.length} taken`;
  toast(`${what} off the history. Files stay where they are.`, {
    action: { label: 'Undo', run: () => void act('jobs.forget', { ids: changed, forgotten: false }) },
  });
}

/** Takes everything out of the history that has ended. */
export async function forgetAll(): Promise<void> {
  const history = await act('jobs.history', { text: '', limit: 10_000 });
  if (history) await forgetJobs(history.jobs.map(({ id }) => id));
}

/** What was done, always up to date; null until it is known. */
export function useHistory({ text, limit }: HistoryQuery): JobHistory | null {
  const changes = useChanges(({ count }) => count);
  const engine = useSession(({ engineState }) => engineState.state);
  const [history, setHistory] = useState<JobHistory | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew where something happened meanwhile.
  useEffect(() => {
    let isCurrent = true;
    call('jobs.history', { text, limit }).then(
      (answer) => isCurrent && setHistory(answer),
      // An engine that is away is told of elsewhere, and asked when it is back.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [text, limit, changes, engine]);
  return history;
}
