import { stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { isFolder } from '../files/folder.ts';
import { temporaryFolder } from '../files/temporary.ts';
import { type ArchiveOptions, corrupt, noSpace, Unpacking } from './unpacking.ts';
import { isVideo, listVideo, unpackVideo } from './video.ts';

export type { ArchiveOptions } from './unpacking.ts';
export { everyFolder, framesOf, isVideo } from './video.ts';

/** What is read as a folder without being one. What unpacks it is loaded when the first one comes. */
interface Kind {
  readonly is: (path: string) => boolean;
  /** @returns what {@link listArchive} does. */
  readonly list: (
    path: string,
    takes: (name: string, isFolder: boolean) => boolean,
    signal: AbortSignal | undefined,
    within: string,
  ) => Promise<(name: string) => Promise<string>>;
  readonly unpack: (path: string, unpacking: Unpacking, signal: AbortSignal | undefined) => Promise<void>;
  /** Limits that are not the usual ones. */
  readonly limits?: ArchiveOptions['limits'];
}

const kinds: readonly Kind[] = [
  {
    is: (path) => /\.zip$/i.test(path),
    list: async (path, takes) => (await import('./zip.ts')).listZip(path, takes),
    unpack: async (path, unpacking) => (await import('./zip.ts')).unpackZip(path, unpacking),
  },
  {
    is: (path) => /\.(tar|tgz|tar\.gz)$/i.test(path),
    list: async (path, takes, signal) => (await import('./tar.ts')).listTar(path, takes, signal),
    unpack: async (path, unpacking) => (await import('./tar.ts')).unpackTar(path, unpacking),
  },
  // Thousands of bytes may come out of each: that is what a video's coding is for.
  { is: isVideo, list: listVideo, unpack: unpackVideo, limits: { ratio: Number.POSITIVE_INFINITY } },
];

/** @throws {RefineryError} `INPUT_CORRUPT` for what is named as no archive. */
function kindOf(path: string): Kind {
  const kind = kinds.find(({ is }) => is(path));
  if (kind) return kind;
  throw new RefineryError('INPUT_CORRUPT', `${path} is no archive.`);
}

/** Where an archive lies, and the folder in it that a path such as `sets.zip/second` names; undefined for other paths. */
export async function archiveIn(
  path: string,
): Promise<{ readonly archive: string; readonly within: string } | undefined> {
  for (let archive = path; dirname(archive) !== archive; archive = dirname(archive)) {
    if (!kinds.some(({ is }) => is(archive)) || !(await stat(archive).catch(() => undefined))?.isFile())
      continue;
    return { archive, within: relative(archive, path).replaceAll('\\', '/') };
  }
  return undefined;
}

/**
 * Goes through the names in an archive without unpacking it.
 *
 * @param takes is called with each entry, as it is named there, and says whether its first characters may be asked for.
 * @param within the folder in it that will be looked at; names of others come, too, where there are any.
 * @returns what gives the first characters of a file; empty where they can't be read.
 * @throws {RefineryError} `INPUT_CORRUPT` for a damaged archive, `INPUT_TOO_LARGE` for one that unpacks without end.
 */
export async function listArchive(
  path: string,
  takes: (name: string, isFolder: boolean) => boolean,
  signal?: AbortSignal,
  within = '',
): Promise<(name: string) => Promise<string>> {
  try {
    return await kindOf(path).list(path, takes, signal, within);
  } catch (thrown) {
    if (thrown instanceof RefineryError || signal?.aborted === true) throw thrown;
    throw corrupt(path, thrown);
  }
}

/** An archive that lies unpacked in a temporary folder. */
interface Unpacked {
  readonly root: AsyncDisposable;
  /** The temporary folder, or the one in it that was wanted. */
  readonly folder: string;
  readers: number;
}

/** Those that are read now, by what they are: a conversion finds what the window has unpacked to look at. */
const unpacked = new Map<string, Unpacked>();

/**
 * Unpacks a .zip, .tar, .tar.gz or .tgz file, or the frames of a video, into a temporary folder, which goes when all are
 * disposed of that were given it. Nothing may be changed in it: who opens the same archive meanwhile reads the same
 * folder.
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
  const { size, mtimeMs, ino } = await stat(path);
  const key = [path, options.within ?? '', size, mtimeMs, ino].join('\n');
  const known = unpacked.get(key);
  if (known && (await isFolder(known.folder)) && known.readers > 0) return reading(key, known);
  const made = { ...(await unpack(path, size, options)), readers: 0 };
  unpacked.set(key, made);
  return reading(key, made);
}

function reading(key: string, archive: Unpacked): { readonly folder: string } & AsyncDisposable {
  archive.readers += 1;
  let isOver = false;
  return {
    folder: archive.folder,
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      isOver = true;
      archive.readers -= 1;
      if (archive.readers > 0) return;
      if (unpacked.get(key) === archive) unpacked.delete(key);
      await archive.root[Symbol.asyncDispose]();
    },
  };
}

async function unpack(
  path: string,
  packed: number,
  options: ArchiveOptions,
): Promise<Pick<Unpacked, 'root' | 'folder'>> {
  const kind = kindOf(path);
  const root = temporaryFolder('archive');
  const unpacking = new Unpacking(root.path, packed, {
    ...options,
    limits: { ...kind.limits, ...options.limits },
  });
  try {
    await kind.unpack(path, unpacking, options.signal);
    // A zip file has more than its entries.
    options.onProgress?.(packed, packed);
    const folder = join(root.path, options.within ?? '');
    if (await isFolder(folder)) return { root, folder };
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${options.within} in ${path}.`);
  } catch (thrown) {
    await root[Symbol.asyncDispose]();
    if (thrown instanceof RefineryError || options.signal?.aborted === true) throw thrown;
    throw (thrown as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace(path) : corrupt(path, thrown);
  }
}
