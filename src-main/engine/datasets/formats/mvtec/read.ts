import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { boundsOf, unionOf } from '../../masks.ts';
import { type Annotation, CategoryBuilder, noAttributes, ProblemLog } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { readGrey } from '../common/masks.ts';
import {
  below,
  foldersIn,
  imageItem,
  Pictures,
  plainShape,
  subsetFolders,
  withFolder,
} from '../common/read.ts';

export type MvtecTask = 'all' | 'classification' | 'detection' | 'segmentation';

export const maskFolder = 'ground_truth';

/** Whether there are folders in a folder, as a subset's classes are. */
async function hasClassFolders(path: string): Promise<boolean> {
  for (const name of await foldersIn(path)) if ((await foldersIn(inside(path, name))).length > 0) return true;
  return false;
}

/** Reads `[<object>/]<subset>/<class>/<picture>` with masks in `ground_truth/<class>/<picture>_mask.png`. */
export async function readMvtec(
  folder: string,
  task: MvtecTask,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  // The whole of MVTec AD has a folder for each kind of object, each laid out like a set of its own.
  const drawn = await subsetFolders(folder, withFolder(maskFolder));
  // Where nothing is drawn there is no such folder.
  const parts = drawn.length > 0 ? drawn : await subsetFolders(folder, hasClassFolders);
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${maskFolder} in ${folder}.`);
  const places: { readonly part: string; readonly subset: string; readonly path: string }[] = [];
  const names = new Set<string>();
  for (const { path: part } of parts) {
    for (const subset of await foldersIn(part === '' ? folder : inside(folder, part))) {
      const path = below(part, subset);
      if (subset === maskFolder || !(await isFolder(inside(folder, path)))) continue;
      places.push({ part, subset, path });
      for (const name of await foldersIn(inside(folder, path))) names.add(name);
    }
  }
  const builder = new CategoryBuilder();
  for (const name of [...names].sort()) builder.named(name);
  const masks = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { part, subset, path } of places) {
        for await (const file of filesUnder(folder, path)) {
          options.signal?.throwIfAborted();
          if (!isPicture(file)) continue;
          const own = stemOf(file.slice(path.length + 1));
          const label = own.includes('/') ? builder.find(own.slice(0, own.indexOf('/'))) : undefined;
          const annotations: Annotation[] = [];
          if (label === undefined) problems.add(file, '', 'the picture is in no class folder');
          else {
            const drawn =
              task === 'classification' ? null : await masks.find(below(part, `${maskFolder}/${own}_mask`));
            const complain = (reason: string): void => problems.add(drawn!, '', reason);
            if (drawn !== null)
              annotations.push(...(await drawnIn(inside(folder, drawn), task, label, complain)));
            if (annotations.length === 0 || task === 'all') {
              annotations.unshift({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
            }
          }
          yield await imageItem(folder, file, { id: below(part, own), subset, annotations });
        }
      }
    },
  };
}

/** What a mask picture shows: one mask of all that isn't black, or a box around each of its values. */
async function drawnIn(
  path: string,
  task: MvtecTask,
  label: number,
  complain: (reason: string) => void,
): Promise<Annotation[]> {
  try {
    const { width, height, values } = await readGrey(path);
    const parts = [...splitByNumber(values, width, height).values()];
    if (parts.length === 0) return [];
    if (task !== 'detection') {
      return [{ ...plainShape(label), type: 'mask', width, height, counts: unionOf(parts, width, height) }];
    }
    return parts.map((counts) => ({ ...plainShape(label), type: 'box', ...boundsOf({ counts, height })! }));
  } catch (thrown) {
    complain(reasonOf(thrown));
    return [];
  }
}
