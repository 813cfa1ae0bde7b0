import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isBelow } from '../../io/below.ts';
import { sizeInHeader } from './picture-header.ts';

/** Tells what lies in a set's folder from what a link in it leads to elsewhere. */
export class Boundary {
  readonly #sets: readonly { readonly folder: string; readonly real: string }[];
  /** Where each folder really is. */
  readonly #folders = new Map<string, string>();

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
    const real = linked ? realpathSync(path) : join(this.#where(dirname(path)), basename(path));
    return !this.#sets.some((set) => isBelow(real, set.real)) && sizeInHeader(real) === null;
  }

  #where(folder: string): string {
    const known = this.#folders.get(folder) ?? realpathSync(folder);
    this.#folders.set(folder, known);
    return known;
  }
}
