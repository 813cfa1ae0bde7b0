import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, ReadOptions, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, CategoryBuilder, numberOf, ProblemLog } from '../../model/index.ts';
import { type CsvRow, csvRows, csvText } from '../common/csv.ts';
import { readMeta, writeMeta } from '../common/meta.ts';
import { below, imageItem, plainShape, take } from '../common/read.ts';
import { writeSet } from '../common/write.ts';

const ending = '-export.csv';

/** Reads `<subset>-export.csv` with a row for each box, beside the pictures. */
export async function readVottCsv(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  const files: string[] = [];
  for await (const path of filesUnder(folder)) {
    if (!path.endsWith(ending)) continue;
    for await (const row of csvRows(inside(folder, path), () => undefined)) {
      if (row.get('label') !== '') builder.named(row.get('label'));
    }
    files.push(path);
  }
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file …${ending} in ${folder}.`);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        const subset = fileNameOf(path).slice(0, -ending.length);
        const complain = (line: number, reason: string): void => problems.add(path, `line ${line}`, reason);
        // A picture's rows need not follow each other, so that all of a file are kept.
        const pictures = new Map<string, Annotation[]>();
        for await (const row of csvRows(inside(folder, path), complain)) {
          options.signal?.throwIfAborted();
          const name = safeRelative(row.get('image'));
          if (name === null) {
            complain(row.line, "the picture's name is missing or leaves the set's folder");
            continue;
          }
          const annotations = pictures.get(name) ?? [];
          pictures.set(name, annotations);
          // A row of a name only is a picture without boxes.
          if (row.fields.slice(1).every((text) => text === '')) continue;
          take(toBox(row, builder), annotations, (reason) => complain(row.line, reason));
        }
        for (const [name, annotations] of pictures) {
          yield await imageItem(folder, below(folderOf(path), name), {
            id: stemOf(name),
            subset,
            annotations,
          });
        }
      }
    },
  };
}

function toBox(row: CsvRow, builder: CategoryBuilder): Annotation {
  const [x, y, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map((column) => numberOf(row.get(column)));
  const label = builder.find(row.get('label')) ?? null;
  return { ...plainShape(label), type: 'box', x: x!, y: y!, width: right! - x!, height: bottom! - y! };
}

/** Writes a table for each subset. A picture without boxes has a row with its name only. */
export function writeVottCsv(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const head = csvText([['image', 'xmin', 'ymin', 'xmax', 'ymax', 'label']]);
  const places = new Map<string, string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ name }) => name,
    async each({ item, name, annotations, sinks, note }) {
      // All subsets' pictures lie in one folder.
      const other = places.get(name);
      if (other !== undefined) note('another subset has a picture of this name, and both become one');
      places.set(name, item.subset);
      const rows: (string | number)[][] = [];
      for (const part of annotations) {
        if (part.type !== 'box') continue;
        const { x, y, width, height } = part;
        rows.push([name, x, y, x + width, y + height, part.label === null ? '' : labels[part.label]!.name]);
      }
      if (rows.length === 0) rows.push([name, '', '', '', '', '']);
      await sinks.add(`${item.subset}${ending}`, csvText(rows), head);
    },
    finish: (output) => writeMeta(output, labels),
  });
}
