import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { listTar, unpackTar } from './tar.ts';
import { type ArchiveOptions, corrupt, noSpace, Unpacking } from './unpacking.ts';
import { listZip, unpackZip } from './zip.ts';

export type { ArchiveOptions } from './unpacking.ts';

function isArchive(path: string): boolean {
  return /\.(zip|tar|tgz|tar\.gz)$/i.test(path);
}

const isZip = (path: string): boolean => /\.zip$/i.test(path);

/** Where an archive lies, and the folder in it that a path such as `sets.zip/second` names; undefined for other paths. */
export async function archiveIn(
  path: string,
): Promise<{ readonly archive: string; readonly within: string } | undefined> {
  for (let archive = path; dirname(archive) !== archive; archive = dirname(archive)) {
    if (!isArchive(archive) || !(await stat(archive).catch(() => undefined))?.isFile()) continue;
    return { archive, within: relative(archive, path).replaceAll('\\', '/') };
  }
  return undefined;
}

/**
 * Goes through the names in an archive without unpacking it.
 *
 * @param takes is called with each entry, as it is named there, and says whether its first characters may be asked for.
 * @returns what gives the first characters of a file; empty where they can't be read.
 * @throws {RefineryError} `INPUT_CORRUPT` for a damaged archive, `INPUT_TOO_LARGE` for one that unpacks without end.
 */
export async function listArchive(
  path: string,
  takes: (name: string, isFolder: boolean) => boolean,
  signal?: AbortSignal,
): Promise<(name: string) => Promise<string>> {
  try {
    return isZip(path) ? await listZip(path, takes) : await listTar(path, takes, signal);
  } catch (thrown) {
    if (thrown instanceof RefineryError || signal?.aborted === true) throw thrown;
    throw corrupt(path, thrown);
  }
}

/**
 * Unpacks a .zip, .tar, .tar.gz or .tgz file into a temporary folder, which goes when the result is disposed of.
 *
 * @returns the folder, or the one in it that was wanted.
 * @throws {RefineryError} `INPUT_CORRUPT` for a damaged archive and for one with links or with paths that leave it,
 *   `INPUT_TOO_LARGE` beyond the limits, `INPUT_NOT_FOUND` where the wanted folder is not in it, `DISK_FULL`. Nothing is
 *   left behind then.
 */
export async function openArchive(
  path: string,
  options: ArchiveOptions = {},
): Promise<{ readonly folder: string } & AsyncDisposable> {
  const packed = (await stat(path)).size;
  const root = await mkdtemp(join(tmpdir(), 'refinery-archive-'));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true });
  const unpacking = new Unpacking(root, packed, options);
  try {
    await (isZip(path) ? unpackZip(path, unpacking) : unpackTar(path, unpacking));
    // A zip file has more than its entries.
    options.onProgress?.(packed, packed);
    const folder = join(root, options.within ?? '');
    if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
      throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${options.within} in ${path}.`);
    }
    return { folder, [Symbol.asyncDispose]: remove };
  } catch (thrown) {
    await remove();
    if (thrown instanceof RefineryError || options.signal?.aborted === true) throw thrown;
    throw (thrown as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace(path) : corrupt(path, thrown);
  }
}
