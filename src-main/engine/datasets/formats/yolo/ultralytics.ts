import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, listIfThere, namesIn, textIfThere } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative, withoutWayUp } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, ProblemLog, wholeOf } from '../../model/index.ts';
import { readInfos } from './infos.ts';
import { readItem } from './item.ts';
import type { LineKind } from './lines.ts';
import { namesBeside } from './names.ts';
import { isAbsolutePath, labelFolder, labelPath, TailFinder } from './places.ts';
import { readSkeletons, shapeOf } from './poses.ts';
import { namingFields, PictureIds, type PictureSource, type Split, splitsOf } from './splits.ts';
import { unlistedPictures } from './unlisted.ts';
import { DataYaml, namesOf, type YamlValue } from './yaml.ts';

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
  const text = file === '' ? null : await listIfThere(inside(folder, file));
  const yaml = new DataYaml(text ?? '', (reason) => problems.add(file, '', reason));
  const { fields } = yaml;
  const naming = await namingFields(folder, fields);
  const tell = (place: string, reason: string): void => problems.add(file, place, reason);
  const splits = await splitsOf(folder, fields, naming, tell);
  if (splits.length === 0) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      file === ''
        ? `There is neither a data.yaml nor an images folder in ${folder}.`
        : `No folder and no list that ${file} names is in ${folder}, and there is no images folder.`,
    );
  }
  const shape = shapeOf(fields.get('kpt_shape'));
  const builder = new CategoryBuilder();
  const add = builder.scope();
  const { names, wrong } = await classesOf(folder, fields, splits);
  if (wrong !== null) problems.add(file, '', wrong);
  for (const name of names) add({ name, parent: '', attributes: [] });
  if (shape !== null && kind === 'pose') {
    const skeletons = readSkeletons(yaml, shape, names.length, tell);
    for (const [index, skeleton] of skeletons.entries()) builder.skeleton(index, skeleton);
  }
  const infos = readInfos(yaml, file, naming, problems);
  return {
    categories: builder.build(),
    media: 'image',
    ...(infos.size === 0 ? {} : { infos }),
    problems,
    async *items() {
      const reading = { folder, kind, shape, classes: names.length, problems };
      const labels = new Labels(folder, problems);
      const listed = new Set<string>();
      for (const split of splits) {
        const ids = new PictureIds(split);
        for (const source of split.sources) {
          for await (const picture of picturesOf(folder, source, problems)) {
            options.signal?.throwIfAborted();
            if (source.isList) listed.add(picture);
            const id = ids.of(picture, source);
            if (id === null) continue;
            const label = labelPath(picture);
            labels.seen.add(label);
            yield await readItem(reading, id, split.subset, picture, label);
          }
        }
      }
      const sources = splits.flatMap((split) => split.sources);
      await labels.tellLonely(sources);
      const unlisted = await unlistedPictures(folder, sources, listed);
      if (unlisted !== null) problems.add(file, '', unlisted);
    },
  };
}

/** Label files, of which each should have a picture. */
class Labels {
  readonly seen = new Set<string>();
  readonly #folder: string;
  readonly #problems: ProblemLog;

  constructor(folder: string, problems: ProblemLog) {
    this.#folder = folder;
    this.#problems = problems;
  }

  async tellLonely(sources: readonly PictureSource[]): Promise<void> {
    const folders = sources.filter(({ isList }) => !isList).map(({ path }) => labelFolder(path));
    for (const below of new Set(folders)) {
      for await (const label of filesUnder(this.#folder, below)) {
        if (!label.endsWith('.txt') || this.seen.has(label) || fileNameOf(label) === 'classes.txt') continue;
        this.seen.add(label);
        this.#problems.add(label, '', 'there is no picture for this file');
      }
    }
  }
}

/** The classes by number, and what is wrong with them: a set may have them in another file, or without names. */
async function classesOf(
  folder: string,
  fields: ReadonlyMap<string, YamlValue>,
  splits: readonly Split[],
): Promise<{ readonly names: readonly string[]; readonly wrong: string | null }> {
  const named = namesOf(fields.get('names'));
  const names = named.length > 0 ? named : await namesBeside(folder);
  if (names.length > 0) return { names, wrong: null };
  const count = Math.min(wholeOf(fields.get('nc'), 0), 100_000);
  const numbers = Array.from({ length: count }, (_, at) => String(at));
  return {
    names: count > 0 ? numbers : await countedNames(folder, splits),
    wrong: 'the classes have no names; their numbers are taken',
  };
}

async function* picturesOf(
  folder: string,
  { path: below, isList }: PictureSource,
  problems: ProblemLog,
): AsyncGenerator<string> {
  if (!isList) {
    for await (const path of filesUnder(folder, below)) if (isPicture(path)) yield path;
    return;
  }
  const lines = ((await listIfThere(inside(folder, below))) ?? '').split(/\r?\n/);
  const ownData = await isFolder(inside(folder, 'data'));
  const tails = new TailFinder(folder);
  for (const [index, line] of lines.entries()) {
    const path = line.trim();
    if (path === '') continue;
    const safe = isAbsolutePath(path) ? absolute(path, tails) : listed(path, below, ownData);
    if (safe !== null) yield safe;
    else problems.add(below, `line ${index + 1}`, "the path leaves the set's folder");
  }
}

/** An absolute path is of the writer's machine: what is there by its last parts, or what it says from `images` on. */
function absolute(path: string, tails: TailFinder): string | null {
  const found = tails.find(path);
  if (found !== null) return found;
  const unified = path.replaceAll('\\', '/');
  const at = unified.indexOf('/images/');
  return at < 0 ? null : safeRelative(unified.slice(at + 1));
}

/**
 * A path out of a list, from the set's folder: `./` is from the list's own folder; `data/` is darknet's name for the
 * set, unless there is such a folder.
 */
function listed(path: string, list: string, ownData: boolean): string | null {
  const unified = path.replaceAll('\\', '/');
  if (unified.startsWith('./')) return withoutWayUp(`${folderOf(list)}/${unified}`.replace(/^\/+/, ''));
  return withoutWayUp(ownData ? unified : unified.replace(/^data\//, ''));
}

/** Numbers as names, up to the highest class in the first label files. */
async function countedNames(folder: string, splits: readonly Split[]): Promise<string[]> {
  let highest = -1;
  let files = 0;
  for (const { path: below, isList } of splits.flatMap(({ sources }) => sources)) {
    if (isList) continue;
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
