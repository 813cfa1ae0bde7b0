import { fileNameOf, folderOf, withoutWayUp } from '../../files/paths.ts';
import {
  beside,
  type NamedFrom,
  pictureName,
  shortPath,
  subsetInName,
  subsetOf,
} from '../common/picture-index.ts';
import { below } from '../common/read.ts';
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
  const subset = isBeside ? fileNameOf(folder) : (subsetInName(path) ?? subsetOf(folder));
  return { path, subset: subset || 'default', isBeside, layout };
}

/** Names the items of a set, each subset's once. */
export class ItemIds {
  readonly #taken = new Set<string>();

  /** @param table the one whose pictures are called as they lie beside it, where there is one. */
  of(subset: string, path: string, table: Table | undefined): string {
    const within = table?.isBeside ? beside(path, folderOf(table.path)) : shortPath(path);
    const names = [pictureName(within), pictureName(path)];
    const id = names.find((name) => !this.#taken.has(`${subset}/${name}`)) ?? path;
    this.#taken.add(`${subset}/${id}`);
    return id;
  }
}

/** Where the names in a table stand. */
export function namedFrom(table: Table, owners: Owners): NamedFrom {
  const from = { folder: folderOf(table.path), subset: table.subset };
  return table.isBeside ? { ...from, isBeside: (path) => owners.of(path).table === table } : from;
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
