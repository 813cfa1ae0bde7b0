import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readDota } from './read.ts';
import { writeDota } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['rotated_box'],
  attributes: ['difficulty'],
  subsets: true,
  limits: { classes: 'words', needsClass: true, corners: 4 },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => /(^|\/)labelTxt[^/]*\/.*\.txt$/.test(path));
  if (files.length === 0) return null;
  const reasons = ["There are text files in DOTA's folder labelTxt."];
  for (const path of files.slice(0, 8)) {
    const lines = (await listing.head(path)).split(/\r?\n/).slice(0, -1);
    const fits = lines.some((line) => /^\s*(-?[\d.]+\s+){8}\S/.test(line));
    if (fits)
      return {
        confidence: 0.95,
        reasons: [...reasons, 'Their lines have eight numbers and a class.'],
        against: [],
      };
  }
  return { confidence: 0.7, reasons, against: ['No line with eight numbers and a class was seen.'] };
}

/** DOTA, rotated boxes in aerial pictures: https://captain-whu.github.io/DOTA/dataset.html */
export const dotaFormat: Format = {
  name: 'dota',
  title: 'DOTA, rotated boxes',
  aliases: ['roboflow_yolo_obb', 'labeltxt'],
  abilities,
  detect,
  read: readDota,
  write: (dataset, folder, options) => writeDota(dataset, folder, abilities, options),
};
