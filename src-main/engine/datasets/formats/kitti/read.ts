import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { isPicture, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, type Colour, numberOf, ProblemLog } from '../../model/index.ts';
import { linesOf, ownLines } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';
import { numberedMasks } from '../common/paint.ts';
import { below, imageItem, plainShape, subsetFolders, take, withFolder } from '../common/read.ts';
import { vocColour } from '../voc/labels.ts';
import { kittiClasses } from './classes.ts';
import { splitLine, toBox } from './lines.ts';

export type KittiTask = 'all' | 'detection' | 'segmentation';

/** Files of a folder by what they have in common: their path in it without the ending. */
async function stemsIn(
  folder: string,
  path: string,
  takes: (path: string) => boolean,
): Promise<Map<string, string>> {
  const stems = new Map<string, string>();
  for await (const file of filesUnder(folder, path)) {
    if (takes(file)) stems.set(stemOf(file.slice(path.length + 1)), file);
  }
  return stems;
}

/** Reads `[<subset>/]image_2/`, with boxes in `label_2/` and masks in `instance/`. */
export async function readKitti(
  folder: string,
  task: KittiTask,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const boxes = task !== 'segmentation';
  const masks = task !== 'detection';
  const marks = [...(boxes ? ['label_2'] : []), ...(masks ? ['instance'] : [])];
  const parts = await subsetFolders(folder, withFolder(...marks, 'image_2'));
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${marks[0]} in ${folder}.`);
  const builder = new CategoryBuilder();
  const numbers = await readClasses(folder, masks, builder);
  if (boxes) {
    for (const { path } of parts) {
      for await (const file of filesUnder(folder, below(path, 'label_2'))) {
        for (const [, line] of await ownLines(folder, file)) {
          const name = splitLine(line)?.name;
          if (name !== undefined) builder.named(name);
        }
      }
    }
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of parts) {
        const pictures = await stemsIn(folder, below(path, 'image_2'), isPicture);
        const ids = new Set(pictures.keys());
        const texts = boxes
          ? await stemsIn(folder, below(path, 'label_2'), (name) => name.endsWith('.txt'))
          : new Map();
        const drawn = masks ? await stemsIn(folder, below(path, 'instance'), isPicture) : new Map();
        for (const id of [...texts.keys(), ...drawn.keys()]) ids.add(id);
        for (const id of [...ids].sort()) {
          options.signal?.throwIfAborted();
          const annotations: Annotation[] = [];
          const text: string | undefined = texts.get(id);
          for (const [index, [number, line]] of (text === undefined
            ? []
            : await ownLines(folder, text)
          ).entries()) {
            const split = splitLine(line);
            const made = split === null ? 'the line has neither 14 nor 15 numbers' : undefined;
            take(made ?? toBox(split!, builder.find(split!.name)!, index), annotations, (reason) =>
              problems.add(text!, `line ${number}`, reason),
            );
          }
          const instances: string | undefined = drawn.get(id);
          if (instances !== undefined)
            annotations.push(...(await masksOf(folder, instances, numbers, problems)));
          const picture = pictures.get(id) ?? below(path, `image_2/${id}.png`);
          yield await imageItem(folder, picture, { id, subset, annotations });
        }
      }
    },
  };
}

/** Adds the classes that are known beforehand; returns label indices by the numbers in mask pictures. */
async function readClasses(
  folder: string,
  masks: boolean,
  builder: CategoryBuilder,
): Promise<readonly number[]> {
  const meta = await readMeta(folder);
  const listed = await linesOf(folder, 'label_colors.txt');
  if (masks && (listed.length > 0 || meta === null)) {
    const rows = listed.length === 0 ? [...kittiClasses] : [];
    for (const [, line] of listed) {
      // Datumaro leaves the colours out where its source has none.
      const [, red, green, blue, name = ''] = /^(?:(\d+)\s+(\d+)\s+(\d+)\s+)?(.*)$/.exec(line) ?? [];
      const own: Colour = [numberOf(red), numberOf(green), numberOf(blue)];
      rows.push({ name, colour: own.every((value) => value <= 255) ? own : vocColour(rows.length + 1) });
    }
    return rows.map(({ name, colour }) => {
      const label = builder.named(name);
      builder.colour(label, colour);
      return label;
    });
  }
  return (meta ?? []).map((name) => builder.named(name));
}

/**
 * `instance/<id>.png` has 256 × class + number; number 0 is a region of the class without objects in it. Class 0 with
 * number 0 is where nothing is, which Datumaro takes for a crowd of the first class.
 */
function masksOf(
  folder: string,
  file: string,
  labels: readonly number[],
  problems: ProblemLog,
): Promise<Annotation[]> {
  return numberedMasks(folder, file, problems, (value) => {
    const label = labels[value >> 8];
    const id = value % 256;
    if (label !== undefined) return plainShape(label, new Map([['is_crowd', id === 0]]), id);
    problems.add(file, `class ${value >> 8}`, 'there is no class of this number');
    return null;
  });
}
