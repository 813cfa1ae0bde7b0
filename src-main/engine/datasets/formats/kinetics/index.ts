import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { readKinetics } from './read.ts';

async function detect(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => /^[^/]+\.(csv|json)$/.test(name)).slice(0, 6)) {
    const head = await listing.head(path);
    const table = path.endsWith('.csv') && /^[^\n]*\byoutube_id\b/.test(head);
    const list =
      path.endsWith('.json') && /"url"\s*:\s*"[^"]*youtube/.test(head) && head.includes('"segment"');
    if (table || list) {
      return {
        confidence: 0.92,
        reasons: [`${path} has classes of pieces of YouTube's videos.`],
        against: [],
      };
    }
  }
  return null;
}

/** Kinetics: https://github.com/cvdfoundation/kinetics-dataset */
export const kineticsFormat: ReadOnlyFormat = {
  name: 'kinetics',
  title: 'Kinetics',
  aliases: [],
  abilities: null,
  detect,
  read: readKinetics,
};
