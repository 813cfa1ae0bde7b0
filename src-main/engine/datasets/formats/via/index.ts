import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { kindOf } from './files.ts';
import { readVia } from './read.ts';
import { writeVia } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'polygon', 'polyline', 'ellipse', 'label', 'caption'],
  attributes: 'any',
  itemAttributes: true,
  subsets: true,
  limits: { attributesOf: { label: [], caption: [] } },
};

/** Most files that are looked at. */
const mostFiles = 12;

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => /^([^/]+\/){0,2}[^/]+\.(json|csv)$/i.test(path));
  const likely = files.toSorted((a, b) => Number(/via/i.test(b)) - Number(/via/i.test(a)));
  for (const path of likely.slice(0, mostFiles)) {
    const kind = kindOf(path, await listing.head(path));
    if (kind === null) continue;
    const what = {
      via2: "regions as VIA's files have them",
      via3: 'a project of VIA 3',
      csv: "VIA's columns",
    };
    return { confidence: 0.96, reasons: [`${path} has ${what[kind]}.`], against: [] };
  }
  return null;
}

/** VGG Image Annotator: https://www.robots.ox.ac.uk/~vgg/software/via/ */
export const viaFormat: Format = {
  name: 'via',
  title: 'VGG Image Annotator (VIA)',
  aliases: ['vgg', 'vgg_image_annotator', 'via_json', 'via_csv'],
  abilities,
  detect,
  read: readVia,
  write: (dataset, folder, options) => writeVia(dataset, folder, abilities, options),
};
