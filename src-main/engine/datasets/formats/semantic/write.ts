import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { paintedClasses } from '../common/colours.ts';
import { metaText } from '../common/meta.ts';
import { colourPng, paintMasks } from '../common/paint.ts';
import { writeSet } from '../common/write.ts';

/** Writes `images/`, `masks/` in the classes' colours, and `dataset_meta.json`, in a folder for each subset if wanted. */
export function writeSemantic(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
  bySubset: boolean,
): Promise<WriteReport> {
  const { rows, shift } = paintedClasses(dataset.categories);
  const subsets = new Set<string>(bySubset ? [] : ['']);
  const start = (subset: string): string => (bySubset ? `${subset}/` : '');
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${start(item.subset)}images/${name}`,
    async each({ item, id, annotations, output, lose }) {
      if (bySubset) subsets.add(start(item.subset));
      // One more than the place in the list, so that a class for the background can be drawn, too.
      const painted = paintMasks(
        annotations,
        ({ label }) => (label === null ? 'a mask without a class' : label + shift + 1),
        lose,
      );
      if (painted === null) return;
      const png = await colourPng(painted, (number) => rows[Math.max(number - 1, 0)]!.colour);
      await output.bytes(`${start(item.subset)}masks/${id}.png`, png);
    },
    async finish(output) {
      // What was put in for painting is no class of the set; black stays what belongs to none.
      for (const subset of subsets)
        await output.text(`${subset}dataset_meta.json`, metaText(rows.slice(shift)));
    },
  });
}
