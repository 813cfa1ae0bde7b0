import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeQuietly } from '../io/atomic.ts';

/** Milliseconds after which nobody is about to use an upload that no job is about: a day. */
const longestWait = 24 * 60 * 60 * 1000;

/**
 * Removes uploads, and the results beside them, that no job is about any more: neither one on the list, nor one that can
 * be brought back.
 *
 * @param folder holds a folder for each upload, whose name is in no other path.
 * @param knownJobs gives what is known of each job, as text; asked only where there are old uploads.
 */
export async function removeUnused(folder: string, knownJobs: () => readonly string[]): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const old: string[] = [];
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > longestWait) old.push(name);
  }
  if (old.length === 0) return;
  const jobs = knownJobs();
  for (const name of old)
    if (!jobs.some((job) => job.includes(name))) await removeQuietly(join(folder, name));
}
