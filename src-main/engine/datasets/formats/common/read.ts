import { readdir } from 'node:fs/promises';
import { isFolder, namesIn, pictureSize, targetOf } from '../../files/folder.ts';
import { endingOf, folderOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import {
  type Annotation,
  type Attributes,
  type Box,
  fault,
  type Item,
  noAttributes,
  type Size,
} from '../../model/index.ts';

/** Takes an annotation up, or says what is wrong with it. */
export function take(
  made: Annotation | string,
  into: Annotation[],
  complain: (reason: string) => void,
): void {
  const wrong = typeof made === 'string' ? made : fault(made);
  if (typeof made !== 'string' && wrong === null) into.push(made);
  else complain(typeof made === 'string' ? made : `${made.type}: ${wrong}`);
}

/** What a shape has besides its geometry, where the source says nothing else. */
export function plainShape(
  label: number | null,
  attributes: Attributes = noAttributes,
  id = 0,
  group = 0,
): Omit<Box, 'type' | 'x' | 'y' | 'width' | 'height'> {
  return { id, group, label, attributes, zOrder: 0 };
}

/** A box from two opposite corners, in whichever order. */
export function boxBetween(
  shape: ReturnType<typeof plainShape>,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): Box {
  const [x, y] = [Math.min(x0, x1), Math.min(y0, y1)];
  return { ...shape, type: 'box', x, y, width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

/** An item with a picture whose size is taken from the picture where it isn't given. */
export async function imageItem(
  folder: string,
  picture: string,
  item: { readonly id: string; readonly subset: string; readonly annotations: readonly Annotation[] },
  size: Size | null = null,
  attributes: Attributes = noAttributes,
): Promise<Item> {
  const path = inside(folder, picture);
  return { ...item, media: { kind: 'image', path, size: size ?? (await pictureSize(path)) }, attributes };
}

/** Most folders whose names are kept. */
const mostKept = 64;

/** Finds pictures whose ending an annotation file doesn't name. */
export class Pictures {
  readonly #folder: string;
  readonly #endings = new Map<string, ReadonlyMap<string, string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The relative path of a picture, from its path without the ending; null where there is none. */
  async find(stem: string): Promise<string | null> {
    const below = folderOf(stem);
    let endings = this.#endings.get(below);
    if (endings === undefined) {
      const names = await namesIn(below === '' ? this.#folder : inside(this.#folder, below));
      endings = new Map(names.filter(isPicture).map((name) => [stemOf(name), endingOf(name)]));
      if (this.#endings.size >= mostKept) this.#endings.clear();
      this.#endings.set(below, endings);
    }
    const ending = endings.get(below === '' ? stem : stem.slice(below.length + 1));
    return ending === undefined ? null : `${stem}${ending}`;
  }
}

/** Hands out ids once: where two pictures differ in their endings only, the second keeps its ending. */
export class UniqueIds {
  readonly #seen = new Set<string>();

  of(subset: string, path: string): string {
    const stem = stemOf(path);
    const id = this.#seen.has(`${subset}/${stem}`) ? path : stem;
    this.#seen.add(`${subset}/${id}`);
    return id;
  }
}

/** Names of the folders in a folder, sorted, without hidden ones. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => targetOf(folder, entry)?.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** A folder that holds one subset; `path` is relative, and empty for the set's own folder. */
export interface SubsetFolder {
  readonly subset: string;
  readonly path: string;
}

/** The folders of a set that hold a subset each: the set's own, where it has the mark, else the ones in it that have. */
export async function subsetFolders(
  folder: string,
  hasMark: (path: string) => Promise<boolean>,
): Promise<SubsetFolder[]> {
  if (await hasMark(folder)) return [{ subset: 'default', path: '' }];
  const found: SubsetFolder[] = [];
  for (const name of await foldersIn(folder)) {
    if (await hasMark(inside(folder, name))) found.push({ subset: name, path: name });
  }
  return found;
}

/** A mark for {@link subsetFolders}: one of these folders is there. */
export function withFolder(...names: readonly string[]): (path: string) => Promise<boolean> {
  return async (path) => {
    for (const name of names) if (await isFolder(inside(path, name))) return true;
    return false;
  };
}

/** Joins relative paths of which the first may be empty. */
export const below = (folder: string, path: string): string => (folder === '' ? path : `${folder}/${path}`);

/** Names that tools give to the parts of a set. Only such a folder is taken for a subset where others would do as well. */
const subsetName =
  /^(train|training|trainval|val|valid|validation|eval|test|testing|test-dev|minival|unlabell?ed)\d*$/i;

export const isSubsetName = (name: string): boolean => subsetName.test(name);

/** The subset that a path starts with, and the rest of the path; `default` where it starts with none. */
export function splitSubset(path: string): { readonly subset: string; readonly rest: string } {
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  return isSubsetName(first)
    ? { subset: first, rest: path.slice(slash + 1) }
    : { subset: 'default', rest: path };
}

/** The inverse of {@link splitSubset}; `note` is called where that one would not find the subset again. */
export function joinSubset(subset: string, path: string, note: (reason: string) => void): string {
  if (subset === 'default') {
    if (splitSubset(path).subset !== 'default') note("the item's folder will be taken for a subset");
    return path;
  }
  if (!isSubsetName(subset)) note(`the subset ${subset} becomes a part of the names`);
  return `${subset}/${path}`;
}
