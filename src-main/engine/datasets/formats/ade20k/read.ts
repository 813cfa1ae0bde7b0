import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { readMeta } from '../common/meta.ts';
import { foldersIn, imageItem } from '../common/read.ts';
import { masksOf2017, masksOf2020 } from './masks.ts';
import { type AdeObject, objectsOf2017, objectsOf2020 } from './objects.ts';

/** Pictures that are annotations of another. */
const drawn = /(_seg|_parts_\d+)\.[^/.]+$|(^|\/)instance_[^/]*$/;

/** Reads `<subset>/…/<picture>.jpg` with its list of objects and its mask pictures beside it. */
export async function readAde20k(
  folder: string,
  year: 2017 | 2020,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const subsets = await foldersIn(folder);
  if (subsets.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder of a subset in ${folder}.`);
  const listed = year === 2017 ? objectsOf2017 : objectsOf2020;
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  const pictures = async function* (subset: string): AsyncGenerator<string> {
    for await (const file of filesUnder(folder, subset)) if (isPicture(file) && !drawn.test(file)) yield file;
  };
  for (const subset of subsets) {
    for await (const file of pictures(subset)) {
      // What is wrong with a list is told when it is read again.
      for (const { name } of await listed(folder, file, () => undefined).catch(() => [])) builder.named(name);
    }
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const subset of subsets) {
        for await (const file of pictures(subset)) {
          options.signal?.throwIfAborted();
          const complain = (path: string, place: string, reason: string): void =>
            problems.add(path, place, reason);
          let annotations: Annotation[] = [];
          try {
            const objects: AdeObject[] = await listed(folder, file, complain);
            const labelOf = (name: string): number => builder.named(name);
            annotations = await (year === 2017 ? masksOf2017 : masksOf2020)(
              folder,
              file,
              objects,
              labelOf,
              complain,
            );
          } catch (thrown) {
            problems.add(file, '', reasonOf(thrown));
          }
          yield await imageItem(folder, file, {
            id: stemOf(file.slice(subset.length + 1)),
            subset,
            annotations,
          });
        }
      }
    },
  };
}
