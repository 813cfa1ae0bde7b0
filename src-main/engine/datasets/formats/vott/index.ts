import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readVottCsv, writeVottCsv } from './csv.ts';
import { readVottJson } from './read.ts';
import { writeVottJson } from './write.ts';

const table: Abilities = {
  ...noAbilities,
  types: ['box'],
  subsets: true,
};

const project: Abilities = { ...table, types: ['box', 'polygon'], attributes: ['id'], itemAttributes: true };

async function detectCsv(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => name.endsWith('-export.csv')).slice(0, 3)) {
    if (!/^\uFEFF?"?image"?\s*,\s*"?xmin"?/.test(await listing.head(path))) continue;
    return { confidence: 0.97, reasons: [`${path} has VoTT's columns.`], against: [] };
  }
  return null;
}

async function detectJson(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((name) => /-(export|asset)\.json$/.test(name));
  for (const path of files.slice(0, 3)) {
    if (!/"(assets?|tags)"\s*:/.test(await listing.head(path))) continue;
    return { confidence: 0.97, reasons: [`${path} has VoTT's assets.`], against: [] };
  }
  return null;
}

/** VoTT, which is not developed any more: https://github.com/microsoft/VoTT */
export const vottFormats: readonly Format[] = [
  {
    name: 'vott_csv',
    title: 'VoTT, table',
    aliases: [],
    abilities: table,
    detect: detectCsv,
    read: readVottCsv,
    write: (dataset, folder, options) => writeVottCsv(dataset, folder, table, options),
  },
  {
    name: 'vott_json',
    title: 'VoTT, JSON',
    aliases: ['vott'],
    abilities: project,
    detect: detectJson,
    read: readVottJson,
    write: (dataset, folder, options) => writeVottJson(dataset, folder, project, options),
  },
];
