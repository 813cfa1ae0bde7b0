import { mkdir, readdir, rename, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { isTemporary, removeQuietly } from '../io/atomic.ts';

/** Larger files are not kept, in bytes. */
const largestKept = 512 * 1024 * 1024;

/**
 * Files of rows, to be written over by the next picture while there is work. Writing to new pages of memory takes an
 * operating system many times as long as writing to those that a file has, which in a batch of large photos costs a tenth
 * of the time. A file has another path each time that it is used: libvips keeps what it has read of a path.
 */
export class RowFiles {
  readonly #folder: string;
  #idle: string[] = [];
  #count = 0;

  /** @param folder where files lie that nobody uses. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Puts a file at a path, if there is one. @returns its bytes, which the disk need not find again. */
  async take(path: string): Promise<number> {
    const idle = this.#idle.pop();
    if (idle === undefined) return 0;
    try {
      await rename(idle, path);
      return (await stat(path)).size;
    } catch {
      return 0;
    }
  }

  /** Takes a file back that nobody reads any more. One that can't be kept is of no use, and no harm. */
  async give(path: string): Promise<void> {
    this.#count += 1;
    const idle = join(this.#folder, `${this.#count}.v`);
    try {
      if ((await stat(path)).size > largestKept) return await removeQuietly(path);
      await mkdir(this.#folder, { recursive: true });
      await rename(path, idle);
      this.#idle.push(idle);
    } catch {
      await removeQuietly(path);
    }
  }

  /** Forgets all; their folder goes with them. */
  async clear(): Promise<void> {
    this.#idle = [];
    await removeQuietly(this.#folder);
  }
}

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
