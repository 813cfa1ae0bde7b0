import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readLfw } from './read.ts';
import { writeLfw } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'points'],
  attributes: ['positive_pairs', 'negative_pairs'],
  subsets: true,
  limits: { oneLabel: true },
};

async function detect({ files }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => /(^|\/)annotations\/pairs\.txt$/.test(path));
  if (own === undefined) return null;
  const people = files.some((path) => /(^|\/)annotations\/people\.txt$/.test(path));
  return {
    confidence: people ? 0.95 : 0.8,
    reasons: [`${own} is where LFW has its pairs of pictures.`],
    against: people ? [] : ['There is no list of people.'],
  };
}

/** Labeled Faces in the Wild: http://vis-www.cs.umass.edu/lfw/ */
export const lfwFormat: Format = {
  name: 'lfw',
  title: 'Labeled Faces in the Wild',
  aliases: [],
  abilities,
  detect,
  read: readLfw,
  write: (dataset, folder, options) => writeLfw(dataset, folder, abilities, options),
};
