import { isFile, isFolder, namesIn } from '../../files/folder.ts';
import { inside, safeRelative, stemOf, withoutWayUp } from '../../files/paths.ts';
import { below, foldersIn } from '../common/read.ts';
import { UniquePictures } from './ids.ts';
import { isSplitName, splitKeys } from './infos.ts';
import { placesOf } from './places.ts';
import type { YamlValue } from './yaml.ts';

/** A folder of pictures, or a list of them. */
export interface PictureSource {
  /** Relative. */
  readonly path: string;
  readonly isList: boolean;
}

/** One subset: the folders and lists that its field in `data.yaml` names. */
export interface Split {
  readonly subset: string;
  readonly sources: readonly PictureSource[];
}

/** Fields that Ultralytics reads, with the usual names of their subsets. */
const usualNames: ReadonlyMap<string, RegExp> = new Map([
  ['train', /^(default|train(ing)?(?![a-z]).*)$/i],
  ['val', /^val/i],
  ['test', /^test(ing)?(?![a-z])/i],
]);

/** The field that a subset is written to: Ultralytics' own where it has a usual name for it, else one of its name. */
export function fieldOf(subset: string): string {
  for (const [key, usual] of usualNames) if (usual.test(subset)) return key;
  return subset;
}

function isUsual(name: string, key: string): boolean {
  return name === key || (usualNames.get(key.startsWith('val') ? 'val' : key)?.test(name) ?? false);
}

/** Fields that say of a subset's folder no more than its name: `night: images/night`. Ultralytics passes over them. */
export async function namingFields(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
): Promise<ReadonlySet<string>> {
  const subsets = new Set<string>();
  for (const [key, value] of fields) {
    if (!isSplitName(key) || usualNames.has(key) || value !== `images/${key}`) continue;
    if (safeRelative(value) !== null && (await isFolder(inside(folder, value)))) subsets.add(key);
  }
  return subsets;
}

/** What `data.yaml` names. */
interface Named {
  readonly key: string;
  readonly source: PictureSource;
}

/**
 * The subsets of a set. A subset is called as its field, and several folders of a field are one subset. It is called as
 * its folder where that is one, with a usual name for the field (Roboflow's `val: ../valid/images`, as Datumaro reads
 * it) and in no other field, and where a field of its own names it so.
 *
 * @param naming fields that name a subset's folder: see {@link namingFields}.
 */
export async function splitsOf(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
  naming: ReadonlySet<string>,
  tell: (place: string, reason: string) => void,
): Promise<Split[]> {
  const named = await namedIn(folder, fields, [...new Set([...splitKeys, ...naming])], tell);
  const free = named.filter(
    ({ key, source: { path } }) =>
      naming.has(key) || ![...naming].some((subset) => path === `images/${subset}`),
  );
  const bySubset = new Map<string, PictureSource[]>();
  for (const one of free) {
    const subset = subsetOf(one, free);
    const sources = bySubset.get(subset) ?? [];
    if (!sources.some(({ path }) => path === one.source.path)) sources.push(one.source);
    bySubset.set(subset, sources);
  }
  if (bySubset.size === 0) return foundSplits(folder);
  return [...bySubset].map(([subset, sources]) => ({ subset, sources }));
}

function subsetOf({ key, source }: Named, all: readonly Named[]): string {
  const name = source.path
    .split('/')
    .filter((part) => part !== 'images')
    .at(-1);
  const shared = all.some((other) => other.source.path === source.path && other.key !== key);
  const alone = all.filter((other) => other.key === key).length === 1;
  return !source.isList && alone && !shared && name !== undefined && isUsual(name, key) ? name : key;
}

async function namedIn(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
  keys: readonly string[],
  tell: (place: string, reason: string) => void,
): Promise<Named[]> {
  const bases = await basesOf(folder, fields);
  const named: Named[] = [];
  for (const key of keys) {
    const value = fields.get(key);
    if (value === undefined || value === '' || value instanceof Map) continue;
    const given = typeof value === 'string' ? [value] : (value as readonly string[]);
    for (const path of given.filter((entry) => entry !== '')) {
      const source = await resolved(folder, bases, path);
      if (source === null) tell(key, `there is no folder or list ${path} in the set`);
      else named.push({ key, source });
    }
  }
  return named;
}

/** Folders that paths count from: the one that `path` names, where it is there, and the set's own. */
async function basesOf(folder: string, fields: ReadonlyMap<string, YamlValue>): Promise<string[]> {
  const path = fields.get('path');
  const base = typeof path === 'string' ? (withoutWayUp(path) ?? '') : '';
  return base !== '' && (await isFolder(inside(folder, base))) ? [base, ''] : [''];
}

async function resolved(
  folder: string,
  bases: readonly string[],
  path: string,
): Promise<PictureSource | null> {
  for (const base of bases) {
    for (const place of placesOf(path)) {
      const full = below(base, place);
      if (await isFolder(inside(folder, full))) return { path: full, isList: false };
      if (await isFile(inside(folder, full))) return { path: full, isList: true };
    }
  }
  return null;
}

/** Without a data.yaml, or with one that was written for another place. */
async function foundSplits(folder: string): Promise<Split[]> {
  const split = (subset: string, path: string): Split => ({ subset, sources: [{ path, isList: false }] });
  const within = (await foldersIn(inside(folder, 'images'))).map((name) => split(name, `images/${name}`));
  if (within.length > 0) return within;
  const around: Split[] = [];
  for (const name of await namesIn(folder)) {
    if (await isFolder(inside(folder, `${name}/images`))) around.push(split(name, `${name}/images`));
  }
  if (around.length > 0) return around;
  return (await isFolder(inside(folder, 'images'))) ? [split('default', 'images')] : [];
}

/** Names the pictures of a subset by their paths in its folder; in several folders, from where these part. */
export class PictureIds {
  readonly #subset: string;
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #unique = new UniquePictures();

  constructor({ subset, sources }: Split) {
    this.#subset = subset;
    this.#prefixes = prefixesOf(sources.filter(({ isList }) => !isList).map(({ path }) => path));
  }

  /** The picture's id, or null where it has one already. */
  of(picture: string, source: PictureSource): string | null {
    const stem = stemOf(picture);
    return this.#unique.of(source.isList ? this.#listed(stem) : this.#below(stem, source.path), picture);
  }

  #below(stem: string, folder: string): string {
    return below(this.#prefixes.get(folder) ?? '', stem.slice(folder.length + 1));
  }

  #listed(stem: string): string {
    for (const prefix of [`images/${this.#subset}/`, `${this.#subset}/images/`, 'images/']) {
      const at = `/${stem}`.indexOf(`/${prefix}`);
      if (at >= 0) return stem.slice(at + prefix.length);
    }
    return stem;
  }
}

/** What tells folders apart: their paths below the folder that all lie in, without `images`. */
function prefixesOf(folders: readonly string[]): ReadonlyMap<string, string> {
  if (folders.length < 2) return new Map();
  const short = folders.map((folder) => folder.split('/').filter((part) => part !== 'images'));
  const isUnique = new Set(short.map((parts) => parts.join('/'))).size === folders.length;
  const paths = isUnique ? short : folders.map((folder) => folder.split('/'));
  let same = 0;
  while (paths.every((parts) => same < parts.length && parts[same] === paths[0]![same])) same += 1;
  return new Map(folders.map((folder, at) => [folder, paths[at]!.slice(same).join('/')]));
}
