import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readVggFace2 } from './read.ts';
import { writeVggFace2 } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'points', 'label'],
  labelParents: true,
  subsets: true,
  limits: { oneLabel: true, oneClass: true, oneShape: true, withoutVisibility: true },
};

async function detect({ files }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => /^bb_landmark\/loose_(bb|landmark)_[^/]+\.csv$/.test(path));
  if (own === undefined) return null;
  return { confidence: 0.97, reasons: [`${own} is named as VGGFace2 names its tables.`], against: [] };
}

/** VGGFace2: https://www.robots.ox.ac.uk/~vgg/data/vgg_face2/ */
export const vggFace2Format: Format = {
  name: 'vgg_face2',
  title: 'VGGFace2',
  aliases: ['vggface2'],
  abilities,
  detect,
  read: readVggFace2,
  write: (dataset, folder, options) => writeVggFace2(dataset, folder, abilities, options),
};
