import { KnownFiles } from '../../files/folder.ts';
import { inside, safeRelative, stemOf, withoutWayUp } from '../../files/paths.ts';

/** Whether a path is one of the writer's machine: `/home/…`, `C:\…`. */
export const isAbsolutePath = (path: string): boolean => /^([a-z]:)?[\\/]/i.test(path);

/**
 * Where a path out of a set's files may lie in the set's folder, the likeliest first. Roboflow writes `../train/images`
 * for a folder beside data.yaml; an absolute path is of the writer's machine, and its last parts may be found here.
 */
export function placesOf(path: string): string[] {
  const tails = isAbsolutePath(path) ? tailsOf(path) : [];
  return [withoutWayUp(path), ...tails].filter((place) => place !== null);
}

/** The last parts of a path, the longest first. */
function tailsOf(path: string): (string | null)[] {
  const parts = path.replaceAll('\\', '/').split('/');
  return parts.slice(1).map((_, cut) => safeRelative(parts.slice(cut + 1).join('/')));
}

/** Finds the files that an absolute path of another machine stands for. In a list, all have as many parts too many. */
export class TailFinder {
  readonly #folder: string;
  readonly #known = new KnownFiles();
  #cut = 1;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The path from the set's folder, or null where nothing is there. */
  find(path: string): string | null {
    const tails = tailsOf(path);
    for (const cut of [this.#cut, ...tails.map((_, at) => at + 1)]) {
      const tail = tails[cut - 1] ?? null;
      if (tail === null || !this.#known.has(inside(this.#folder, tail))) continue;
      this.#cut = cut;
      return tail;
    }
    return null;
  }
}

/** A picture's label file, as Ultralytics finds it: the last folder `images` becomes `labels`. */
export function labelPath(picture: string): string {
  return `${stemOf(labelFolder(picture))}.txt`;
}

export function labelFolder(path: string): string {
  const parts = path.split('/');
  const at = parts.lastIndexOf('images');
  if (at >= 0) parts[at] = 'labels';
  return parts.join('/');
}
