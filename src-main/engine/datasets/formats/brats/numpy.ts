import { RefineryError } from '../../../../contract/errors.ts';
import { isFile } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { readNpy } from '../common/npy.ts';
import { unpickle } from '../common/pickle.ts';
import { idsFile } from './layout.ts';
import { namesByNumber, slicesOf, type Volume } from './slices.ts';

const boxesFile = 'val_brain_bbox.p';

/**
 * Reads volumes that were cropped for a training: their names in `val_ids.p`, a pickled list, and of each
 * `<name>_data_cropped.npy` (channel, slice, column, row) with the classes in `<name>_label_cropped.npy`.
 */
export async function readBratsNumpy(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const listed = inside(folder, idsFile);
  if (!(await isFile(listed)))
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${idsFile} in ${folder}.`);
  const ids = await unpickle(listed);
  if (!Array.isArray(ids)) throw new RefineryError('INPUT_CORRUPT', `${idsFile} holds no list of names.`);
  const builder = new CategoryBuilder();
  const names = (await namesFile(folder, 'labels')) ?? (await namesByNumber(classVolumes(folder, ids)));
  for (const name of names) builder.named(name);
  if (await isFile(inside(folder, boxesFile)))
    problems.add(boxesFile, '', 'boxes around whole volumes have no place among slices');
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const [place, given] of ids.entries()) {
        options.signal?.throwIfAborted();
        const id = typeof given === 'string' ? safeRelative(given) : null;
        if (id === null) {
          problems.add(idsFile, `entry ${place}`, "the volume's name is missing or leaves the set's folder");
          continue;
        }
        const data = `${id}_data_cropped.npy`;
        const masks = `${id}_label_cropped.npy`;
        const complain = (reason: string, of = data): void => problems.add(of, '', reason);
        try {
          const path = inside(folder, data);
          const volume = await readVolume(path);
          const numbers = (await isFile(inside(folder, masks)))
            ? await readVolume(inside(folder, masks))
            : null;
          yield* slicesOf({
            id,
            subset: 'default',
            path,
            volume,
            numbers,
            masks,
            classes: builder.size,
            complain,
          });
        } catch (thrown) {
          options.signal?.throwIfAborted();
          complain(reasonOf(thrown));
        }
      }
    },
  };
}

/** The volumes of the classes that can be read. */
async function* classVolumes(folder: string, ids: readonly unknown[]): AsyncGenerator<Volume> {
  for (const given of ids) {
    const id = typeof given === 'string' ? safeRelative(given) : null;
    const path = id === null ? null : inside(folder, `${id}_label_cropped.npy`);
    const volume = path === null ? null : await readVolume(path).catch(() => null);
    if (volume !== null) yield volume;
  }
}

/** The first channel. */
async function readVolume(path: string): Promise<Volume> {
  const { shape, at } = await readNpy(path);
  const [, slices = 0, width = 0, height = 0] = shape;
  if (shape.length !== 4 || shape.some((side) => side < 1))
    throw new Error('it has not the four sides channel, slice, column and row');
  const pixels = width * height;
  return {
    width,
    height,
    slices,
    at(index) {
      const place = index % pixels;
      return at(0, Math.floor(index / pixels), place % width, Math.floor(place / width));
    },
  };
}
