import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readTabular } from './read.ts';
import { writeTabular } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'caption'],
  itemAttributes: true,
  subsets: true,
  limits: { oneLabel: true, oneCaption: true },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const tables = listing.files.filter((path) => /^[^/]+\.csv$/i.test(path));
  const [own] = tables;
  if (own === undefined) return null;
  const [header = '', second = ''] = (await listing.head(own)).split(/\r?\n/);
  if (!header.includes(',') || second === '') return null;
  return {
    confidence: 0.35,
    reasons: [`${own} is a table.`],
    against: ['Many formats have tables, and this one is for those that are of none.'],
  };
}

/** Tables of rows with a class, with a picture each or without. */
export const tabularFormat: Format = {
  name: 'tabular',
  title: 'Tables (CSV)',
  aliases: ['csv'],
  abilities,
  detect,
  read: readTabular,
  write: (dataset, folder, options) => writeTabular(dataset, folder, abilities, options),
};
