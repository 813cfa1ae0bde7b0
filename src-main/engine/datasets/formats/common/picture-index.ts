import { fileNameOf, folded, folderOf, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import { below, isSubsetName } from './read.ts';

/** What folders of pictures are called besides their subset. */
const pictureFolder = /^(images?|imgs?|pictures?|photos?|jpegimages|labels?|annotations?|csv|data)$/i;

/** Whether a folder's name says no more than which subset it is, or that pictures or tables are in it: `train_images`. */
export const isPlainFolder = (name: string): boolean =>
  name.split(/[\s_.-]+/).every((word) => isSubsetName(word) || pictureFolder.test(word));

/** The subset that the innermost of a path's folders with one names; empty where none does. */
export function subsetOf(folder: string): string {
  const parts = folder.split('/').filter(isPlainFolder);
  const words = parts.flatMap((part) => part.split(/[\s_.-]+/));
  return words.findLast(isSubsetName) ?? '';
}

/** The subset that the name of a table says, as `train_labels.csv` does. */
export const subsetInName = (path: string): string | undefined =>
  stemOf(fileNameOf(path))
    .split(/[\s_.-]+/)
    .find(isSubsetName);

/** A picture's path without the folders that only say its subset, or that pictures are in them. */
export function shortPath(path: string): string {
  const parts = path.split('/');
  return parts.slice(parts.slice(0, -1).findLastIndex(isPlainFolder) + 1).join('/');
}

/** The name without a picture's ending; `1.2.840` has none. */
export const pictureName = (path: string): string => (isPicture(path) ? stemOf(path) : path);

/** Where a name of a picture stands. */
export interface NamedFrom {
  /** Of the file that names it. */
  readonly folder: string;
  readonly subset: string;
  /** For names that are right as they stand: whether a picture lies beside the file, and not beside another one. */
  readonly isBeside?: (path: string) => boolean;
}

/** The pictures of a set, for files that name them by paths of another machine, or without their endings. */
export class PictureIndex {
  readonly #byName = new Map<string, string[]>();

  add(path: string): void {
    const key = folded(stemOf(fileNameOf(path)));
    const paths = this.#byName.get(key);
    if (paths === undefined) this.#byName.set(key, [path]);
    else paths.push(path);
  }

  has(path: string): boolean {
    return this.#byName.get(folded(stemOf(fileNameOf(path))))?.includes(path) === true;
  }

  *all(): Generator<string> {
    for (const paths of this.#byName.values()) yield* paths;
  }

  /**
   * The pictures that a name may mean: one, none, or several that are as likely. A path that is right as it stands goes
   * first, then those that share the most folders with it, then those that are in a folder of the subset.
   */
  find(name: string, from: NamedFrom): readonly string[] {
    const parts = name.replaceAll('\\', '/').split('/');
    const exact = below(from.folder, safeRelative(name) ?? '\0');
    let best = 0;
    let found: string[] = [];
    for (const path of this.#byName.get(folded(pictureName(parts.at(-1)!))) ?? []) {
      if (path === exact) return [path];
      if (from.isBeside?.(path) === false) continue;
      const likeness = likenessOf(parts, path, from);
      if (likeness > best) found = [];
      best = Math.max(best, likeness);
      if (likeness > 0 && likeness === best) found.push(path);
    }
    return found;
  }
}

/** How well a picture fits a path; 0 where it is another one. */
function likenessOf(parts: readonly string[], path: string, { folder, subset, isBeside }: NamedFrom): number {
  const own = path.split('/');
  const [wanted, has] = [parts.at(-1)!, own.at(-1)!];
  if (isPicture(wanted) && folded(wanted) !== folded(has)) return 0;
  let shared = 1;
  while (shared < own.length && folded(own.at(-1 - shared)!) === folded(parts.at(-1 - shared) ?? ''))
    shared += 1;
  // A name that is right as it stands may have a folder `images` put between, and nothing else.
  const between = isBeside === undefined ? [] : beside(path, folder).split('/').slice(0, -shared);
  if (!between.every(isPlainFolder)) return 0;
  const place = subsetOf(folderOf(path));
  return shared * 8 + (wanted === has ? 4 : 0) + (place === subset ? 2 : place === '' ? 1 : 0);
}

/** A path from the folder that it is in, at whatever depth. */
export const beside = (path: string, folder: string): string =>
  folder === '' ? path : path.slice(folder.length + 1);
