import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { withBackgroundFirst } from '../../transforms/labels.ts';
import { classRowsText, paintedClasses } from '../common/colours.ts';
import { colourPng, paintMasks } from '../common/paint.ts';
import { writeSet } from '../common/write.ts';

export const classFile = 'label_colors.txt';

/** Writes `<subset>/`, `<subset>annot/` in the classes' colours, `<subset>.txt` and `label_colors.txt`. */
export function writeCamvid(
  given: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const dataset = withBackgroundFirst(given);
  const { rows, shift } = paintedClasses(dataset.categories);
  let background = false;
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/${name}`,
    async each({ item, id, name, annotations, output, sinks, lose, note }) {
      const painted = paintMasks(
        annotations,
        ({ label }) => (label === null ? 'a mask without a class' : label + shift + 1),
        lose,
      );
      let mask = '';
      if (painted !== null) {
        mask = `${item.subset}annot/${id}.png`;
        background ||= painted.values.includes(1);
        await output.bytes(mask, await colourPng(painted, (number) => rows[Math.max(number - 1, 0)]!.colour));
      }
      if (name.includes('"')) note('the name has a quote in it, which ends it in the list');
      const quote = /\s/.test(name + item.subset) ? '"' : '';
      const line = [`/${item.subset}/${name}`, mask].map((path) => `${quote}${path}${quote}`).join(' ');
      await sinks.add(`${item.subset}.txt`, `${line}\n`);
    },
    async finish(output) {
      // A background that nothing is of is left out: listed, it would come back as a mask in every picture.
      const listed = background || rows[0]?.name !== 'background' ? rows : rows.slice(1);
      await output.text(classFile, classRowsText(listed));
    },
  });
}
