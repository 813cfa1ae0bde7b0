import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, listIfThere } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, type Item, ProblemLog } from '../../model/index.ts';
import { below, splitSubset, subsetFolders } from '../common/read.ts';
import { UniquePictures } from './ids.ts';
import { readItem } from './item.ts';
import { listedNames } from './names.ts';

/** Files with a class a line that tools leave beside pictures: darknet's, labelImg's and Roboflow's. */
export const classLists = ['obj.names', 'classes.txt', '_darknet.labels'] as const;

/** Pictures and label files beside each other, with a list of the classes. */
interface LooseFolder {
  /** Of all pictures in it; null where each folder in it that is called as one is a subset. */
  readonly subset: string | null;
  readonly path: string;
  /** The classes of the set by the numbers of this folder. */
  readonly numbers: readonly number[];
}

/**
 * Reads pictures and label files that lie beside each other: labelImg writes them into a folder with `classes.txt`,
 * Roboflow into one for each subset with a `_darknet.labels` of its own.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND` where there is no list of classes.
 */
export async function readLoose(folder: string, options: ReadOptions): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const found = await subsetFolders(folder, async (path) => (await listIn(path)) !== undefined);
  const parts: LooseFolder[] = [];
  for (const { subset, path } of found) {
    const list = (await listIn(path === '' ? folder : inside(folder, path)))!;
    const add = builder.scope();
    const names = listedNames((await listIfThere(inside(folder, below(path, list)))) ?? '');
    const numbers = names.map((name) => add({ name, parent: '', attributes: [] }));
    parts.push({ subset: path === '' ? null : subset, path, numbers });
  }
  if (parts.length === 0) throw noClasses(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    items: () => looseItems(folder, parts, problems, options),
  };
}

export const noClasses = (folder: string): RefineryError =>
  new RefineryError('INPUT_NOT_FOUND', `There is no file with the names of the classes in ${folder}.`);

async function listIn(folder: string): Promise<string | undefined> {
  for (const name of classLists) if (await isFile(inside(folder, name))) return name;
  return undefined;
}

async function* looseItems(
  folder: string,
  parts: readonly LooseFolder[],
  problems: ProblemLog,
  { signal }: ReadOptions,
): AsyncGenerator<Item> {
  let labelled = false;
  const unique = new Map<string, UniquePictures>();
  for (const { subset: own, path, numbers } of parts) {
    const reading = { folder, kind: 'detect' as const, shape: null, classes: numbers.length, problems };
    const isSame = numbers.every((number, at) => number === at);
    for await (const picture of filesUnder(folder, path)) {
      signal?.throwIfAborted();
      if (!isPicture(picture)) continue;
      const stem = stemOf(picture);
      const label = `${stem}.txt`;
      labelled ||= await isFile(inside(folder, label));
      const { subset, rest } =
        own === null ? splitSubset(stem) : { subset: own, rest: stem.slice(path.length + 1) };
      const ids = unique.get(subset) ?? new UniquePictures();
      unique.set(subset, ids);
      const item = await readItem(reading, ids.of(rest, picture) ?? picture, subset, picture, label);
      const annotations = isSame
        ? item.annotations
        : item.annotations.map((annotation) => renumbered(annotation, numbers));
      yield { ...item, annotations };
    }
  }
  if (!labelled) problems.add('', '', 'no picture has a label file beside it');
}

function renumbered(annotation: Annotation, numbers: readonly number[]): Annotation {
  if (!('label' in annotation) || annotation.label === null) return annotation;
  return { ...annotation, label: numbers[annotation.label]! };
}
