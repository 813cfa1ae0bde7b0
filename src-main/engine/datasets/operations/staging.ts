import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { removeQuietly, temporariesOf, temporaryPath } from '../../io/atomic.ts';
import { makeFolder } from '../../io/folders.ts';

/** Where a set is written before it counts: a folder of its own that nobody sees yet. */
export interface Staging extends AsyncDisposable {
  readonly folder: string;
  /** Whether there is a set already, whose files are replaced. */
  readonly replaces: boolean;
  /** Folders of earlier tries that were broken off, whose files may be taken over. */
  readonly earlier: readonly string[];
  /**
   * Gives the folder its name, or moves its files over those that are there. Before that, disposing of it leaves nothing
   * behind and everything as it was.
   *
   * @returns how many files of what was there stay, as there is none of their name.
   */
  publish(): Promise<number>;
  /** Empties it, for another try. */
  clear(): Promise<void>;
  /** Leaves all as it is when it is disposed of: the work will go on. */
  keep(): void;
}

/**
 * Prepares an output folder: a temporary one beside it that takes its place at the end.
 *
 * @param key names the temporary folder; see `removeTemporaries`. What others left behind under it is {@link Staging.earlier}.
 * @throws {RefineryError} `OUTPUT_NOT_WRITABLE`, or `OUTPUT_EXISTS` for a folder with files unless overwriting was asked for, and for a file.
 */
export async function stage(output: string, overwrite: boolean, key?: string): Promise<Staging> {
  const replaces = await isTaken(output);
  const isFolder = (await stat(output).catch(() => undefined))?.isDirectory() ?? true;
  if (replaces && !isFolder) throw isAFile(output);
  if (replaces && !overwrite) throw notEmpty(output);
  await makeFolder(dirname(output)).catch(notWritable(output));
  const earlier = key === undefined ? [] : await temporariesOf(dirname(output), key);
  const folder = temporaryPath(dirname(output), key ?? 'dataset');
  await mkdir(folder).catch(notWritable(output));
  let published = false;
  let kept = false;
  return {
    folder,
    replaces,
    earlier,
    async publish() {
      let left = 0;
      if (replaces) {
        await refuseClashes(folder, output);
        left = await moveOver(folder, output);
      } else {
        // It may have been filled while the set was written.
        if (await isTaken(output)) throw notEmpty(output);
        await rmdir(output).catch(() => undefined);
        await rename(folder, output).catch(notPublished(output));
      }
      published = !replaces;
      return left;
    },
    async clear() {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    },
    keep() {
      kept = true;
    },
    async [Symbol.asyncDispose]() {
      if (kept) return;
      for (const path of published ? earlier : [folder, ...earlier]) await removeQuietly(path);
    },
  };
}

/**
 * Looks, before anything is moved, whether all can be: what is there under a folder's name must be a folder, and no link to
 * one elsewhere.
 */
async function refuseClashes(from: string, to: string): Promise<void> {
  const there = new Map<string, boolean>();
  for (const entry of await readdir(to, { withFileTypes: true })) there.set(entry.name, entry.isDirectory());
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const isFolder = there.get(entry.name);
    if (isFolder === undefined) continue;
    if (isFolder !== entry.isDirectory()) {
      throw new RefineryError(
        'OUTPUT_EXISTS',
        `${join(to, entry.name)} can't be replaced: the new set has a ${entry.isDirectory() ? 'folder' : 'file'} of that name.`,
        { hint: 'Choose a new folder. Nothing was changed.' },
      );
    }
    if (isFolder) await refuseClashes(join(from, entry.name), join(to, entry.name));
  }
}

/** Moves files over those of the same names. @returns how many others there are. */
async function moveOver(from: string, to: string): Promise<number> {
  const entries = await readdir(from, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  const folders = entries.filter((entry) => entry.isDirectory());
  for (const { name } of entries.filter((entry) => !entry.isDirectory()))
    await rename(join(from, name), join(to, name)).catch(half(to));
  let left = 0;
  for (const entry of await readdir(to, { withFileTypes: true })) {
    if (!names.has(entry.name)) left += entry.isDirectory() ? await filesIn(join(to, entry.name)) : 1;
  }
  for (const { name } of folders) {
    const target = join(to, name);
    await makeFolder(target).catch(half(to));
    left += await moveOver(join(from, name), target);
  }
  return left;
}

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).length;
}

/** Whether there is a folder with something in it, or a file. */
async function isTaken(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  return !found.isDirectory() || (await readdir(path)).length > 0;
}

const notWritable = (output: string) => (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') throw cause;
  throw new RefineryError('OUTPUT_NOT_WRITABLE', `No folder can be made in ${dirname(output)}.`, {
    hint: 'Choose a place that is there and that you may write to.',
    cause,
  });
};

/** Where an empty folder can't be replaced, a disk begins in it. */
const notPublished = (output: string) => (cause: NodeJS.ErrnoException) => {
  throw new RefineryError('OUTPUT_NOT_WRITABLE', `${output} can't be replaced by the new set.`, {
    hint: 'Name a new folder in it.',
    cause,
  });
};

/** A folder where a file is to be, or none that may be written to. */
const half = (folder: string) => (cause: NodeJS.ErrnoException) => {
  throw new RefineryError(
    'OUTPUT_NOT_WRITABLE',
    `Not all of the new set could be moved into ${folder}: what was moved lies there among what was there before.`,
    { hint: 'Write the set into a new folder.', cause },
  );
};

const isAFile = (output: string): RefineryError =>
  new RefineryError('OUTPUT_EXISTS', `${output} is a file.`, { hint: 'Choose a new folder.' });

const notEmpty = (output: string): RefineryError =>
  new RefineryError('OUTPUT_EXISTS', `The folder ${output} is not empty.`, {
    hint: 'Choose a new folder, or allow --overwrite.',
  });
