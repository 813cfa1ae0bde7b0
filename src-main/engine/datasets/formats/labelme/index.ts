import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readLabelme } from './read.ts';
import { writeLabelme } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'polygon', 'polyline', 'points', 'mask', 'label'],
  attributes: 'any',
  itemAttributes: true,
  groups: true,
  limits: { withoutVisibility: true, attributesOf: { label: [] } },
  subsets: true,
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => path.endsWith('.json'));
  for (const path of files.slice(0, 6)) {
    const head = await listing.head(path);
    // A file with its picture inside may not show more than its shapes at its beginning.
    if (!/^\s*\{/.test(head) || !/"shapes"\s*:/.test(head)) continue;
    const more = /"(imagePath|shape_type|group_id|flags)"\s*:/.test(head);
    return {
      confidence: more ? 0.96 : 0.6,
      reasons: [`${path} has labelme's shapes.`],
      against: more ? [] : ['Its first part shows nothing else of labelme.'],
    };
  }
  return null;
}

/** labelme, a JSON file for each picture: https://github.com/wkentaro/labelme */
export const labelmeFormat: Format = {
  name: 'labelme',
  title: 'labelme (JSON)',
  aliases: ['labelme_json', 'wkentaro_labelme', 'x_anylabeling'],
  abilities,
  detect,
  read: readLabelme,
  write: (dataset, folder, options) => writeLabelme(dataset, folder, abilities, options),
};
