import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { numberedMasks } from '../common/paint.ts';
import { below, imageItem, Pictures, plainShape, subsetFolders, withFolder } from '../common/read.ts';

/** A mask picture's number is the class times this, plus the track. */
export const perClass = 1000;

/** The number of what must not be counted, in the original. */
const ignored = 10_000;

const ownNames = ['background', 'car', 'pedestrian'];

/**
 * Reads `[<subset>/]instances/<id>.png`, 16 bits, whose numbers are 1000 × class + track. Classes are counted from 1
 * in the order of `instances/labels.txt`; without that file, car is 1 and pedestrian 2, as in MOTS20.
 */
export async function readMots(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const subsets = await subsetFolders(folder, withFolder('instances'));
  if (subsets.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder instances in ${folder}.`);
  const builder = new CategoryBuilder();
  const labelsOf = new Map<string, readonly number[]>();
  for (const { path } of subsets) {
    const own = await namesFile(folder, below(path, 'instances/labels.txt'));
    const indices = (own ?? ownNames).map((name) => builder.named(name));
    // Without a list, the background is class 0.
    labelsOf.set(path, own === null ? indices : [-1, ...indices]);
  }
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of subsets) {
        const seen = new Set<string>();
        const instances = below(path, 'instances');
        for await (const file of filesUnder(folder, instances)) {
          options.signal?.throwIfAborted();
          if (!isPicture(file)) continue;
          const id = stemOf(file.slice(instances.length + 1));
          seen.add(id);
          const annotations = await masksOf(folder, file, labelsOf.get(path)!, problems);
          const stem = below(path, `images/${id}`);
          yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.jpg`, {
            id,
            subset,
            annotations,
          });
        }
        const images = below(path, 'images');
        if (!(await isFolder(inside(folder, images)))) continue;
        for await (const file of filesUnder(folder, images)) {
          const id = stemOf(file.slice(images.length + 1));
          if (isPicture(file) && !seen.has(id))
            yield await imageItem(folder, file, { id, subset, annotations: [] });
        }
      }
    },
  };
}

function masksOf(
  folder: string,
  file: string,
  labels: readonly number[],
  problems: ProblemLog,
): Promise<Annotation[]> {
  return numberedMasks(folder, file, problems, (number) => {
    if (number === 0) return null;
    const label = labels[Math.floor(number / perClass)];
    if (number !== ignored && label !== undefined && label >= 0)
      return plainShape(label, new Map([['track_id', number % perClass]]));
    if (number === ignored) problems.add(file, '', 'a region that is to be ignored');
    else problems.add(file, `number ${number}`, 'there is no class of this number');
    return null;
  });
}
