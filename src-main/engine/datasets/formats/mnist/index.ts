import { fileNameOf } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readMnistCsv, tableName } from './csv.ts';
import { labelsName, readMnist } from './idx.ts';
import { writeMnist } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label'],
  subsets: true,
  limits: { oneLabel: true },
};

async function detectIdx({ files }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => !path.includes('/') && labelsName.test(path));
  if (own === undefined) return null;
  return { confidence: 0.97, reasons: [`${own} is named as MNIST's list of classes.`], against: [] };
}

async function detectCsv(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => tableName.test(path));
  if (own === undefined) return null;
  const [first = '', second = ''] = (await listing.head(own)).split('\n');
  const numbers = [first, second].some((line) => /^\s*\d{1,3}(\s*,\s*\d{1,3}){100}/.test(line));
  return {
    confidence: numbers ? 0.95 : 0.6,
    reasons: [`${fileNameOf(own)} is named as MNIST's tables are.`],
    against: numbers ? [] : ['It has no rows of a class and pixels.'],
  };
}

/** MNIST: https://yann.lecun.org/exdb/mnist/ and tables of it: https://pjreddie.com/projects/mnist-in-csv/ */
export const mnistFormats: readonly Format[] = [
  {
    name: 'mnist',
    title: 'MNIST',
    aliases: ['fashion_mnist'],
    abilities,
    detect: detectIdx,
    read: readMnist,
    write: (dataset, folder, options) => writeMnist(dataset, folder, abilities, options, 'idx'),
  },
  {
    name: 'mnist_csv',
    title: 'MNIST as tables',
    aliases: [],
    abilities,
    detect: detectCsv,
    read: readMnistCsv,
    write: (dataset, folder, options) => writeMnist(dataset, folder, abilities, options, 'csv'),
  },
];
