import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder, namesIn, textIfThere } from '../../files/folder.ts';
import {
  fileNameOf,
  folderOf,
  inside,
  isPicture,
  safeRelative,
  stemOf,
  withoutWayUp,
} from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, ProblemLog, wholeOf } from '../../model/index.ts';
import { isSplitName, readInfos, splitKeys } from './infos.ts';
import { readItem } from './item.ts';
import type { LineKind } from './lines.ts';
import { readSkeletons, shapeOf } from './poses.ts';
import { DataYaml, namesOf, type YamlValue } from './yaml.ts';

/** One subset: a folder of pictures, or a list of them. */
interface Split {
  readonly subset: string;
  readonly folder?: string;
  readonly list?: string;
}

/** Names of a YAML file that describes a set, the usual first. */
async function findYaml(folder: string): Promise<string | undefined> {
  const names = await namesIn(folder);
  const yamls = names.filter((name) => /\.ya?ml$/i.test(name));
  return yamls.find((name) => /^(data|dataset)\.ya?ml$/i.test(name)) ?? yamls[0];
}

/** Reads the layout of Ultralytics (YOLOv5 to today), which Roboflow writes as well: `data.yaml`, images/, labels/. */
export async function readUltralytics(
  folder: string,
  kind: LineKind,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const file = (await findYaml(folder)) ?? '';
  const text = file === '' ? null : await textIfThere(inside(folder, file));
  const yaml = new DataYaml(text ?? '', (reason) => problems.add(file, '', reason));
  const { fields } = yaml;
  const subsets = await ownSubsets(folder, fields);
  const splits = await splitsOf(folder, fields, subsets, problems, file);
  if (splits.length === 0) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is neither a data.yaml nor an images folder in ${folder}.`,
    );
  }
  const shape = shapeOf(fields.get('kpt_shape'));
  const builder = new CategoryBuilder();
  const add = builder.scope();
  let names = namesOf(fields.get('names'));
  if (names.length === 0) {
    names = Array.from({ length: Math.min(wholeOf(fields.get('nc'), 0), 100_000) }, (_, at) => String(at));
    if (names.length === 0) names = await countedNames(folder, splits);
    problems.add(file, '', 'the classes have no names; their numbers are taken');
  }
  for (const name of names) add({ name, parent: '', attributes: [] });
  if (shape !== null && kind === 'pose') {
    const tell = (place: string, reason: string): void => problems.add(file, place, reason);
    const skeletons = readSkeletons(yaml, shape, names.length, tell);
    for (const [index, skeleton] of skeletons.entries()) builder.skeleton(index, skeleton);
  }
  const infos = readInfos(yaml, file, subsets, problems);
  return {
    categories: builder.build(),
    media: 'image',
    ...(infos.size === 0 ? {} : { infos }),
    problems,
    async *items() {
      for (const split of splits) {
        const seen = new Set<string>();
        for await (const picture of picturesOf(folder, split, problems)) {
          options.signal?.throwIfAborted();
          const label = labelPath(picture);
          seen.add(label);
          const reading = { folder, kind, shape, classes: names.length, problems };
          yield await readItem(reading, idOf(picture, split), split.subset, picture, label);
        }
        if (split.folder === undefined) continue;
        for await (const label of filesUnder(folder, labelFolder(split.folder))) {
          if (!label.endsWith('.txt') || seen.has(label) || fileNameOf(label) === 'classes.txt') continue;
          problems.add(label, '', 'there is no picture for this file');
        }
      }
    },
  };
}

/** Fields of subsets that are not called as usual, which have the folder of their name: `night: images/night`. */
async function ownSubsets(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
): Promise<ReadonlySet<string>> {
  const subsets = new Set<string>();
  for (const [key, value] of fields) {
    if (!isSplitName(key) || splitKeys.includes(key) || value !== `images/${key}`) continue;
    if (safeRelative(value) !== null && (await isFolder(inside(folder, value)))) subsets.add(key);
  }
  return subsets;
}

async function splitsOf(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
  others: ReadonlySet<string>,
  problems: ProblemLog,
  yaml: string,
): Promise<Split[]> {
  const splits: Split[] = [];
  const base =
    typeof fields.get('path') === 'string' ? (withoutWayUp(fields.get('path') as string) ?? '') : '';
  const bases = base !== '' && (await isFolder(inside(folder, base))) ? [base, ''] : [''];
  for (const key of [...splitKeys, ...others]) {
    const value = fields.get(key);
    if (value === undefined || value === '' || value instanceof Map) continue;
    const given = typeof value === 'string' ? [value] : [...(value as readonly string[])];
    for (const path of given) {
      const split = await resolveSplit(folder, bases, key, path);
      if (split === null) problems.add(yaml, key, `there is no folder or list ${path} in the set`);
      else splits.push(split);
    }
  }
  if (splits.length > 0) return splits;
  // No data.yaml, or one that was written for another place.
  for (const name of await namesIn(inside(folder, 'images'))) {
    if (await isFolder(inside(folder, `images/${name}`))) {
      splits.push({ subset: name, folder: `images/${name}` });
    }
  }
  if (splits.length > 0) return splits;
  for (const name of await namesIn(folder)) {
    if (await isFolder(inside(folder, `${name}/images`))) {
      splits.push({ subset: name, folder: `${name}/images` });
    }
  }
  if (splits.length === 0 && (await isFolder(inside(folder, 'images')))) {
    splits.push({ subset: 'default', folder: 'images' });
  }
  return splits;
}

async function resolveSplit(
  folder: string,
  bases: readonly string[],
  key: string,
  path: string,
): Promise<Split | null> {
  // Roboflow writes `../train/images` for a folder beside data.yaml. An absolute path is of the writer's machine, and
  // its last parts may be found here.
  const parts = path.replaceAll('\\', '/').split('/');
  const tries = [withoutWayUp(path)];
  if (/^([a-z]:)?[\\/]/i.test(path)) {
    for (let from = 1; from < parts.length; from += 1) tries.push(safeRelative(parts.slice(from).join('/')));
  }
  for (const base of bases) {
    for (const candidate of tries) {
      if (candidate === null) continue;
      const full = base === '' ? candidate : `${base}/${candidate}`;
      if (await isFolder(inside(folder, full))) {
        const names = full.split('/').filter((name) => name !== 'images');
        return { subset: names.at(-1) ?? key, folder: full };
      }
      if (await isFile(inside(folder, full))) return { subset: key, list: full };
    }
  }
  return null;
}

async function* picturesOf(folder: string, split: Split, problems: ProblemLog): AsyncGenerator<string> {
  if (split.folder !== undefined) {
    for await (const path of filesUnder(folder, split.folder)) if (isPicture(path)) yield path;
    return;
  }
  const list = split.list!;
  const lines = ((await textIfThere(inside(folder, list))) ?? '').split(/\r?\n/);
  const ownData = await isFolder(inside(folder, 'data'));
  for (const [index, line] of lines.entries()) {
    const path = line.trim();
    if (path === '') continue;
    const safe = listed(path, list, ownData);
    if (safe !== null) yield safe;
    else problems.add(list, `line ${index + 1}`, "the path leaves the set's folder");
  }
}

/**
 * A path out of a list, from the set's folder: `./` is from the list's own folder; an absolute path is of the writer's
 * machine and counts from its folder `images`; `data/` is darknet's name for the set, unless there is such a folder.
 */
function listed(path: string, list: string, ownData: boolean): string | null {
  const unified = path.replaceAll('\\', '/');
  if (unified.startsWith('./')) return withoutWayUp(`${folderOf(list)}/${unified}`.replace(/^\/+/, ''));
  if (/^([a-z]:)?\//i.test(unified)) {
    const at = unified.indexOf('/images/');
    return at < 0 ? null : safeRelative(unified.slice(at + 1));
  }
  return withoutWayUp(ownData ? unified : unified.replace(/^data\//, ''));
}

/** As Ultralytics does: the last folder `images` becomes `labels`. */
function labelPath(picture: string): string {
  return `${stemOf(labelFolder(picture))}.txt`;
}

function labelFolder(path: string): string {
  const parts = path.split('/');
  const at = parts.lastIndexOf('images');
  if (at >= 0) parts[at] = 'labels';
  return parts.join('/');
}

/** The picture's path within its subset. */
function idOf(picture: string, split: Split): string {
  const stem = stemOf(picture);
  if (split.folder !== undefined) return stem.slice(split.folder.length + 1);
  for (const prefix of [`images/${split.subset}/`, `${split.subset}/images/`, 'images/']) {
    const at = `/${stem}`.indexOf(`/${prefix}`);
    if (at >= 0) return stem.slice(at + prefix.length);
  }
  return stem;
}

/** Numbers as names, up to the highest class in the first label files. */
async function countedNames(folder: string, splits: readonly Split[]): Promise<string[]> {
  let highest = -1;
  let files = 0;
  for (const { folder: below } of splits) {
    if (below === undefined) continue;
    for await (const path of filesUnder(folder, labelFolder(below))) {
      if (!path.endsWith('.txt')) continue;
      files += 1;
      if (files > 10_000) break;
      const text = (await textIfThere(inside(folder, path))) ?? '';
      for (const line of text.split('\n')) {
        const label = wholeOf(line.trim().split(/\s+/)[0], -1);
        if (label <= 100_000) highest = Math.max(highest, label);
      }
    }
  }
  return Array.from({ length: highest + 1 }, (_, index) => String(index));
}
