import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { readAde20k } from './read.ts';

async function detect2017({ files }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => path.includes('/') && path.endsWith('_atr.txt'));
  const drawn = files.some((path) => path.endsWith('_seg.png'));
  if (own === undefined) return null;
  return {
    confidence: drawn ? 0.95 : 0.6,
    reasons: [`${own} is a list of objects as ADE20K has it.`],
    against: drawn ? [] : ['There are no mask pictures that end in _seg.png.'],
  };
}

async function detect2020(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files
    .filter((name) => name.includes('/') && name.endsWith('.json'))
    .slice(0, 4)) {
    const head = await listing.head(path);
    if (!/^\s*\{\s*"annotation"\s*:/.test(head)) continue;
    const drawn = listing.files.some((name) => name.endsWith('_seg.png') || name.includes('/instance_'));
    return {
      confidence: drawn ? 0.95 : 0.7,
      reasons: [`${path} has objects under "annotation", as ADE20K has them.`],
      against: drawn ? [] : ['There are no mask pictures.'],
    };
  }
  return null;
}

/** ADE20K: https://ade20k.csail.mit.edu/ */
export const ade20kFormats: readonly ReadOnlyFormat[] = ([2017, 2020] as const).map((year) => ({
  name: `ade20k${year}`,
  title: `ADE20K (${year})`,
  aliases: [],
  abilities: null,
  detect: year === 2017 ? detect2017 : detect2020,
  read: (folder, options) => readAde20k(folder, year, options),
}));
