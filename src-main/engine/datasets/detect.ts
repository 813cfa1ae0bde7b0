import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from 'yauzl';
import { RefineryError } from '../../contract/errors.ts';
import { entriesInZip, headInZip } from './archives/zip.ts';
import { headOf, targetOf } from './files/folder.ts';
import { folderOf, inside, safeRelative } from './files/paths.ts';
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

/** The names in a zip file as they would be in a folder, without unpacking it. */
async function listZip(path: string): Promise<Listing> {
  const folders = new Set<string>();
  const files = new Map<string, Entry>();
  const taken = new Map<string, number>();
  let sampled = false;
  for await (const entry of entriesInZip(path)) {
    const safe = safeRelative(entry.fileName);
    if (safe === null) continue;
    const isFolder = entry.fileName.endsWith('/');
    for (let folder = isFolder ? safe : folderOf(safe); folder !== ''; folder = folderOf(folder)) {
      if (folders.has(folder) || folders.size >= mostFolders) break;
      folders.add(folder);
    }
    if (isFolder) continue;
    const beside = taken.get(folderOf(safe)) ?? 0;
    taken.set(folderOf(safe), beside + 1);
    if (beside < mostPerFolder && files.size < mostFiles) files.set(safe, entry);
    else sampled = true;
  }
  const head = remembering(async (file) => {
    const entry = files.get(file);
    return entry === undefined ? '' : headInZip(path, entry);
  });
  return { folder: path, files: [...files.keys()].sort(), folders: [...folders].sort(), sampled, head };
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
  /** Relative. */
  readonly folder: string;
}

/** A folder that is surer than this to be a set is one, whatever lies in it. */
const sure = 0.9;

/** What lies in a folder counts as a set of its own from this on, where it is surer than the whole. */
const leastInner = 0.7;

/** Most folders that are looked into for sets of their own. */
const mostInner = 20;

/** What a folder may be, and which sets lie in its folders: several sets side by side are none together. */
export async function detectSets(
  listing: Listing,
): Promise<{ readonly candidates: readonly Candidate[]; readonly inner: readonly InnerSet[] }> {
  const candidates = await formatsOf(listing);
  const [best] = candidates;
  const inner: InnerSet[] = [];
  if ((best?.confidence ?? 0) >= sure) return { candidates, inner };
  for (const folder of listing.folders.filter((path) => !path.includes('/')).slice(0, mostInner)) {
    const [found] = await formatsOf(below(listing, folder));
    if (found === undefined || found.confidence < leastInner) continue;
    if (found.confidence > (best?.confidence ?? 0)) inner.push({ ...found, folder });
  }
  return { candidates, inner };
}

/** {@link detectSets} of a zip file, which is not unpacked. Most hold one folder with the set in it. */
export async function detectInZip(path: string): ReturnType<typeof detectSets> {
  const listing = await listZip(path);
  const detected = await detectSets(listing);
  const [only] = detected.inner;
  const whole = listing.files.every((file) => file.startsWith(`${only?.folder}/`));
  if (only === undefined || !whole) return detected;
  return { candidates: await formatsOf(below(listing, only.folder)), inner: [] };
}

/** The part of a listing that is in one folder. */
function below(listing: Listing, folder: string): Listing {
  const within = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []));
  return {
    folder: join(listing.folder, folder),
    files: within(listing.files),
    folders: within(listing.folders),
    sampled: listing.sampled,
    head: (path) => listing.head(`${folder}/${path}`),
  };
}
