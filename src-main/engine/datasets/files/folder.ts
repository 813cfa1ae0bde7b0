import { constants, type Dirent, opendirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { isBelow } from '../../io/below.ts';
import type { Size } from '../model/index.ts';
import { emptyFile, noFile, noteFile, noteLink } from './notes.ts';
import { isShadow } from './paths.ts';
import { sizeInHeader } from './picture-header.ts';
import { sharp } from './sharp.ts';
import { statsOf } from './stats.ts';
import { checkedText, headText } from './text.ts';

export { headText };

/** Most bytes of a text file that is read at once: one picture's annotations, a list of names. */
const mostText = 64 * 1024 * 1024;

/**
 * Most bytes that are read without asking the thread pool: a set has a hundred thousand small files, and the way there
 * and back takes twenty times as long as reading one.
 */
const smallFile = 512 * 1024;

/** Deepest folder that is entered. */
const deepest = 12;

/**
 * Files under a folder as relative paths with forward slashes, in the order of their names. Links are followed, as sets
 * are put together with them, but none to a folder that was entered already or that this one lies in.
 */
export async function* filesUnder(folder: string, below = ''): AsyncGenerator<string> {
  yield* walk(folder, below, 0, new Set());
}

/** {@link filesUnder} for those who can't wait. */
export const allFilesUnder = (folder: string): Generator<string> => walk(folder, '', 0, new Set());

function* walk(folder: string, below: string, depth: number, linked: Set<string>): Generator<string> {
  const { names, others } = entriesIn(join(folder, below));
  for (const name of names) {
    const path = below === '' ? name : `${below}/${name}`;
    const entry = others.get(name);
    const target = entry === undefined ? undefined : targetOf(join(folder, below), entry);
    if (entry === undefined || target?.isFile()) yield path;
    else if (target?.isDirectory() !== true) noteFile(join(folder, path), noFile);
    else if (depth < deepest) {
      if (entry.isSymbolicLink() && !isNew(join(folder, path), linked)) continue;
      yield* walk(folder, path, depth + 1, linked);
    }
  }
}

/** The names in a folder, sorted, and the entries of those that are no plain files: to keep all of them takes much memory. */
function entriesIn(folder: string): {
  readonly names: readonly string[];
  readonly others: ReadonlyMap<string, Dirent>;
} {
  const names: string[] = [];
  const others = new Map<string, Dirent>();
  try {
    using entries = opendirSync(folder, { bufferSize: 256 });
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (isShadow(entry.name)) continue;
      names.push(entry.name);
      if (!entry.isFile()) others.set(entry.name, entry);
    }
  } catch {
    // What can't be listed has nothing that can be read.
  }
  return { names: names.sort(), others };
}

/** What an entry of a folder is, or what it leads to where it is a link; nothing for a link to nowhere. */
export function targetOf(folder: string, entry: Dirent): Pick<Stats, 'isFile' | 'isDirectory'> | undefined {
  return entry.isSymbolicLink() ? statsOf(join(folder, entry.name)) : entry;
}

/** Whether a link leads to a folder that was not entered by one, and that it does not lie in itself. */
function isNew(path: string, linked: Set<string>): boolean {
  const real = realpathSync(path);
  if (linked.has(real) || isBelow(realpathSync(dirname(path)), real)) return false;
  linked.add(real);
  return true;
}

/** Names of files and folders in a folder, sorted; empty where there is none. */
export async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (isShadow(entry.name)) continue;
    const target = targetOf(folder, entry);
    if (target?.isFile() === true || target?.isDirectory() === true) names.push(entry.name);
    else noteFile(join(folder, entry.name), noFile);
  }
  return names.sort();
}

export async function isFile(path: string): Promise<boolean> {
  return isFileSync(path);
}

/** {@link isFile} for where it is asked of every picture. */
export function isFileSync(path: string): boolean {
  return statsOf(path)?.isFile() === true;
}

/** Most names of a folder that are kept; for the others the disk is asked. */
const mostKnown = 200_000;

/** Tells which files are there, mostly from one look into their folder, for where it is asked of every picture. */
export class KnownFiles {
  /** Names by folder; none where there is no such folder. */
  readonly #folders = new Map<string, ReadonlySet<string> | undefined>();

  has(path: string): boolean {
    const folder = dirname(path);
    if (!this.#folders.has(folder)) this.#folders.set(folder, fileNames(folder));
    const names = this.#folders.get(folder);
    // A name that is not among them may be a link, or be written otherwise on a disk that doesn't tell cases apart.
    return names !== undefined && (names.has(basename(path)) || isFileSync(path));
  }
}

function fileNames(folder: string): ReadonlySet<string> | undefined {
  if (!isFolderSync(folder)) return undefined;
  const names = new Set<string>();
  try {
    using entries = opendirSync(folder, { bufferSize: 256 });
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (entry.isFile() && names.size < mostKnown) names.add(entry.name);
    }
  } catch {
    // Not every folder whose files can be read can be listed.
  }
  return names;
}

export async function isFolder(path: string): Promise<boolean> {
  return isFolderSync(path);
}

export function isFolderSync(path: string): boolean {
  return statsOf(path)?.isDirectory() === true;
}

/** A small text file without its byte order mark. */
export async function readText(path: string): Promise<string> {
  const stats = statsOf(path);
  if (stats === undefined) throw new RefineryError('INPUT_NOT_FOUND', `There is no file ${path}.`);
  return textOf(path, stats);
}

/** A text file or undefined. */
export async function textIfThere(path: string): Promise<string | undefined> {
  const stats = statsOf(path);
  if (stats?.isFile() === true) return textOf(path, stats);
  if (stats?.isDirectory() === false) noteFile(path, noFile);
  return undefined;
}

/**
 * {@link textIfThere} for what has something in it where it is whole: a list of pictures, boxes or classes of a set, a
 * description of it. One that is empty is told, as all that it had is gone; a picture's own labels may be none.
 */
export async function listIfThere(path: string): Promise<string | undefined> {
  const text = await textIfThere(path);
  if (text !== undefined) noteLink(path);
  if (text !== undefined && !/\S/.test(text)) noteFile(path, emptyFile);
  return text;
}

async function textOf(path: string, { size }: Stats): Promise<string> {
  if (size > mostText) throw new RefineryError('INPUT_TOO_LARGE', `The file ${path} is too large.`);
  const text = size <= smallFile ? readFileSync(path, 'utf8') : await readFile(path, 'utf8');
  const checked = checkedText(path, text, () => readFileSync(path));
  // Lines as old Macintoshes end them, which would be one line.
  return checked.includes('\r') && !checked.includes('\n') ? checked.replaceAll('\r', '\n') : checked;
}

/** So many bytes at the start of a file are looked at to tell what it is. */
export const headBytes = 4096;

/** The first bytes of a file as text, for a look at what it is. Where a reader looks, one without any is told. */
export async function headOf(path: string, bytes = headBytes): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    if (bytesRead === 0) noteFile(path, emptyFile);
    return headText(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** @throws {RefineryError} `INPUT_EMPTY` for a file without a byte, of which a library would say that its head is wrong. */
export function refuseEmpty(path: string): void {
  if (statsOf(path)?.size === 0) throw new RefineryError('INPUT_EMPTY', emptyFile);
}

/** A picture's size as it is shown, turned by EXIF; null where there is no picture that can be read. */
export async function pictureSize(path: string): Promise<Size | null> {
  const size = sizeInHeader(path);
  if (size !== null) return size;
  if (!isFileSync(path)) return null;
  try {
    const { autoOrient } = await sharp(path).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch {
    return null;
  }
}
