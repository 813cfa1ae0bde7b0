import { randomBytes } from 'node:crypto';
import { link, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A name for a file that is not finished, in the folder where the finished one will be: renaming stays atomic.
 *
 * @param key what it is for, so that what a crash left behind can be found again; see {@link removeTemporaries}.
 */
export function temporaryPath(folder: string, key: string, extension = ''): string {
  return join(folder, `${temporaryPrefix(key)}${randomBytes(3).toString('hex')}.part${extension}`);
}

const temporaryPrefix = (key: string): string => `.refinery-${key}-`;

/** Whether a name is one of {@link temporaryPath}'s for a file with an ending, of whatever key. */
export const isTemporary = (name: string): boolean =>
  /^\.refinery-[\w-]+-[0-9a-f]{6}\.part\.[a-z]+$/.test(name);

/** The unfinished files and folders of a key. */
export async function temporariesOf(folder: string, key: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(temporaryPrefix(key))).map((name) => join(folder, name));
}

/** Removes them. */
export async function removeTemporaries(folder: string, key: string): Promise<void> {
  await Promise.all((await temporariesOf(folder, key)).map(removeQuietly));
}

/** Makes sure that a file's bytes are on the disk and not only on their way. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes sure that a folder's new entry is on the disk. Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a finished temporary file its name, in one step.
 *
 * @throws {NodeJS.ErrnoException} `EEXIST` when the name is taken and `overwrite` is false.
 */
export async function publish(
  temporary: string,
  target: string,
  folder: string,
  overwrite: boolean,
): Promise<void> {
  if (overwrite) await rename(temporary, target);
  else await renameNew(temporary, target);
  await syncFolder(folder);
}

/** Renames without ever replacing: a hard link fails where the name is taken, and two that race can't both win. */
async function renameNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') throw thrown;
    // FAT and some network disks have no links: take the name with an empty file, then replace that.
    const placeholder = await open(target, 'wx');
    await placeholder.close();
    await rename(temporary, target);
    return;
  }
  await unlink(temporary);
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

export async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true }).catch(() => undefined);
}
