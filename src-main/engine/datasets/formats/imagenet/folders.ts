import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder } from '../../files/folder.ts';
import { inside, isPicture } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  noAttributes,
  noCategories,
  ProblemLog,
} from '../../model/index.ts';
import { below, foldersIn, imageItem, type SubsetFolder, UniqueIds } from '../common/read.ts';

/** The folder of pictures without a class. */
export const noLabel = 'no_label';

async function mustBeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${folder}.`);
}

/** Reads `<class>/<picture>`. Folders in a class's folder are parts of the pictures' names. */
export async function readClassFolders(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  await mustBeFolder(folder);
  return readClasses(folder, [{ subset: 'default', path: '' }], options);
}

/** Reads `<subset>/<class>/<picture>`. A class need not be in every subset. */
export async function readSubsetFolders(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  await mustBeFolder(folder);
  const subsets = (await foldersIn(folder)).map((name) => ({ subset: name, path: name }));
  return readClasses(folder, subsets, options);
}

async function readClasses(
  folder: string,
  subsets: readonly SubsetFolder[],
  options: ReadOptions,
): Promise<Dataset> {
  const problems = new ProblemLog();
  const names = new Set<string>();
  for (const { path } of subsets) {
    for (const name of await foldersIn(path === '' ? folder : inside(folder, path))) names.add(name);
  }
  // A set of pictures without a class is one all the same.
  if (!names.delete(noLabel) && names.size === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder of a class in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  const indexOf = new Map([...names].sort().map((name) => [name, builder.named(name)] as const));
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of subsets) {
        const ids = new UniqueIds();
        for await (const file of filesUnder(folder, path)) {
          options.signal?.throwIfAborted();
          if (!isPicture(file)) continue;
          const name = path === '' ? file : file.slice(path.length + 1);
          const label = name.includes('/') ? indexOf.get(name.slice(0, name.indexOf('/'))) : undefined;
          const annotations: Annotation[] = [];
          if (label !== undefined) {
            annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
          } else if (!name.startsWith(`${noLabel}/`))
            problems.add(file, '', 'the picture is in no class folder');
          yield await imageItem(folder, below(path, name), { id: ids.of(subset, name), subset, annotations });
        }
      }
    },
  };
}

/** Reads every picture under a folder. */
export async function readImageDir(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  await mustBeFolder(folder);
  return {
    categories: noCategories,
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      const ids = new UniqueIds();
      for await (const file of filesUnder(folder)) {
        options.signal?.throwIfAborted();
        if (!isPicture(file)) continue;
        yield await imageItem(folder, file, {
          id: ids.of('default', file),
          subset: 'default',
          annotations: [],
        });
      }
    },
  };
}
