import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { listArchive } from './archives/index.ts';
import { headOf, targetOf } from './files/folder.ts';
import { folderOf, inside, isShadow, safeRelative } from './files/paths.ts';
import type { AnyFormat, Listing, Verdict } from './format.ts';
import { formats } from './formats/index.ts';

/** Names taken from one folder, and from all of them. A set of a million pictures is told by a few of them. */
const mostPerFolder = 200;
const mostFiles = 4000;
const mostFolders = 400;
const deepest = 5;

/** Looks at a folder's names, folder by folder from the top, as many as are needed to tell a format. */
export async function listFolder(folder: string): Promise<Listing> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${folder}.`);
  }
  const files: string[] = [];
  const folders: string[] = [];
  let sampled = false;
  const waiting: { path: string; depth: number }[] = [{ path: '', depth: 0 }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { path, depth } = next;
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => []);
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    let taken = 0;
    for (const entry of entries) {
      const full = path === '' ? entry.name : `${path}/${entry.name}`;
      const target = targetOf(join(folder, path), entry);
      if (target?.isDirectory()) {
        if (depth < deepest && folders.length < mostFolders) {
          folders.push(full);
          waiting.push({ path: full, depth: depth + 1 });
        } else sampled = true;
      } else if (target?.isFile()) {
        if (taken < mostPerFolder && files.length < mostFiles) {
          files.push(full);
          taken += 1;
        } else sampled = true;
      }
    }
  }
  return { folder, files, folders, sampled, head: remembering((path) => headOf(inside(folder, path))) };
}

/** First characters of files, each read once. */
function remembering(read: (path: string) => Promise<string>): Listing['head'] {
  const heads = new Map<string, Promise<string>>();
  return (path) => {
    const known = heads.get(path) ?? read(path);
    heads.set(path, known);
    return known;
  };
}

/** The names in an archive as they would be in a folder, without unpacking it. */
async function listing(archive: string, wanted: string, signal: AbortSignal | undefined): Promise<Listing> {
  const folders = new Set<string>();
  /** Names in the archive by their paths. */
  const files = new Map<string, string>();
  const taken = new Map<string, number>();
  let sampled = false;
  const read = await listArchive(
    archive,
    (name, isFolder) => {
      const path = safeRelative(name);
      if (path === null || isShadow(path)) return false;
      for (let folder = isFolder ? path : folderOf(path); folder !== ''; folder = folderOf(folder)) {
        if (folders.has(folder) || folders.size >= mostFolders) break;
        folders.add(folder);
      }
      if (isFolder) return false;
      const beside = taken.get(folderOf(path)) ?? 0;
      taken.set(folderOf(path), beside + 1);
      const isTaken = beside < mostPerFolder && files.size < mostFiles;
      if (isTaken) files.set(path, name);
      else sampled = true;
      return isTaken;
    },
    signal,
    wanted,
  );
  const head = remembering((path) => read(files.get(path) ?? ''));
  return { folder: archive, files: [...files.keys()].sort(), folders: [...folders].sort(), sampled, head };
}

/** A format that a folder may be of. */
export interface Candidate extends Verdict {
  readonly format: AnyFormat;
}

/** Formats that a folder may be of, the likeliest first; empty where nothing fits. */
export async function detectFormats(folder: string): Promise<Candidate[]> {
  return formatsOf(await listFolder(folder));
}

async function formatsOf(listing: Listing): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const format of formats) {
    const verdict = await format.detect(listing);
    if (verdict !== null && verdict.confidence > 0) candidates.push({ ...verdict, format });
  }
  return candidates.sort((a, b) => b.confidence - a.confidence);
}

/** A set in a folder of what was looked at. */
export interface InnerSet extends Candidate {
  /** Relative, of several levels where the outer ones have nothing but folders. */
  readonly folder: string;
}

/** A folder that is surer than this to be a set is one, whatever lies in it. */
const sure = 0.9;

/** What lies in a folder counts as a set of its own from this on, where one of them is surer than the whole. */
const leastInner = 0.7;

/** Most folders that are looked into for sets of their own. */
const mostInner = 20;

/** How many folders down a set may lie. */
const deepestInner = 3;

/** What a folder may be, and which sets lie in its folders: several sets side by side are none together. */
export async function detectSets(
  listing: Listing,
): Promise<{ readonly candidates: readonly Candidate[]; readonly inner: readonly InnerSet[] }> {
  const candidates = await formatsOf(listing);
  const [best] = candidates;
  const confidence = best?.confidence ?? 0;
  if (confidence >= sure) return { candidates, inner: [] };
  const inner = await setsIn(listing, 1);
  // What speaks for the whole may lie in one of them: where one is surer, the others are sets of their own, too.
  return { candidates, inner: inner.some((set) => set.confidence > confidence) ? inner : [] };
}

/** The sets in a folder's folders; deeper, where a folder is none and has nothing but folders, too. */
async function setsIn(listing: Listing, depth: number): Promise<InnerSet[]> {
  const inner: InnerSet[] = [];
  for (const folder of listing.folders.filter((path) => !path.includes('/')).slice(0, mostInner)) {
    const within = below(listing, folder);
    const [found] = await formatsOf(within);
    const confidence = found?.confidence ?? 0;
    if (found !== undefined && confidence >= leastInner) inner.push({ ...found, folder });
    else if (confidence < leastInner && depth < deepestInner && hasFoldersOnly(within)) {
      const deeper = (await setsIn(within, depth + 1)).filter((set) => set.confidence > confidence);
      inner.push(...deeper.map((set) => ({ ...set, folder: `${folder}/${set.folder}` })));
    }
  }
  return inner;
}

/** Files that say nothing of a folder's sets. */
const besides = /^(\.|readme|licen[cs]e|citation|thumbs\.db$|desktop\.ini$)/i;

const hasFoldersOnly = ({ files }: Listing): boolean =>
  files.every((path) => path.includes('/') || besides.test(path));

/** {@link detectSets} of an archive, which is not unpacked, or of a folder in it. */
export async function detectInArchive(
  archive: string,
  within = '',
  signal?: AbortSignal,
): Promise<Awaited<ReturnType<typeof detectSets>> & { readonly within: string }> {
  const whole = await listing(archive, within, signal);
  const named = within === '' ? whole : below(whole, within);
  const detected = await detectSets(named);
  const [only] = detected.inner;
  // Most hold one folder with the set in it.
  const isAlone = only !== undefined && named.files.every((file) => file.startsWith(`${only.folder}/`));
  if (!isAlone) return { ...detected, within };
  const candidates = await formatsOf(below(named, only.folder));
  return { candidates, inner: [], within: [within, only.folder].filter((part) => part !== '').join('/') };
}

/** The part of a listing that is in one folder. */
function below(all: Listing, folder: string): Listing {
  const within = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []));
  return {
    folder: join(all.folder, folder),
    files: within(all.files),
    folders: within(all.folders),
    sampled: all.sampled,
    head: (path) => all.head(`${folder}/${path}`),
  };
}
