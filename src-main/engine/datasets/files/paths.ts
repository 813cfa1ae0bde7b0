import { join, sep } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';

/** A path that is harmless as it is, as nearly all are: ASCII words, none of which starts with a dot. */
const harmless = /^[\w-][\w .-]*(?:\/[\w-][\w .-]*)*$/;

/**
 * A path out of an annotation file, made harmless: forward slashes, no `.` parts, and null where it would leave the
 * set's folder (absolute, with a drive, with `..`) or could not be a file's name.
 */
export function safeRelative(path: string): string | null {
  if (path.length === 0 || path.length > 4096 || path.includes('\0')) return null;
  if (harmless.test(path)) return path;
  const unified = path.replaceAll('\\', '/');
  if (unified.startsWith('/') || /^[a-z]:/i.test(unified)) return null;
  const parts = unified.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts.join('/');
}

/** Like {@link safeRelative}, but a way up out of the folder is cut off first, for files that are known to have one. */
export function withoutWayUp(path: string): string | null {
  return safeRelative(path.replaceAll('\\', '/').replace(/^(\.\.?\/+)+/, ''));
}

/** Joins a folder and a relative path that must stay inside it. */
export function inside(folder: string, path: string): string {
  const safe = safeRelative(path);
  if (safe === null) {
    throw new RefineryError('INPUT_CORRUPT', `The path ${JSON.stringify(path)} leaves the dataset's folder.`);
  }
  return baseOf(folder) + (sep === '/' ? safe : safe.replaceAll('/', sep));
}

/** Folders as `join` writes them, up to the name that comes next: a set's files are named in a few of them. */
const bases = new Map<string, string>();
const mostBases = 64;

function baseOf(folder: string): string {
  const known = bases.get(folder);
  if (known !== undefined) return known;
  const base = join(folder, 'x').slice(0, -1);
  if (bases.size >= mostBases) bases.clear();
  bases.set(folder, base);
  return base;
}

export function fileNameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The folder part with forward slashes, or empty. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '' : path.slice(0, end);
}

/** The ending with its dot; a name that starts with its only dot has none. */
export function endingOf(path: string): string {
  const name = fileNameOf(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot);
}

/**
 * Whether a file is one of those that macOS puts beside others on disks that are not its own, and into archives:
 * `._a.jpg` is no picture. Nor is what is being written here and has no name of its own yet.
 *
 * @param path a name, or a path with forward slashes.
 */
export function isShadow(path: string): boolean {
  return /(^|\/)(\._|__MACOSX(\/|$)|\.refinery-)/.test(path);
}

/** The path without the file's ending: `dots.in.name.08.jpg` is `dots.in.name.08`. */
export function stemOf(path: string): string {
  const ending = endingOf(path);
  return ending === '' ? path : path.slice(0, -ending.length);
}

const pictureEndings = new Set([
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.jp2',
  '.png',
  '.bmp',
  '.gif',
  '.tif',
  '.tiff',
  '.webp',
  '.avif',
  '.heic',
  '.heif',
  '.jxl',
  '.ppm',
  '.pgm',
]);

export function isPicture(path: string): boolean {
  return pictureEndings.has(endingOf(path).toLowerCase());
}

/** A name as formats without folders write it. */
export const flat = (name: string): string => name.replaceAll('/', '__');

/** A name as a disk knows it that does not tell large letters from small ones. */
export const folded = (name: string): string => name.normalize('NFC').toLowerCase();
