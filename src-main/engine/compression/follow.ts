import { type FSWatcher, watch } from 'node:fs';
import { FolderReader } from './folder-reader.ts';
import { type RunFolderOptions, requireFolder } from './run-folder.ts';
import type { Run } from './types.ts';

export interface FollowOptions extends RunFolderOptions {
  /** `poll` leaves out the system's notifications, as on a network drive that has none. */
  readonly mode?: 'watch' | 'poll';
  /** Milliseconds between looks when nothing is notified. */
  readonly interval?: number;
  /** Called when a look at the folder failed; the next look is taken all the same. */
  readonly onError?: (cause: unknown) => void;
}

export interface RunUpdate {
  readonly run: Run;
  /** Paths of the files that changed, came or went since the last update. */
  readonly changed: readonly string[];
  /** Part of the bytes that are there which was read by now; below 1 while a large run is opened. */
  readonly readPart: number;
}

export interface Following {
  /** Resolves when nothing is read any more; no update comes after it. */
  close(): Promise<void>;
}

/** Milliseconds to wait after a notification, in which the rest of a batch of changes comes. */
const gather = 40;
const pollInterval = 150;
/** Milliseconds of reading before a run is told for the first time, and before each time that it is told unfinished. */
const firstLook = 300;
const nextLook = 1500;
/** Milliseconds between looks beside notifications, which some systems lose. */
const safetyInterval = 1000;

/**
 * Tells a run as it is, and again each time one of its files grows, is rotated, or is replaced.
 *
 * @param onUpdate is called once at the beginning, before this resolves, and again while more of a large run is read.
 * @throws {RefineryError} `INPUT_NOT_FOUND` when there is no such folder.
 */
export async function followRunFolder(
  folder: string,
  onUpdate: (update: RunUpdate) => void,
  options: FollowOptions = {},
): Promise<Following> {
  await requireFolder(folder);
  const reader = new FolderReader(folder, options.also ?? []);
  const watchers = new Map<string, FSWatcher>();
  let closed = false;
  let first = true;
  let working: Promise<void> | undefined;
  let again = false;
  let soon: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    do {
      again = false;
      const changed = await reader.refresh(first ? firstLook : nextLook);
      if (closed) return;
      // The rest of a large run.
      if (reader.readPart < 1) lookSoon(0);
      watchFolders();
      if (changed.length === 0 && !first) continue;
      first = false;
      onUpdate({ run: reader.run, changed, readPart: reader.readPart });
    } while (again && !closed);
  }

  /** One look at a time: changes during one are for the next. */
  function lookNow(): Promise<void> {
    again = true;
    working ??= look()
      .catch((cause: unknown) => options.onError?.(cause))
      .finally(() => {
        working = undefined;
      });
    return working;
  }

  function lookSoon(wait = gather): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      void lookNow();
    }, wait);
  }

  function watchFolders(): void {
    if (options.mode === 'poll') return;
    for (const path of watchers.keys()) if (!reader.folders.includes(path)) unwatch(path);
    for (const path of reader.folders) {
      if (watchers.has(path)) continue;
      try {
        const watcher = watch(path, { persistent: false }, () => lookSoon());
        watcher.on('error', () => unwatch(path));
        watchers.set(path, watcher);
        // What came between the look and the watching.
        again = true;
      } catch {
        // No notifications here; the looks at intervals find the changes.
      }
    }
  }

  function unwatch(path: string): void {
    watchers.get(path)?.close();
    watchers.delete(path);
  }

  await lookNow();
  // Short where a folder can't be watched, or a file lies outside of the watched ones.
  let timer: NodeJS.Timeout;
  const schedule = (): void => {
    const notified = watchers.size === reader.folders.length && !options.also?.length;
    const interval = options.interval ?? (notified ? safetyInterval : pollInterval);
    timer = setTimeout(() => void lookNow().finally(() => !closed && schedule()), interval);
    timer.unref();
  };
  schedule();

  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(soon);
      for (const path of [...watchers.keys()]) unwatch(path);
      await working;
    },
  };
}
