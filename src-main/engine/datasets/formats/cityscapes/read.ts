import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { addClasses, type ClassRow, isBlack, parseClassRows } from '../common/colours.ts';
import { linesOf } from '../common/lines.ts';
import { readMetaRows } from '../common/meta.ts';
import { foldersIn, imageItem } from '../common/read.ts';
import { cityscapesClasses, trainedClasses } from './classes.ts';
import { annotationsOf, type Kind, kinds } from './pictures.ts';
import { classFile } from './write.ts';

/** An item's files by what they are. */
type Files = Partial<Record<Kind, string>>;

/**
 * Reads `gtFine/<subset>/[<city>/]<id>_gtFine_instanceIds.png` (or labelIds, labelTrainIds, polygons) and the pictures in
 * `leftImg8bit/<subset>/`.
 */
export async function readCityscapes(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const root = (await isFolder(inside(folder, 'gtFine'))) ? 'gtFine' : 'gtCoarse';
  const hasList =
    (await isFile(inside(folder, classFile))) && (await isFolder(inside(folder, 'leftImg8bit')));
  // Where nothing is drawn there are pictures and our list of classes.
  if (!(await isFolder(inside(folder, root))) && !hasList) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder gtFine in ${folder}.`);
  }
  const subsets = new Set([
    ...(await foldersIn(inside(folder, root))),
    ...(await foldersIn(inside(folder, 'leftImg8bit'))),
  ]);
  const files = async (subset: string): Promise<Map<string, Files>> => {
    const found = new Map<string, Files>();
    for await (const file of filesUnder(folder, `${root}/${subset}`)) {
      const kind = kinds.find((name) => stemOf(file).endsWith(`_${root}_${name}`));
      if (kind === undefined) continue;
      const id = stemOf(file).slice(`${root}/${subset}/`.length, -`_${root}_${kind}`.length);
      found.set(id, { ...found.get(id), [kind]: file });
    }
    return found;
  };
  const builder = new CategoryBuilder();
  let trained = false;
  for (const subset of subsets) {
    for (const kindsOf of (await files(subset)).values()) {
      trained ||=
        kindsOf.instanceIds === undefined && kindsOf.labelIds === undefined && 'labelTrainIds' in kindsOf;
    }
  }
  const labels = addClasses(builder, await classRows(folder, trained));
  const categories = builder.build();
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for (const subset of [...subsets].sort()) {
        const drawn = await files(subset);
        const pictures = new Map<string, string>();
        for await (const file of filesUnder(folder, `leftImg8bit/${subset}`)) {
          const id = stemOf(file)
            .slice(`leftImg8bit/${subset}/`.length)
            .replace(/_leftImg8bit$/, '');
          if (isPicture(file)) pictures.set(id, file);
        }
        for (const id of [...new Set([...drawn.keys(), ...pictures.keys()])].sort()) {
          options.signal?.throwIfAborted();
          let annotations: Annotation[] = [];
          for (const kind of kinds) {
            const file = drawn.get(id)?.[kind];
            if (file === undefined) continue;
            const complain = (place: string, reason: string): void => problems.add(file, place, reason);
            annotations = await annotationsOf(
              inside(folder, file),
              kind,
              labels,
              categories,
              trained,
              complain,
            );
            break;
          }
          const picture = pictures.get(id) ?? `leftImg8bit/${subset}/${id}_leftImg8bit.png`;
          yield await imageItem(folder, picture, { id, subset, annotations });
        }
      }
    },
  };
}

/** The classes by their numbers in mask pictures. Where none is black, a background comes first. */
async function classRows(folder: string, trained: boolean): Promise<readonly ClassRow[]> {
  const listed = parseClassRows(await linesOf(folder, classFile));
  const own = (await readMetaRows(folder)) ?? (listed.length > 0 ? listed : null);
  if (own === null) return trained ? trainedClasses : cityscapesClasses;
  const hasBackground = own.some(({ name, colour }) => isBlack(colour) || name === 'background');
  return hasBackground || trained ? own : [{ name: 'background', colour: [0, 0, 0] }, ...own];
}
