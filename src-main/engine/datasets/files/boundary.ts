import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isBelow } from '../../io/below.ts';
import { sizeInHeader } from './picture-header.ts';

/** Tells what lies in a set's folder from what a link in it leads to elsewhere. */
export class Boundary {
  readonly #sets: readonly { readonly folder: string; readonly real: string }[];
  /** Where each folder really is, and whether that is in a set. */
  readonly #folders = new Map<string, { readonly real: string; readonly isWithin: boolean }>();

  /** @param folders of the set, or of those that are one set now; they must be there. */
  constructor(...folders: readonly string[]) {
    this.#sets = folders.map((folder) => ({ folder, real: realpathSync(folder) }));
  }

  /**
   * Whether a file is named as one of the set, is really another one outside of it, and is no picture. Sets are often
   * put together with links to pictures, and these are followed; a link to anything else would carry a file away that
   * nobody meant to give.
   *
   * @param linked whether the file's own entry is a link.
   */
  isForeign(path: string, linked: boolean): boolean {
    if (!this.#sets.some(({ folder }) => isBelow(path, folder))) return false;
    if (linked) {
      const real = realpathSync(path);
      return !this.#isWithin(real) && sizeInHeader(real) === null;
    }
    const { real, isWithin } = this.#where(dirname(path));
    return !isWithin && sizeInHeader(join(real, basename(path))) === null;
  }

  #isWithin(real: string): boolean {
    return this.#sets.some((set) => isBelow(real, set.real));
  }

  #where(folder: string) {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const real = realpathSync(folder);
    const found = { real, isWithin: this.#isWithin(real) };
    this.#folders.set(folder, found);
    return found;
  }
}
