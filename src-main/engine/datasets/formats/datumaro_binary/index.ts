import type { Format, Listing, Verdict } from '../../format.ts';
import { abilities } from '../datumaro/write.ts';
import { readBinary, signature } from './read.ts';
import { writeBinary } from './write.ts';

async function detect(listing: Listing): Promise<Verdict | null> {
  const file = listing.files.find((path) => /^annotations\/[^/]+\.datum$/.test(path));
  if (file === undefined) return null;
  const own = (await listing.head(file)).startsWith(signature);
  return {
    confidence: own ? 0.98 : 0.4,
    reasons: [own ? `${file} says that it is Datumaro's.` : `There is ${file}.`],
    against: own ? [] : ['It does not start as a file of Datumaro does.'],
  };
}

/** Datumaro's own packed files, which are smaller than its JSON and hold the same, with numbers of 32 bits. */
export const datumaroBinaryFormat: Format = {
  name: 'datumaro_binary',
  title: 'Datumaro, packed',
  aliases: [],
  abilities,
  detect,
  read: readBinary,
  write: (dataset, folder, options) => writeBinary(dataset, folder, abilities, options),
};
