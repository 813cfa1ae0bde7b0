import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { headOf } from './files/folder.ts';
import { inside } from './files/paths.ts';
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
      if (entry.isDirectory()) {
        if (depth < deepest && folders.length < mostFolders) {
          folders.push(full);
          waiting.push({ path: full, depth: depth + 1 });
        } else sampled = true;
      } else if (entry.isFile()) {
        if (taken < mostPerFolder && files.length < mostFiles) {
          files.push(full);
          taken += 1;
        } else sampled = true;
      }
    }
  }
  const heads = new Map<string, Promise<string>>();
  return {
    folder,
    files,
    folders,
    sampled,
    head: (path) => {
      const known = heads.get(path) ?? headOf(inside(folder, path));
      heads.set(path, known);
      return known;
    },
  };
}

/** A format that a folder may be of. */
export interface Candidate extends Verdict {
  readonly format: AnyFormat;
}

/** Formats that a folder may be of, the likeliest first; empty where nothing fits. */
export async function detectFormats(folder: string): Promise<Candidate[]> {
  const listing = await listFolder(folder);
  const candidates: Candidate[] = [];
  for (const format of formats) {
    const verdict = await format.detect(listing);
    if (verdict !== null && verdict.confidence > 0) candidates.push({ ...verdict, format });
  }
  return candidates.sort((a, b) => b.confidence - a.confidence);
}
