import { fileNameOf, folderOf } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { isPlainFolder } from '../common/picture-index.ts';
import { below } from '../common/read.ts';
import { type Layout, layoutIn } from './columns.ts';
import { tableName } from './places.ts';
import { readBoxTable } from './read.ts';
import { writeBoxTable } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box'],
  subsets: true,
};

/** Most tables that are looked at. */
const mostTables = 12;

const owners: Readonly<Record<Layout['of'], string>> = {
  tensorflow: "has the columns of TensorFlow's tables of boxes.",
  retinanet: "has rows as keras-retinanet's tables have.",
  wheat: 'has columns for pictures, their sizes and boxes.',
  nobody: 'has columns for pictures and boxes.',
};

async function detect(listing: Listing): Promise<Verdict | null> {
  // What lies deeper is in sets of its own.
  const paths = listing.files.filter((path) => /^([^/]+\/)?[^/]+\.csv$/i.test(path));
  let best: Verdict | null = null;
  for (const path of paths.slice(0, mostTables)) {
    const layout = await layoutIn(await listing.head(path));
    const verdict = layout === null ? null : verdictOn(path, layout, listing.files);
    if (verdict !== null && verdict.confidence > (best?.confidence ?? 0)) best = verdict;
  }
  return best;
}

function verdictOn(path: string, { of }: Layout, files: readonly string[]): Verdict {
  const reasons = [`${path} ${owners[of]}`];
  if (of === 'nobody') return { confidence: 0.6, reasons, against: ['They are called as no tool does it.'] };
  if (fileNameOf(path) === tableName) {
    // Of a table of classes for pictures, `_classes.csv` is the mark; beside this one it only lists the boxes' classes.
    const isListed = files.includes(below(folderOf(path), '_classes.csv'));
    return { confidence: isListed ? 0.98 : 0.9, reasons, against: [] };
  }
  const isPlain = folderOf(path) === '' || isPlainFolder(folderOf(path));
  if (isPlain) return { confidence: of === 'retinanet' ? 0.85 : 0.88, reasons, against: [] };
  return { confidence: 0.8, reasons, against: ['The folder around it may be a set of its own.'] };
}

/**
 * Tables with a row for each box, as TensorFlow's guides make them and Roboflow exports them:
 * https://roboflow.com/formats/tensorflow-object-detection-csv, and keras-retinanet's:
 * https://github.com/fizyr/keras-retinanet#csv-datasets
 */
export const boxTableFormat: Format = {
  name: 'box_table',
  title: 'Table of boxes (TensorFlow CSV)',
  aliases: ['tensorflow_csv', 'tf_csv', 'retinanet_csv', 'roboflow_tensorflow'],
  abilities,
  detect,
  read: readBoxTable,
  write: (dataset, folder, options) => writeBoxTable(dataset, folder, abilities, options),
};
