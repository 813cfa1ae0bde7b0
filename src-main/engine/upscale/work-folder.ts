import { readdir, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { isTemporary, removeQuietly } from '../io/atomic.ts';

/** Clears a folder of the rows of runs whose process is gone. */
export async function removeOrphans(work: string): Promise<void> {
  for (const name of await readdir(work).catch(() => [])) {
    try {
      process.kill(Number.parseInt(name, 10), 0);
    } catch {
      await removeQuietly(join(work, name));
    }
  }
}

/** Milliseconds for which nobody works on one file: a day. */
const longestWork = 24 * 60 * 60 * 1000;

/** Clears a folder of results of what runs that were killed have left there, a day ago or before. */
export async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isTemporary(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > longestWork) await removeQuietly(path);
  }
}

/**
 * Uncompressed rows wait on the disk for their encoder.
 *
 * @throws {RefineryError} `DISK_FULL` where there is no room for them.
 */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(folder)).catch(() => statfs(tmpdir()));
  if (bavail * bsize > bytes * 1.05) return;
  throw new RefineryError(
    'DISK_FULL',
    `Making this picture takes ${Math.ceil(bytes / 1e6)} MB for a while; the disk of the cache has ${Math.floor((bavail * bsize) / 1e6)} MB left.`,
    { hint: 'Free some space, or put the cache elsewhere with REFINERY_CACHE_DIR.' },
  );
}
