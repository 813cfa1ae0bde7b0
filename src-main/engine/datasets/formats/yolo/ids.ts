import { endingOf, stemOf } from '../../files/paths.ts';

/** Hands out the ids of a subset's pictures, each once, and no picture has two. */
export class UniquePictures {
  /** Pictures by their ids. */
  readonly #seen = new Map<string, string>();

  /**
   * @param id what it would be called: where a picture beside it is called so already, its ending is kept, and where one
   * elsewhere is, its folder.
   * @returns null for a picture that has an id.
   */
  of(id: string, picture: string): string | null {
    let free = id;
    let known = this.#seen.get(free);
    if (known !== undefined && known !== picture) {
      const stem = stemOf(picture);
      free = stemOf(known) === stem ? `${id}${endingOf(picture)}` : stem;
      known = this.#seen.get(free);
      if (known !== undefined && known !== picture) free = picture;
      known = this.#seen.get(free);
    }
    if (known === picture) return null;
    this.#seen.set(free, picture);
    return free;
  }
}
