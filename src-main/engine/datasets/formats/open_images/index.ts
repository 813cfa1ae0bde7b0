import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { flags } from './files.ts';
import { readOpenImages } from './read.ts';
import { writeOpenImages } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'box', 'mask'],
  attributes: [
    'score',
    'source',
    'box_id',
    'predicted_iou',
    'clicks',
    ...flags.map(({ attribute }) => attribute),
  ],
  itemAttributes: true,
  groups: 'objects',
  limits: { needsClass: true, boxAttributes: flags.map(({ attribute }) => attribute) },
  labelParents: true,
  labelFacts: true,
  subsets: true,
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.filter((path) =>
    /^(annotations\/)?[^/]*(-annotations-(bbox|object-segmentation|human-imagelabels)|-with-rotation|class-descriptions[^/]*)\.csv$/.test(
      path,
    ),
  );
  if (own.length === 0) return null;
  const classes = own.some((path) => path.includes('class-descriptions'));
  return {
    confidence: classes && own.length > 1 ? 0.97 : 0.7,
    reasons: [`${own[0]} is named as Open Images names its tables.`],
    against: classes ? [] : ['There is no table of the classes.'],
  };
}

/** Open Images V4 to V7: https://storage.googleapis.com/openimages/web/download_v7.html */
export const openImagesFormat: Format = {
  name: 'open_images',
  title: 'Open Images',
  aliases: ['openimages'],
  abilities,
  detect,
  read: readOpenImages,
  write: (dataset, folder, options) => writeOpenImages(dataset, folder, abilities, options),
};
