import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { writeMeta } from '../common/meta.ts';
import { isSubsetName } from '../common/read.ts';
import { rowOf } from '../common/rows.ts';
import { writeSet } from '../common/write.ts';

/** Writes `<subset>/metadata.jsonl` with a row for each picture beside it. The rows have classes by their names. */
export function writeImagefolder(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const start = (subset: string): string => (subset === 'default' ? '' : `${subset}/`);
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${start(item.subset)}${name}`,
    async each(work) {
      const { item, name, sinks, note } = work;
      if (item.subset !== 'default' && !isSubsetName(item.subset))
        note(`the subset ${item.subset} becomes a part of the names`);
      const row = { file_name: name, ...rowOf(work, labels) };
      await sinks.add(`${start(item.subset)}metadata.jsonl`, `${JSON.stringify(row)}\n`);
    },
    // Classes that no picture is of, and the order of all, are in no row.
    finish: (output) => writeMeta(output, labels),
  });
}
