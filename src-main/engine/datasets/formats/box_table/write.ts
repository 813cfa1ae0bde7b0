import { isPicture } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { csvText } from '../common/csv.ts';
import { writeMeta } from '../common/meta.ts';
import { splitSubset } from '../common/read.ts';
import { type Work, writeSet } from '../common/write.ts';
import { tableName } from './places.ts';

const columns = ['filename', 'width', 'height', 'class', 'xmin', 'ymin', 'xmax', 'ymax'];

const inSubset = (subset: string, path: string): string =>
  subset === 'default' ? path : `${subset}/${path}`;

/**
 * Writes `<subset>/_annotations.csv` beside the pictures, as Roboflow does. A picture without boxes has no row; it is
 * known by lying there.
 */
export function writeBoxTable(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const names = labels.map(({ name }) => name);
  const places = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => inSubset(item.subset, name),
    async each(work) {
      const { item, name, sinks, note } = work;
      const place = inSubset(item.subset, name);
      if (places.has(place)) note("another subset's picture has this path, and both become one");
      places.add(place);
      const rows = rowsOf(work, names);
      if (rows.length === 0) tellOfEmpty(work, options.media === 'copy');
      await sinks.add(inSubset(item.subset, tableName), csvText(rows), csvText([columns]));
    },
    finish: (output) => writeMeta(output, labels),
  });
}

function rowsOf({ name, annotations, size }: Work, names: readonly string[]): (string | number)[][] {
  const rows: (string | number)[][] = [];
  for (const part of annotations) {
    if (part.type !== 'box') continue;
    const { x, y, width, height, label } = part;
    const own = label === null ? '' : names[label]!;
    rows.push([name, size?.width ?? '', size?.height ?? '', own, x, y, x + width, y + height]);
  }
  return rows;
}

/** Says where a picture without a row would not be found again as it was. */
function tellOfEmpty({ item, name, note }: Work, copies: boolean): void {
  if (!copies || item.media === null || !isPicture(name))
    note('a picture without boxes has no row in the table, and is not written beside it');
  else if (item.subset === 'default' && splitSubset(name).subset !== 'default')
    note("a picture without boxes has no row, and the item's folder may be taken for a subset");
}
