import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { isCrowd, type Mask } from '../../model/index.ts';
import { withBackgroundFirst } from '../../transforms/labels.ts';
import { classRowsText, paintedClasses } from '../common/colours.ts';
import { grey16Png } from '../common/masks.ts';
import { colourPng, grey8Png, paintMasks } from '../common/paint.ts';
import { writeSet } from '../common/write.ts';
import { perClass } from './pictures.ts';

export const classFile = 'label_colors.txt';

/** Most classes and objects of one: 64 × 1000 + 999 is all that 16 bits hold. */
const mostClasses = 65;

/**
 * Writes `gtFine/<subset>/` with numbers of objects, of classes, and colours, and `leftImg8bit/<subset>/`. Of a class, one
 * mask is a region with the class's number; several get numbers of their own, as do those that are said to be no crowd.
 */
export function writeCityscapes(
  given: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const dataset = withBackgroundFirst(given);
  const { rows, shift } = paintedClasses(dataset.categories);
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) =>
      `leftImg8bit/${item.subset}/${name.replace(/(\.[^./]*)?$/, (ending) => `_leftImg8bit${ending}`)}`,
    async each({ item, id, annotations, output, lose }) {
      const masks = annotations.filter((part): part is Mask => part.type === 'mask');
      const counts = new Map<number | null, number>();
      for (const { label } of masks) counts.set(label, (counts.get(label) ?? 0) + 1);
      const numbers = new Map<number, number>();
      const painted = paintMasks(
        annotations,
        (mask) => {
          if (mask.label === null) return 'a mask without a class';
          const number = mask.label + shift;
          if (number === 0) return 'a mask of the background, which is what no mask covers';
          if (number >= mostClasses) return 'a mask of a class beyond the 64th';
          if (isCrowd(mask.attributes)) return number;
          if (counts.get(mask.label) === 1 && mask.attributes.get('is_crowd') !== false) return number;
          const next = numbers.get(number) ?? 0;
          if (next >= perClass) return 'more than 1000 masks of one class';
          numbers.set(number, next + 1);
          return number * perClass + next;
        },
        lose,
      );
      if (painted === null) return;
      const classes = {
        ...painted,
        values: painted.values.map((value) => (value < perClass ? value : Math.floor(value / perClass))),
      };
      const start = `gtFine/${item.subset}/${id}_gtFine`;
      await output.bytes(
        `${start}_instanceIds.png`,
        await grey16Png(Uint16Array.from(painted.values), painted),
      );
      await output.bytes(`${start}_labelIds.png`, await grey8Png(classes));
      await output.bytes(`${start}_color.png`, await colourPng(classes, (number) => rows[number]!.colour));
    },
    finish: (output) => output.text(classFile, classRowsText(rows)),
  });
}
