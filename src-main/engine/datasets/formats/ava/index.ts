import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readAva } from './read.ts';
import { writeAva } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box'],
  attributes: ['track_id'],
  subsets: true,
};

async function detect({ files, folders }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => /^annotations\/ava_[^/]+\.csv$/.test(path));
  if (own === undefined) return null;
  const frames = folders.includes('frames');
  return {
    confidence: frames ? 0.95 : 0.8,
    reasons: [`${own} is named as AVA names its tables.`],
    against: frames ? [] : ['There are no pictures in frames.'],
  };
}

/** AVA Actions: https://research.google.com/ava/download.html */
export const avaFormat: Format = {
  name: 'ava',
  title: 'AVA Actions',
  aliases: [],
  abilities,
  detect,
  read: readAva,
  write: (dataset, folder, options) => writeAva(dataset, folder, abilities, options),
};
