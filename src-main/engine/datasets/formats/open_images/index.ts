import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { flags } from './files.ts';
import { isFiftyOneTable } from './layout.ts';
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
  limits: {
    needsClass: true,
    attributesOf: {
      label: ['score', 'source'],
      box: ['score', 'source', ...flags.map(({ attribute }) => attribute)],
      mask: ['box_id', 'predicted_iou', 'clicks'],
    },
  },
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
  if (own.length === 0) return detectFiftyOne(listing);
  const classes = own.some((path) => path.includes('class-descriptions'));
  return {
    confidence: classes && own.length > 1 ? 0.97 : 0.7,
    reasons: [`${own[0]} is named as Open Images names its tables.`],
    against: classes ? [] : ['There is no table of the classes.'],
  };
}

/** FiftyOne's layout, whose tables have the columns of the originals. */
async function detectFiftyOne(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter(isFiftyOneTable).slice(0, 4)) {
    if (!/^\W*(ImageID|MaskPath)\b/.test(await listing.head(path))) continue;
    const hasClasses = listing.files.some((name) => /^([^/]+\/)?metadata\/classes\.csv$/.test(name));
    return {
      confidence: hasClasses ? 0.97 : 0.85,
      reasons: [`${path} is a table of Open Images, called and placed as FiftyOne does.`],
      against: hasClasses ? [] : ['There is no metadata/classes.csv.'],
    };
  }
  return null;
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
