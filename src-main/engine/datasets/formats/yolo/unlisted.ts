import { namesIn } from '../../files/folder.ts';
import { inside, isPicture } from '../../files/paths.ts';
import { below, foldersIn } from '../common/read.ts';
import type { PictureSource } from './splits.ts';

/** Deepest folder below `images` that is looked into. */
const deepest = 6;

const mostNamed = 5;

/**
 * A sentence about pictures in folders `images` that no subset has, and the folders that they are in; null where there
 * are none.
 *
 * @param listed the pictures that lists name.
 */
export async function unlistedPictures(
  folder: string,
  sources: readonly PictureSource[],
  listed: ReadonlySet<string>,
): Promise<string | null> {
  const covered = new Set(sources.filter(({ isList }) => !isList).map(({ path }) => path));
  const counts = new Map<string, number>();
  const roots = ['images', ...(await foldersIn(folder)).map((name) => `${name}/images`)];
  for (const root of roots) {
    if (!isWithin(root, covered)) await count(folder, root, covered, listed, counts, 0);
  }
  const total = [...counts.values()].reduce((sum, number) => sum + number, 0);
  if (total === 0) return null;
  const named = [...counts.keys()].slice(0, mostNamed).join(', ');
  const more = counts.size > mostNamed ? ` and ${counts.size - mostNamed} more` : '';
  const pictures = total === 1 ? '1 picture is' : `${total} pictures are`;
  return `${pictures} in no subset, and not read: in ${named}${more}`;
}

const isWithin = (path: string, covered: ReadonlySet<string>): boolean =>
  [...covered].some((folder) => path === folder || path.startsWith(`${folder}/`));

async function count(
  folder: string,
  path: string,
  covered: ReadonlySet<string>,
  listed: ReadonlySet<string>,
  counts: Map<string, number>,
  depth: number,
): Promise<void> {
  if (covered.has(path) || depth > deepest) return;
  const names = await namesIn(inside(folder, path));
  const missing = names.filter((name) => isPicture(name) && !listed.has(`${path}/${name}`));
  if (missing.length > 0) counts.set(path, missing.length);
  for (const inner of await foldersIn(inside(folder, path))) {
    await count(folder, below(path, inner), covered, listed, counts, depth + 1);
  }
}
