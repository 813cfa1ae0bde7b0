import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readSupervisely } from './read.ts';
import { writeSupervisely } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'rotated_box', 'polygon', 'polyline', 'points', 'mask', 'label', 'caption'],
  attributes: 'any',
  itemAttributes: true,
  groups: true,
  skeletons: true,
  subsets: true,
  limits: { needsClass: true, attributesOf: { label: [], caption: [] } },
};

/** Ends of annotation files' paths: `ds0/ann/a.png.json`, and `ann/a.png.json` of one dataset alone. */
const annotation = /(^|\/)ann\/[^/]+\.json$/;

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.filter((path) => annotation.test(path));
  const hasMeta = listing.files.includes('meta.json');
  if (own.length === 0 || (!hasMeta && !own.some((path) => path.startsWith('ann/')))) return null;
  for (const path of own.slice(0, 4)) {
    const head = await listing.head(path);
    if (!/"(objects|size)"\s*:/.test(head) || /"(figures|framesCount|volumeMeta)"\s*:/.test(head)) continue;
    return {
      confidence: hasMeta ? 0.96 : 0.85,
      reasons: [
        ...(hasMeta ? ['There is meta.json.'] : []),
        `${path} is where Supervisely has what is on a picture.`,
      ],
      against: hasMeta ? [] : ['There is no meta.json with the classes.'],
    };
  }
  return null;
}

/** Supervisely's projects of pictures: https://docs.supervisely.com/data-organization/00_ann_format_navi/05_supervisely_format_images */
export const superviselyFormat: Format = {
  name: 'supervisely',
  title: 'Supervisely',
  aliases: ['sly', 'supervisely_images', 'sly_images'],
  abilities,
  detect,
  read: readSupervisely,
  write: (dataset, folder, options) => writeSupervisely(dataset, folder, abilities, options),
};
