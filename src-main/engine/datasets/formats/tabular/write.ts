import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { AttributeValue } from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { writeMeta } from '../common/meta.ts';
import { pictureClasses, writeSet } from '../common/write.ts';

/** Columns with a meaning of their own. */
const own = ['image', 'label', 'text'] as const;

const cell = (value: AttributeValue | undefined): string | number =>
  value === undefined || value === null
    ? ''
    : typeof value === 'number' || typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** Writes `<subset>.csv` with the picture's path, its class, its text, and a column for each attribute of items. */
export async function writeTabular(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  // The head stands before the first row, so that the set is read twice.
  const names = new Set<string>();
  for await (const { attributes } of dataset.items()) for (const name of attributes.keys()) names.add(name);
  const columns = [...names].filter((name) => !own.includes(name.toLowerCase() as (typeof own)[number]));
  const head = csvText([[...own, ...columns]]);
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `images/${item.subset}/${name}`,
    async each(work) {
      const { item, name, annotations, sinks, lose, note } = work;
      const [label, ...more] = pictureClasses(work);
      for (const _ of more) lose('a second class of a row: there is one column for it');
      const texts = annotations.filter((part) => part.type === 'caption').map(({ text }) => text);
      for (const _ of texts.slice(1)) lose('a second text of a row: there is one column for it');
      for (const key of item.attributes.keys()) {
        if (names.has(key) && !columns.includes(key))
          note(`the attribute ${key} has no place: the name has another meaning`);
      }
      const row = [
        item.media === null ? '' : name,
        label === undefined ? '' : labels[label]!.name,
        texts[0] ?? '',
        ...columns.map((column) => cell(item.attributes.get(column))),
      ];
      await sinks.add(`${item.subset}.csv`, csvText([row]), head);
    },
    finish: (output) => writeMeta(output, labels),
  });
}
