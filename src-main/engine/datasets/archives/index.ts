import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { unpackTar } from './tar.ts';
import { corrupt, type Limits, Unpacking } from './unpacking.ts';
import { unpackZip } from './zip.ts';

export interface ArchiveOptions {
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export function isArchive(path: string): boolean {
  return /\.(zip|tar|tgz|tar\.gz)$/i.test(path);
}

/**
 * Unpacks a .zip, .tar, .tar.gz or .tgz file into a temporary folder, which goes when the result is disposed of.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` for a damaged archive and for one with links or with paths that leave it,
 *   `INPUT_TOO_LARGE` beyond the limits. Nothing is left behind then.
 */
export async function openArchive(
  path: string,
  options: ArchiveOptions = {},
): Promise<{ readonly folder: string } & AsyncDisposable> {
  const packed = (await stat(path)).size;
  const folder = await mkdtemp(join(tmpdir(), 'refinery-archive-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const unpacking = new Unpacking(folder, packed, options);
  try {
    if (/\.zip$/i.test(path)) await unpackZip(path, unpacking);
    else await unpackTar(path, unpacking);
  } catch (thrown) {
    await remove();
    if (thrown instanceof RefineryError || options.signal?.aborted === true) throw thrown;
    throw corrupt(path, thrown);
  }
  return { folder, [Symbol.asyncDispose]: remove };
}
