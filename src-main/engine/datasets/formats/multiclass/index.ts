import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import {
  type Abilities,
  type Dataset,
  type Format,
  type Listing,
  noAbilities,
  type ReadOptions,
  type Verdict,
} from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, ProblemLog } from '../../model/index.ts';
import { csvRows, csvText } from '../common/csv.ts';
import { below, imageItem, joinSubset, splitSubset } from '../common/read.ts';
import { pictureClasses, writeSet } from '../common/write.ts';
import { isMaskTable } from '../semantic/roboflow.ts';

const fileName = '_classes.csv';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label'],
  subsets: true,
};

const ofMasks = 'it says what the pixels of mask pictures stand for';

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => fileNameOf(path) === fileName);
  if (own === undefined || isMaskTable(await listing.head(own))) return null;
  return { confidence: 0.97, reasons: [`There is ${own}.`], against: [] };
}

/** Reads `[<subset>/]_classes.csv`: a column for each class with 1 for yes, beside the pictures. */
async function read(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files = new Map<string, readonly string[]>();
  const names = new Set<string>();
  for await (const path of filesUnder(folder)) {
    if (fileNameOf(path) !== fileName) continue;
    // Without the header being one, the first row is the header itself.
    const rows = csvRows(
      inside(folder, path),
      (line, reason) => problems.add(path, `line ${line}`, reason),
      [],
    );
    for await (const { fields } of rows) {
      if (isMaskTable(fields[0] ?? '')) {
        problems.add(path, '', ofMasks);
        break;
      }
      files.set(path, fields.slice(1));
      for (const name of fields.slice(1)) names.add(name);
      break;
    }
  }
  if (files.size === 0 && problems.total > 0) {
    throw new RefineryError('INPUT_UNSUPPORTED', `${fileName} is no table of classes: ${ofMasks}.`, {
      hint: 'Take the format roboflow_mask.',
    });
  }
  if (files.size === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no ${fileName} in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of [...names].sort()) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const [path, columns] of files) {
        const { subset, rest } = splitSubset(path);
        const labels = columns.map((name) => builder.find(name)!);
        const complain = (line: number, reason: string): void => problems.add(path, `line ${line}`, reason);
        for await (const { fields, line } of csvRows(inside(folder, path), complain)) {
          options.signal?.throwIfAborted();
          const name = safeRelative(fields[0] ?? '');
          if (name === null) {
            complain(line, "the picture's name is missing or leaves the set's folder");
            continue;
          }
          const annotations: Annotation[] = [];
          for (const [index, label] of labels.entries()) {
            const value = fields[index + 1] ?? '0';
            const id = annotations.length;
            if (value === '1')
              annotations.push({ type: 'label', id, group: id, label, attributes: noAttributes });
            else if (value !== '0' && value !== '') complain(line, 'a field is neither 0 nor 1');
          }
          const item = { id: below(folderOf(rest), stemOf(name)), subset, annotations };
          yield await imageItem(folder, below(folderOf(path), name), item);
        }
      }
    },
  };
}

/** Roboflow's table of classes: https://roboflow.com/formats/multi-label-classification-csv */
export const multiclassFormat: Format = {
  name: 'roboflow_multiclass',
  title: 'Table of classes (Roboflow)',
  aliases: ['multiclass_csv', 'multi_label_csv'],
  abilities,
  detect,
  read,
  write: (dataset, folder, options) => {
    const { labels } = dataset.categories;
    const head = csvText([['filename', ...labels.map(({ name }) => name)]]);
    return writeSet(dataset, folder, abilities, options, {
      picture: ({ item, name }) => joinSubset(item.subset, name, () => undefined),
      async each(work) {
        const { item, name, sinks, note } = work;
        const own = new Set(pictureClasses(work));
        const row = [name, ...labels.map((_, label) => (own.has(label) ? 1 : 0))];
        await sinks.add(joinSubset(item.subset, fileName, note), csvText([row]), head);
      },
    });
  },
};
