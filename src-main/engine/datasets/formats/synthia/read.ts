import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, readText } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { addClasses, type ClassRow, parseClassRows } from '../common/colours.ts';
import { linesOf } from '../common/lines.ts';
import { readMetaRows } from '../common/meta.ts';
import { classNumbers, readClassMasks } from '../common/paint.ts';
import { imageItem, Pictures, plainShape } from '../common/read.ts';
import { alClasses, randClasses, sfClasses } from './classes.ts';

export interface Kind {
  readonly name: string;
  readonly title: string;
  readonly pictures: string;
  /** Folders of masks, the first that is there is read. `GTTXT` has numbers as text, the others colours. */
  readonly masks: readonly string[];
  /** Folders that only this kind has. */
  readonly marks: readonly string[];
  readonly classes: readonly ClassRow[];
}

export const kinds: readonly Kind[] = [
  {
    name: 'synthia_rand',
    title: 'SYNTHIA-RAND',
    pictures: 'RGB',
    masks: ['GTTXT', 'GT'],
    marks: ['GT', 'GTTXT'],
    classes: randClasses,
  },
  {
    name: 'synthia_sf',
    title: 'SYNTHIA-SF',
    pictures: 'RGBLeft',
    masks: ['GTLeft'],
    marks: ['DepthLeft'],
    classes: sfClasses,
  },
  {
    name: 'synthia_al',
    title: 'SYNTHIA-AL',
    pictures: 'RGB',
    masks: ['SemSeg'],
    marks: ['Depth'],
    classes: alClasses,
  },
];

/** Reads pictures and their masks. What is black is the class Void, which is a mask like the others. */
export async function readSynthia(folder: string, kind: Kind, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  let masks = '';
  for (const name of kind.masks.toReversed()) if (await isFolder(inside(folder, name))) masks = name;
  if (masks === '')
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${kind.masks[0]} in ${folder}.`);
  const listed = parseClassRows(await linesOf(folder, 'label_colors.txt'));
  const rows = (await readMetaRows(folder)) ?? (listed.length > 0 ? listed : kind.classes);
  const builder = new CategoryBuilder();
  const labels = addClasses(builder, rows);
  const categories = builder.build();
  const numbers = classNumbers(labels, categories.colours);
  const pictures = new Pictures(folder);
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for await (const file of filesUnder(folder, masks)) {
        options.signal?.throwIfAborted();
        if (masks === 'GTTXT' ? !file.endsWith('.txt') : !isPicture(file)) continue;
        const id = stemOf(file.slice(masks.length + 1));
        const complain = (reason: string): void => problems.add(file, '', reason);
        let annotations: Annotation[] = [];
        try {
          annotations =
            masks === 'GTTXT'
              ? masksInText(await readText(inside(folder, file)), labels, complain)
              : await readClassMasks(inside(folder, file), numbers, complain);
        } catch (thrown) {
          complain(reasonOf(thrown));
        }
        const stem = `${kind.pictures}/${id}`;
        yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.png`, {
          id,
          subset: 'default',
          annotations,
        });
      }
    },
  };
}

/** A row of numbers for each row of pixels. */
function masksInText(
  text: string,
  labels: readonly number[],
  complain: (reason: string) => void,
): Annotation[] {
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const width = rows[0]?.length ?? 0;
  if (
    rows.some((row) => row.length !== width || !row.every((value) => Number.isInteger(value) && value >= 0))
  ) {
    complain('its rows are not whole numbers of one length');
    return [];
  }
  const values = rows.flat().map((value) => value + 1);
  const annotations: Annotation[] = [];
  for (const [value, counts] of splitByNumber(values, width, rows.length)) {
    const label = labels[value - 1];
    if (label === undefined) complain(`there is no class for ${value - 1}`);
    else annotations.push({ ...plainShape(label), type: 'mask', width, height: rows.length, counts });
  }
  return annotations;
}
