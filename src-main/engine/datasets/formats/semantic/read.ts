import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { addClasses } from '../common/colours.ts';
import { metaFile, readMetaRows } from '../common/meta.ts';
import { type ClassNumbers, classNumbers, readClassMasks } from '../common/paint.ts';
import { below, imageItem, type SubsetFolder, subsetFolders, withFolder } from '../common/read.ts';

/** Whether a folder has pictures and a list of classes. */
const hasList = async (path: string): Promise<boolean> =>
  (await isFolder(inside(path, 'images'))) && (await isFile(inside(path, metaFile)));

/** Reads `[<subset>/]images/`, `masks/` and `dataset_meta.json`. A picture without a mask is an item without one. */
export async function readSemantic(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const parts: (SubsetFolder & { readonly labels: readonly number[] })[] = [];
  const hasMasks = withFolder('masks');
  // Where nothing is drawn there are no masks.
  const isPart = async (path: string): Promise<boolean> => (await hasMasks(path)) || hasList(path);
  for (const part of await subsetFolders(folder, isPart)) {
    const rows = await readMetaRows(part.path === '' ? folder : inside(folder, part.path));
    // The classes of all subsets may stand at one place.
    const shared = rows ?? (part.path === '' ? null : await readMetaRows(folder));
    if (shared === null)
      problems.add(below(part.path, metaFile), '', 'the list of the classes is missing or damaged');
    parts.push({ ...part, labels: addClasses(builder, shared ?? []) });
  }
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder masks in ${folder}.`);
  const categories = builder.build();
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path, labels } of parts) {
        const numbers = classNumbers(labels, categories.colours);
        const [pictures, masks] = [
          await pathsIn(folder, path, 'images'),
          await pathsIn(folder, path, 'masks'),
        ];
        for (const id of [...new Set([...pictures.keys(), ...masks.keys()])].sort()) {
          options.signal?.throwIfAborted();
          const mask = masks.get(id);
          const annotations = mask === undefined ? [] : await masksOf(folder, mask, numbers, problems);
          const picture = pictures.get(id) ?? below(path, `images/${id}.jpg`);
          yield await imageItem(folder, picture, { id, subset, annotations });
        }
      }
    },
  };
}

/** Pictures in a folder of a part by their path in it without the ending. */
async function pathsIn(folder: string, part: string, name: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const start = below(part, name);
  for await (const file of filesUnder(folder, start)) {
    if (isPicture(file)) found.set(stemOf(file.slice(start.length + 1)), file);
  }
  return found;
}

async function masksOf(
  folder: string,
  file: string,
  numbers: ClassNumbers,
  problems: ProblemLog,
): Promise<Annotation[]> {
  try {
    return await readClassMasks(inside(folder, file), numbers, (reason) => problems.add(file, '', reason));
  } catch (thrown) {
    problems.add(file, '', reasonOf(thrown));
    return [];
  }
}
