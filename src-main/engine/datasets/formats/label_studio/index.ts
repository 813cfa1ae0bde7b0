import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readLabelStudio } from './read.ts';
import { writeLabelStudio } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'rotated_box', 'polygon', 'points', 'ellipse', 'mask', 'label', 'caption'],
  attributes: 'any',
  itemAttributes: true,
  groups: true,
  limits: {
    withoutVisibility: true,
    attributesOf: { label: ['score', 'origin', 'meta'], caption: ['score', 'origin', 'meta'] },
  },
  subsets: true,
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => path.endsWith('.json') && path.split('/').length <= 2);
  for (const path of files.slice(0, 4)) {
    const head = await listing.head(path);
    if (!/^\s*\[/.test(head)) continue;
    if (
      /"(from_name|was_cancelled|lead_time|(rectangle|polygon|keypoint|ellipse|brush)labels)"\s*:/.test(head)
    ) {
      return { confidence: 0.95, reasons: [`${path} is a list of Label Studio's tasks.`], against: [] };
    }
  }
  return null;
}

/** Label Studio's JSON and JSON-MIN: https://labelstud.io/guide/export */
export const labelStudioFormat: Format = {
  name: 'label_studio',
  title: 'Label Studio (JSON)',
  aliases: ['labelstudio', 'label_studio_json', 'label_studio_min'],
  abilities,
  detect,
  read: readLabelStudio,
  write: (dataset, folder, options) => writeLabelStudio(dataset, folder, abilities, options),
};
