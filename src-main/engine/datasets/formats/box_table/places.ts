import { fileNameOf, folderOf, isPicture, safeRelative, stemOf, withoutWayUp } from '../../files/paths.ts';
import { below, isSubsetName } from '../common/read.ts';
import type { Layout } from './columns.ts';

/** Roboflow's name for a table, which lies beside its pictures. */
export const tableName = '_annotations.csv';

/** A table of boxes in a set. */
export interface Table {
  /** Relative. */
  readonly path: string;
  readonly subset: string;
  /** Whether its pictures lie beside it, called as its rows say. */
  readonly isBeside: boolean;
  readonly layout: Layout;
}

export function tableAt(path: string, layout: Layout): Table {
  const isBeside = fileNameOf(path) === tableName;
  const folder = folderOf(path);
  const named = stemOf(fileNameOf(path))
    .split(/[\s_.-]+/)
    .find(isSubsetName);
  const subset = isBeside ? fileNameOf(folder) : (named ?? subsetOf(folder));
  return { path, subset: subset || 'default', isBeside, layout };
}

/** What folders of pictures are called besides their subset. */
const pictureFolder = /^(images?|imgs?|pictures?|photos?|jpegimages|labels?|annotations?|csv|data)$/i;

/** Whether a folder's name says no more than which subset it is, or that pictures or tables are in it: `train_images`. */
export const isPlainFolder = (name: string): boolean =>
  name.split(/[\s_.-]+/).every((word) => isSubsetName(word) || pictureFolder.test(word));

/** The subset that the innermost of a path's folders with one names; empty where none does. */
function subsetOf(folder: string): string {
  const parts = folder.split('/').filter(isPlainFolder);
  const words = parts.flatMap((part) => part.split(/[\s_.-]+/));
  return words.findLast(isSubsetName) ?? '';
}

/** A picture's path without the folders that only say its subset, or that pictures are in them. */
function shortPath(path: string): string {
  const parts = path.split('/');
  return parts.slice(parts.slice(0, -1).findLastIndex(isPlainFolder) + 1).join('/');
}

/** The name without a picture's ending; `1.2.840` has none. */
const nameOf = (path: string): string => (isPicture(path) ? stemOf(path) : path);

/** Names the items of a set, each subset's once. */
export class ItemIds {
  readonly #taken = new Set<string>();

  /** @param table the one whose pictures are called as they lie beside it, where there is one. */
  of(subset: string, path: string, table: Table | undefined): string {
    const within = table?.isBeside ? besideTable(path, table) : shortPath(path);
    const id = [nameOf(within), nameOf(path)].find((name) => !this.#taken.has(`${subset}/${name}`)) ?? path;
    this.#taken.add(`${subset}/${id}`);
    return id;
  }
}

function besideTable(path: string, table: Table): string {
  const folder = folderOf(table.path);
  return folder === '' ? path : path.slice(folder.length + 1);
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

/** The pictures of a set, for tables that name them by paths of another machine, or without their endings. */
export class PictureIndex {
  readonly #byName = new Map<string, string[]>();

  add(path: string): void {
    const key = folded(stemOf(fileNameOf(path)));
    const paths = this.#byName.get(key);
    if (paths === undefined) this.#byName.set(key, [path]);
    else paths.push(path);
  }

  *all(): Generator<string> {
    for (const paths of this.#byName.values()) yield* paths;
  }

  /**
   * The pictures that a table's row may mean: one, none, or several that are as likely. A path that is right as it stands
   * goes first, then those that share the most folders with it, then those that are in a folder of the table's subset.
   */
  find(name: string, table: Table, owners: Owners): readonly string[] {
    const parts = name.replaceAll('\\', '/').split('/');
    const exact = below(folderOf(table.path), safeRelative(name) ?? '\0');
    let best = 0;
    let found: string[] = [];
    for (const path of this.#byName.get(folded(nameOf(parts.at(-1)!))) ?? []) {
      if (path === exact) return [path];
      if (table.isBeside && owners.of(path).table !== table) continue;
      const likeness = likenessOf(parts, path, table);
      if (likeness > best) found = [];
      best = Math.max(best, likeness);
      if (likeness > 0 && likeness === best) found.push(path);
    }
    return found;
  }
}

/** How well a picture fits a row's path; 0 where it is another one. */
function likenessOf(parts: readonly string[], path: string, table: Table): number {
  const own = path.split('/');
  const [wanted, has] = [parts.at(-1)!, own.at(-1)!];
  if (isPicture(wanted) && folded(wanted) !== folded(has)) return 0;
  let shared = 1;
  while (shared < own.length && folded(own.at(-1 - shared)!) === folded(parts.at(-1 - shared) ?? ''))
    shared += 1;
  // Names beside a table are right as they stand; only a folder `images` may have been put between.
  const between = table.isBeside ? besideTable(path, table).split('/').slice(0, -shared) : [];
  if (!between.every(isPlainFolder)) return 0;
  const place = subsetOf(folderOf(path));
  return shared * 8 + (wanted === has ? 4 : 0) + (place === table.subset ? 2 : place === '' ? 1 : 0);
}

/** Where a picture would lie that is not there, as its row says it; null where it says nothing that can be a path. */
export function absentPlace(name: string, table: Table): string | null {
  const relative = withoutWayUp(name.replace(/^[a-z]:[\\/]+|^[\\/]+/i, ''));
  return relative === null ? null : below(folderOf(table.path), relative);
}

/** Tells the subset of pictures that have no row. */
export class Owners {
  readonly #beside: ReadonlyMap<string, Table>;
  readonly #only: string | undefined;

  constructor(tables: readonly Table[]) {
    const beside = tables.filter(({ isBeside }) => isBeside);
    this.#beside = new Map(beside.map((table) => [folderOf(table.path), table]));
    const subsets = new Set(tables.map(({ subset }) => subset));
    this.#only = subsets.size === 1 ? tables[0]!.subset : undefined;
  }

  of(path: string): { readonly subset: string; readonly table: Table | undefined } {
    let folder = folderOf(path);
    while (folder !== '' && !this.#beside.has(folder)) folder = folderOf(folder);
    const table = this.#beside.get(folder);
    return { table, subset: table?.subset ?? (subsetOf(folderOf(path)) || (this.#only ?? 'default')) };
  }
}
