import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readCityscapes } from './read.ts';
import { writeCityscapes } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['mask'],
  attributes: ['is_crowd'],
  subsets: true,
  limits: { needsClass: true, flatMasks: 'objects' },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const marks =
    /^gt(Fine|Coarse)\/.*_gt(Fine|Coarse)_(instanceIds|labelIds|labelTrainIds|polygons)\.(png|json)$/;
  const own = listing.files.find((path) => marks.test(path));
  if (own === undefined) return null;
  const pictures = listing.folders.includes('leftImg8bit');
  return {
    confidence: pictures ? 0.97 : 0.85,
    reasons: [`${own} is named as Cityscapes names its annotations.`],
    against: pictures ? [] : ['There are no pictures in leftImg8bit.'],
  };
}

/** Cityscapes: https://www.cityscapes-dataset.com/dataset-overview/ */
export const cityscapesFormat: Format = {
  name: 'cityscapes',
  title: 'Cityscapes',
  aliases: [],
  abilities,
  detect,
  read: readCityscapes,
  write: (dataset, folder, options) => writeCityscapes(dataset, folder, abilities, options),
};
