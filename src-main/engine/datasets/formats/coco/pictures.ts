import { KnownFiles } from '../../files/folder.ts';
import { endingOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Size } from '../../model/index.ts';
import { Elsewhere } from '../common/elsewhere.ts';

/** Finds pictures among the folders where they can be. */
export class PictureFinder {
  readonly #folders: readonly string[];
  readonly #files = new KnownFiles();
  readonly #elsewhere: Elsewhere;
  readonly #subset: string;
  /** What held the last picture will mostly hold this one. */
  #usual: string;

  /** @param subset the word that says of which part of the set they are; empty where nothing does. */
  constructor(folder: string, folders: readonly string[], subset: string) {
    this.#elsewhere = new Elsewhere(folder);
    this.#subset = subset;
    this.#folders = folders.map((below) => (below === '' ? folder : inside(folder, below)));
    this.#usual = this.#folders[0]!;
  }

  find(name: string): string | undefined {
    const usual = inside(this.#usual, name);
    if (this.#files.has(usual)) return usual;
    for (const candidate of this.#folders) {
      const path = inside(candidate, name);
      if (!this.#files.has(path)) continue;
      this.#usual = candidate;
      return path;
    }
    return this.#elsewhere.find(name, this.#subset);
  }

  /** Where a picture is, or would be. */
  locate(name: string): string {
    return this.find(name) ?? inside(this.#folders[0]!, name);
  }
}

/** A picture's name in the set. */
export interface PictureName {
  readonly name: string;
  /** Whether it stands for a path or an address outside of the set. */
  readonly foreign: boolean;
  /** For a path out of the set: whether there is such a picture in it. */
  readonly found: boolean;
  /** Other names that it could have, the shortest first. */
  readonly longer: readonly string[];
}

/** An address, unlike a drive of one letter. */
export const isAddress = (name: string): boolean => /^[a-z][a-z\d+.-]+:\/\//i.test(name);

/**
 * What `file_name` means. A path of another computer, one that leaves the set, or an address is the longest part of its
 * end that is a picture of the set, else its last part. Null where it is no name at all.
 */
export function pictureName(given: unknown, finder: PictureFinder): PictureName | null {
  if (typeof given !== 'string') return null;
  const address = given.includes('://') && isAddress(given);
  const own = address ? null : safeRelative(given);
  if (own !== null) return { name: own, foreign: false, found: true, longer: [] };
  const ends = endsOf(address ? pathOf(given) : given);
  const shortest = ends[0];
  if (shortest === undefined) return null;
  const found = foundEnd(ends, finder);
  const name = found ?? shortest;
  const longer = ends.slice(ends.indexOf(name) + 1);
  return { name, foreign: true, found: found !== undefined || address, longer };
}

/** The longest end that is a picture of the set, without the folder where pictures lie. */
function foundEnd(ends: readonly string[], finder: PictureFinder): string | undefined {
  const longest = ends.findLast((end) => finder.find(end) !== undefined);
  if (longest === undefined) return undefined;
  const path = finder.find(longest);
  return ends.find((end) => finder.find(end) === path);
}

/** An address's path, without what asks for it. */
function pathOf(address: string): string {
  const path = address.replace(/[?#].*$/s, '').replace(/^[^:]+:\/\/[^/]*\/?/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Most parts of a path that are looked for in the set. */
const mostParts = 16;

/** The ends of a path that stay within a folder, the shortest first. */
function endsOf(path: string): string[] {
  const parts = path.replaceAll('\\', '/').split('/');
  const usable = parts.slice(parts.lastIndexOf('..') + 1).filter((part) => part !== '' && part !== '.');
  const ends: string[] = [];
  for (let from = usable.length - 1; from >= 0 && ends.length < mostParts; from -= 1) {
    const end = safeRelative(usable.slice(from).join('/'));
    if (end === null) break;
    ends.push(end);
  }
  return ends;
}

export interface Picture {
  readonly id: string;
  readonly name: string;
  readonly foreign: boolean;
  readonly size: Size | null;
  /** The number that the first file gives it. */
  readonly number: unknown;
  /** Which file's entry says more of it, and where that lies: what they say of a hundred thousand is much to keep. */
  readonly more: { readonly turn: number; readonly span: readonly [start: number, end: number] } | null;
}

/** What an entry says of its picture. */
type PictureFacts = Pick<Picture, 'size' | 'number' | 'more'>;

/** The pictures of a subset, out of one file or several. */
export class Pictures {
  readonly list: Picture[] = [];
  readonly #byId = new Map<string, number>();
  /** Pictures of other places by what a file calls them. */
  readonly #foreign = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #finder: PictureFinder;
  #firstOfFile = 0;
  #joins = false;

  constructor(finder: PictureFinder) {
    this.#finder = finder;
  }

  /** @param joins whether it says something else of the pictures of the files before. */
  nextFile(joins: boolean): void {
    this.#firstOfFile = this.list.length;
    this.#joins = joins;
  }

  /** The index of a picture, which is added where it is new. */
  add(given: unknown, named: PictureName, facts: () => PictureFacts): number {
    const id = stemOf(named.name);
    const known = this.#byId.get(id);
    if (!named.foreign) {
      if (known === undefined) return this.#push({ id, name: named.name, foreign: false, ...facts() });
      const same = this.#same(named.name, known);
      return same ?? this.#push({ ...this.#another(named), foreign: false, ...facts() });
    }
    const same = this.#foreign.get(String(given)) ?? this.#ofFileBefore(named.name, known);
    const own = known === undefined ? { id, name: named.name } : this.#another(named);
    const index = same ?? this.#push({ ...own, foreign: true, ...facts() });
    this.#foreign.set(String(given), index);
    return index;
  }

  #push(picture: Picture): number {
    const index = this.list.push(picture) - 1;
    this.#byId.set(picture.id, index);
    return index;
  }

  /** The picture of this name: the one of this stem, or one with its ending in its id, or that of a file before. */
  #same(name: string, known: number): number | undefined {
    for (const index of [known, this.#byId.get(name)]) {
      if (index !== undefined && this.list[index]!.name === name && !this.#isOther(index)) return index;
    }
    return this.#joins && known < this.#firstOfFile && this.#isMisnamed(known, name) ? known : undefined;
  }

  /** Whether of two names that differ in their endings one is of no picture, so that the other is meant; it is taken. */
  #isMisnamed(index: number, name: string): boolean {
    const before = this.list[index]!;
    const isThere = this.#finder.find(name) !== undefined;
    if (isThere === (this.#finder.find(before.name) !== undefined)) return false;
    if (isThere) this.list[index] = { ...before, name };
    return true;
  }

  /** Within one file, a name of another place and the same name of the set are two pictures. */
  #isOther(index: number): boolean {
    return this.list[index]!.foreign && index >= this.#firstOfFile;
  }

  #ofFileBefore(name: string, known: number | undefined): number | undefined {
    return known !== undefined && known < this.#firstOfFile && this.list[known]!.name === name
      ? known
      : undefined;
  }

  /** Id and name of a picture whose stem another has: with its ending, with more of its path, or with a number. */
  #another({ name, foreign, longer }: PictureName): { readonly id: string; readonly name: string } {
    const more = longer.find((end) => !this.#byId.has(stemOf(end)));
    if (more !== undefined) return { id: stemOf(more), name: more };
    if (!foreign && !this.#byId.has(name)) return { id: name, name };
    const base = foreign ? stemOf(name) : name;
    let number = this.#numbers.get(base) ?? 2;
    while (this.#byId.has(`${base}_${number}`)) number += 1;
    this.#numbers.set(base, number + 1);
    const id = `${base}_${number}`;
    return { id, name: foreign ? `${id}${endingOf(name)}` : name };
  }
}
