import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { type ArchiveOptions, archiveIn, openArchive } from '../archives/index.ts';
import { detectFormats, detectSets, listFolder } from '../detect.ts';
import { type AnyFormat, type Dataset, type Format, type ReadOptions, toldOnce } from '../format.ts';
import { formatNamed, formats } from '../formats/index.ts';
import type { MergeOptions } from './merge.ts';

/** A set whose format is known. Dispose of it, for an archive was unpacked into a temporary folder. */
export interface Source extends AsyncDisposable {
  /** As it was given. */
  readonly path: string;
  /** Where its files are. */
  readonly folder: string;
  readonly format: AnyFormat;
  /** Of which sets it is merged, and how. */
  readonly merged?: { readonly sources: readonly Source[]; readonly options: MergeOptions };
  open(options?: ReadOptions): Promise<Dataset>;
}

/** What is told and heard while an archive is unpacked. */
export type Unpacked = Pick<ArchiveOptions, 'signal' | 'onProgress' | 'waitWhilePaused'>;

/**
 * Where a set's files are: the folder itself, or the one that an archive was unpacked into. `sets.zip/second` is a folder
 * in an archive, and unpacked alone.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_UNSUPPORTED`, and those of `openArchive`.
 */
export async function openFolder(
  path: string,
  options: Unpacked = {},
): Promise<{ readonly folder: string } & AsyncDisposable> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { folder: path, [Symbol.asyncDispose]: async () => undefined };
  const named = await archiveIn(path);
  if (named !== undefined) {
    const { archive, within } = named;
    const opened = await openArchive(archive, { ...options, within });
    return within === '' ? { ...opened, folder: await setWithin(opened.folder) } : opened;
  }
  if (found === undefined) throw new RefineryError('INPUT_NOT_FOUND', `There is no file or folder ${path}.`);
  throw new RefineryError('INPUT_UNSUPPORTED', `${path} is neither a folder nor an archive.`, {
    hint: /\.(json|ndjson|jsonl|xml|ya?ml|csv|txt)$/i.test(path)
      ? `It may be one of a set's files: open the folder that the set lies in, such as ${dirname(path)}.`
      : 'Name the folder of the set, a .zip, .tar, .tar.gz or .tgz file of it, or a video.',
  });
}

/** Most archives hold one folder with the set in it, or folders around that; some hold the set's files, which can be one folder, too. */
async function setWithin(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  if (entries.length === 1 && only?.isDirectory() === true) {
    const below = join(folder, only.name);
    const [[outer], [inner]] = [await detectFormats(folder), await detectFormats(below)];
    if ((inner?.confidence ?? 0) > (outer?.confidence ?? 0)) return below;
  }
  const { inner } = await detectSets(await listFolder(folder));
  return inner.length === 1 ? join(folder, inner[0]!.folder) : folder;
}

/**
 * Opens a folder or an archive as a set.
 *
 * @param from its format, instead of looking what it is.
 * @throws {RefineryError} `INPUT_UNSUPPORTED` where no format fits, or several fit as well.
 */
export async function openSource(
  path: string,
  options: Unpacked & { readonly from?: string } = {},
): Promise<Source> {
  const opened = await openFolder(path, options);
  try {
    const { folder, format } =
      options.from === undefined
        ? await detected(opened.folder, path)
        : { folder: opened.folder, format: namedFormat(options.from) };
    return {
      path,
      folder,
      format,
      open: async (reading) => toldOnce(await format.read(folder, reading)),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  } catch (thrown) {
    await opened[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** @throws {RefineryError} `BAD_REQUEST` for a name that there isn't. */
export function namedFormat(name: string): AnyFormat {
  const format = formatNamed(name);
  if (format) return format;
  throw new RefineryError('BAD_REQUEST', `There is no format named ${name}.`, {
    hint: `There are ${formats.map((known) => known.name).join(', ')}.`,
  });
}

/** @throws {RefineryError} `BAD_REQUEST` for a name that there isn't, or of a format that is only read. */
export function writableFormat(name: string): Format {
  const format = namedFormat(name);
  if (format.write !== undefined) return format;
  throw new RefineryError('BAD_REQUEST', `${format.title} can only be read.`, {
    hint: 'Choose another target.',
  });
}

/** Below this a folder only looks a little like a format, and a person should say so. */
const leastConfidence = 0.4;

/**
 * A set, or the only one that lies below with nothing around it that could be another.
 *
 * @param path as it was given.
 */
async function detected(
  folder: string,
  path: string,
): Promise<{ readonly folder: string; readonly format: AnyFormat }> {
  const { candidates, inner } = await detectSets(await listFolder(folder));
  const [only, another] = inner;
  if (only && !another && candidates.length === 0 && only.confidence >= leastConfidence)
    return { folder: join(folder, only.folder), format: only.format };
  if (only) {
    const sets = inner.map((set) => `${set.folder} (${set.format.title})`).join(', ');
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      another ? `This folder holds several sets: ${sets}.` : `A set lies in a folder below: ${sets}.`,
      { hint: `Name one of them, such as ${join(path, only.folder)}, or the format with --from.` },
    );
  }
  const [best, next] = candidates;
  if (best && best.confidence >= leastConfidence && best.confidence > (next?.confidence ?? 0))
    return { folder, format: best.format };
  throw new RefineryError(
    'INPUT_UNSUPPORTED',
    (best?.confidence ?? 0) >= leastConfidence
      ? 'This folder could be of several formats.'
      : 'No format that is known fits this folder.',
    { hint: 'Name the format with --from; `refinery detect` says what speaks for each.' },
  );
}
