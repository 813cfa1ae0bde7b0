import { mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { isAlive } from '../io/alive.ts';
import { removeQuietly, temporaryPath } from '../io/atomic.ts';

/** Makes sure that a folder can be made, or is empty. @throws {RefineryError} `OUTPUT_EXISTS`, `OUTPUT_NOT_WRITABLE`. */
export async function checkTarget(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return;
  if (found.isDirectory() && (await readdir(folder)).length === 0) return;
  throw new RefineryError('OUTPUT_EXISTS', `${folder} is there already and is not empty.`, {
    hint: 'Choose a new folder. Nothing was changed.',
  });
}

/**
 * Makes a folder beside the target for what is not finished, and clears up after conversions that a crash ended.
 *
 * @throws {RefineryError} `OUTPUT_NOT_WRITABLE`.
 */
export async function makeWorkFolder(target: string): Promise<string> {
  const parent = dirname(target);
  try {
    await mkdir(parent, { recursive: true });
    for (const name of await readdir(parent)) {
      const pid = Number(/^\.refinery-convert-(\d+)-/.exec(name)?.[1]);
      if (pid > 0 && !isAlive(pid)) await removeQuietly(join(parent, name));
    }
    const work = temporaryPath(parent, `convert-${process.pid}`);
    await mkdir(work);
    return work;
  } catch (cause) {
    throw notWritable(target, cause);
  }
}

/** Gives a finished folder its name. @throws {RefineryError} `OUTPUT_EXISTS` where it was taken meanwhile. */
export async function publishFolder(work: string, target: string): Promise<void> {
  await checkTarget(target);
  try {
    // An empty folder gives way; one that isn't any more makes this fail.
    await rmdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(work, target);
  } catch (cause) {
    throw notWritable(target, cause);
  }
}

function notWritable(target: string, cause: unknown): RefineryError {
  const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
  return new RefineryError(
    full ? 'DISK_FULL' : 'OUTPUT_NOT_WRITABLE',
    `The folder ${basename(target)} can’t be made in ${dirname(target)}.`,
    { hint: full ? 'Free some space.' : 'Choose another one.', cause },
  );
}
