import { type Abilities, type AnyFormat, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { nameAttributes } from './names.ts';
import { readMarket, readMars } from './read.ts';
import { writeMarket } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: [],
  itemAttributes: true,
  subsets: true,
  limits: { itemAttributes: { only: nameAttributes } },
};

async function detectMarket(listing: Listing): Promise<Verdict | null> {
  const named = listing.files.filter((path) =>
    /^(bounding_box_|query|gt_)[^/]*\/.*-?\d+_c\d+s\d+_\d+_\d+/.test(path),
  );
  if (named.length === 0) return null;
  const [first] = named;
  return { confidence: 0.95, reasons: [`${first} is named by person, camera and frame.`], against: [] };
}

async function detectMars(listing: Listing): Promise<Verdict | null> {
  const [first] = listing.files.filter((path) => /^bbox_[^/]+\/[^/]+\/\S{4}C\dT\d{4}F\d{3}/.test(path));
  if (first === undefined) return null;
  return {
    confidence: 0.95,
    reasons: [`${first} is named by person, camera, track and frame.`],
    against: [],
  };
}

/**
 * Persons seen by several cameras. Market-1501: https://zheng-lab.cecs.anu.edu.au/Project/project_reid.html, and MARS,
 * its frames: https://zheng-lab.cecs.anu.edu.au/Project/project_mars.html
 */
export const personFormats: readonly AnyFormat[] = [
  {
    name: 'market1501',
    title: 'Market-1501, persons',
    aliases: [],
    abilities,
    detect: detectMarket,
    read: readMarket,
    write: (dataset, folder, options) => writeMarket(dataset, folder, abilities, options),
  },
  {
    name: 'mars',
    title: 'MARS, persons in videos',
    aliases: [],
    abilities: null,
    detect: detectMars,
    read: readMars,
  },
];
