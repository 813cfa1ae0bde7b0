import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { namesText } from '../common/lines.ts';
import { grey16Png } from '../common/masks.ts';
import { grey8Png, paintMasks, valueOfClass } from '../common/paint.ts';
import { joinSubset } from '../common/read.ts';
import { writeSet } from '../common/write.ts';
import { isBackground } from './classes.ts';

/** Writes `images/[<subset>/]`, `masks/[<subset>/]` with a value for each class, and classes.txt, whose first line is 0. */
export function writeMaskDirs(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const first = labels[0];
  const shift = first !== undefined && isBackground(first.name) ? 0 : 1;
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `images/${joinSubset(item.subset, name, () => undefined)}`,
    async each({ item, id, size, annotations, output, lose, note }) {
      const painted = paintMasks(annotations, valueOfClass(shift), lose);
      const path = `masks/${joinSubset(item.subset, `${id}.png`, note)}`;
      if (painted === null && size === null) return;
      // A picture without masks is all background.
      const drawn = painted ?? { ...size!, values: new Int32Array(size!.width * size!.height) };
      const isWide = labels.length + shift > ignoredValue;
      await output.bytes(
        path,
        isWide ? await grey16Png(Uint16Array.from(drawn.values), drawn) : await grey8Png(drawn),
      );
    },
    finish: (output) =>
      output.text('classes.txt', namesText(shift === 0 ? labels : [{ name: 'background' }, ...labels])),
  });
}

/** The value that training passes over, which is no class's in masks of 8 bits. */
const ignoredValue = 255;
