import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks whether the lock is free, in milliseconds. */
const patience = 250;

/** SQLite's code for what another connection holds. */
const busy = 5;

/**
 * Does work that only one of all processes, and one of all callers in a process, may do at a time.
 *
 * SQLite holds the lock, and with it the operating system: it is free as soon as its holder is gone, however that ended.
 *
 * @param path a file for this lock alone, on a local disk; it is made, and it stays.
 * @param onWait called once where another holds the lock.
 * @throws whatever `work` throws, and the signal's reason while waiting.
 */
export async function withLock<Result>(
  path: string,
  { signal, onWait }: { readonly signal?: AbortSignal | undefined; readonly onWait?: () => void },
  work: () => Promise<Result>,
): Promise<Result> {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    for (let waited = false; !taken(database); waited = true) {
      if (!waited) onWait?.();
      await sleep(patience);
      signal?.throwIfAborted();
    }
    return await work();
  } finally {
    database.close();
  }
}

function taken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === busy) return false;
    throw error;
  }
}
