import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { removeQuietly, temporariesOf, temporaryPath } from '../../io/atomic.ts';
import { makeFolder } from '../../io/folders.ts';

/** Where a set is written before it counts. */
export interface Staging extends AsyncDisposable {
  readonly folder: string;
  /** True where it is a folder of its own that nobody sees yet. */
  readonly staged: boolean;
  /** Folders of earlier tries that were broken off, whose files may be taken over. */
  readonly earlier: readonly string[];
  /** Gives the folder its name. Before that, disposing of it leaves nothing behind. */
  publish(): Promise<void>;
  /** Empties it, for another try. */
  clear(): Promise<void>;
  /** Leaves all as it is when it is disposed of: the work will go on. */
  keep(): void;
}

/**
 * Prepares an output folder: a temporary one beside it that is renamed at the end. Where the output has files and may be
 * overwritten, it is the output itself, and its files are replaced one by one.
 *
 * @param key names the temporary folder; see `removeTemporaries`. What others left behind under it is {@link Staging.earlier}.
 * @throws {RefineryError} `OUTPUT_EXISTS` for a folder with files, or a file, unless overwriting was asked for.
 */
export async function stage(output: string, overwrite: boolean, key?: string): Promise<Staging> {
  if (await isTaken(output)) {
    if (!overwrite) throw notEmpty(output);
    const nothing = async (): Promise<void> => undefined;
    return {
      folder: output,
      staged: false,
      earlier: [],
      publish: nothing,
      clear: nothing,
      keep: () => undefined,
      [Symbol.asyncDispose]: nothing,
    };
  }
  await makeFolder(dirname(output));
  const earlier = key === undefined ? [] : await temporariesOf(dirname(output), key);
  const folder = temporaryPath(dirname(output), key ?? 'dataset');
  await mkdir(folder);
  let published = false;
  let kept = false;
  return {
    folder,
    staged: true,
    earlier,
    async publish() {
      // It may have been filled while the set was written.
      if (await isTaken(output)) throw notEmpty(output);
      await rmdir(output).catch(() => undefined);
      await rename(folder, output);
      published = true;
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

/** Whether there is a folder with something in it, or a file. */
async function isTaken(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  return !found.isDirectory() || (await readdir(path)).length > 0;
}

const notEmpty = (output: string): RefineryError =>
  new RefineryError('OUTPUT_EXISTS', `The folder ${output} is not empty.`, {
    hint: 'Choose a new folder, or allow --overwrite.',
  });
