import type { Format, Listing, Verdict } from '../../format.ts';
import { readDatumaro } from './read.ts';
import { abilities, writeDatumaro } from './write.ts';

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => /^annotations\/[^/]+\.json$/.test(path));
  for (const path of files.slice(0, 3)) {
    const head = await listing.head(path);
    const versioned = head.includes('"dm_format_version"');
    if (!versioned && !(head.includes('"categories"') && /"(infos|items)"/.test(head))) continue;
    const reason = versioned ? `${path} says that it is Datumaro's.` : `${path} has Datumaro's fields.`;
    return { confidence: versioned ? 0.98 : 0.7, reasons: [reason], against: [] };
  }
  return null;
}

/** Datumaro's own JSON: https://openvinotoolkit.github.io/datumaro/stable/docs/data-formats/formats/datumaro.html */
export const datumaroFormat: Format = {
  name: 'datumaro',
  title: 'Datumaro',
  aliases: ['datumaro_json'],
  abilities,
  detect,
  read: readDatumaro,
  write: writeDatumaro,
};
