import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readSegmentAnything } from './read.ts';
import { writeSegmentAnything } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['mask', 'box'],
  attributes: ['predicted_iou', 'stability_score', 'point_coords', 'crop_box'],
  groups: 'objects',
  limits: { classes: 'none', boxesOfMasks: true },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => name.endsWith('.json')).slice(0, 4)) {
    const head = await listing.head(path);
    const own = /"image"\s*:\s*\{[^}]*"image_id"/.test(head) && /"segmentation"\s*:\s*\{/.test(head);
    if (own) {
      return {
        confidence: 0.95,
        reasons: [`${path} has one picture and its masks, as Segment Anything writes them.`],
        against: [],
      };
    }
  }
  return null;
}

/** Segment Anything (SA-1B): https://ai.meta.com/datasets/segment-anything/ */
export const segmentAnythingFormat: Format = {
  name: 'segment_anything',
  title: 'Segment Anything',
  aliases: ['sa_1b'],
  abilities,
  detect,
  read: readSegmentAnything,
  write: (dataset, folder, options) => writeSegmentAnything(dataset, folder, abilities, options),
};
