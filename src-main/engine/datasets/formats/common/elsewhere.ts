import { join } from 'node:path';
import { allFilesUnder } from '../../files/folder.ts';
import { fileNameOf, folded, folderOf, isPicture } from '../../files/paths.ts';
import { subsetOf } from './picture-index.ts';

/** What people call a part of a set for training's check. */
const validation = /^(val|valid|validation|minival)\d*$/i;

const partOf = (word: string): string =>
  validation.test(word)
    ? 'val'
    : word
        .toLowerCase()
        .replace(/^training/, 'train')
        .replace(/\d+$/, '');

/** Folders in which pictures are drawn, not taken: they have the names of those that they are of. */
const ofMasks = /annotation|mask|panoptic|pixel.?map|segment|label|depth|ground.?truth|colou?r/i;

/**
 * Pictures that lie in none of the folders where a format has them: `Images/train`, `train_images`, `dataset/imgs`. The set
 * is gone through when the first is looked for.
 */
export class Elsewhere {
  readonly #folder: string;
  /** Paths by the folded names of their files. */
  #byName: ReadonlyMap<string, readonly string[]> | undefined;

  /** @param folder absolute path of the set. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The absolute path of the one picture that a name can mean. A picture of another subset is none, and of several that it
   * may be, none is guessed.
   *
   * @param subset the words that say of which part of the set it is; empty where nothing does.
   */
  find(name: string, subset: string): string | undefined {
    this.#byName ??= this.#all();
    const wanted = folded(name);
    const own = partOf(subset);
    const fitting = (this.#byName.get(folded(fileNameOf(name))) ?? []).flatMap((path) => {
      const end = folded(path);
      if (end !== wanted && !end.endsWith(`/${wanted}`)) return [];
      const part = partOf(subsetOf(folderOf(path)));
      return part === '' || own === '' || part === own ? [{ path, part }] : [];
    });
    const ofPart = fitting.filter(({ part }) => part === own);
    const [only, another] = fitting.length > 1 ? ofPart : fitting;
    return only !== undefined && another === undefined ? join(this.#folder, only.path) : undefined;
  }

  #all(): ReadonlyMap<string, readonly string[]> {
    const paths = [...allFilesUnder(this.#folder)].filter(
      (path) => isPicture(path) && !ofMasks.test(folderOf(path)),
    );
    return Map.groupBy(paths, (path) => folded(fileNameOf(path)));
  }
}
