import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readKittiRaw } from './read.ts';
import { writeKittiRaw } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['cuboid_3d'],
  attributes: 'any',
  limits: { needsClass: true, textAttributes: [] },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => /^tracklet_labels\.xml$/.test(path));
  if (own === undefined) return null;
  const head = await listing.head(own);
  const tracks = head.includes('<boost_serialization') && head.includes('<tracklets');
  return {
    confidence: tracks ? 0.97 : 0.5,
    reasons: [`There is ${own}.`],
    against: tracks ? [] : ['It does not begin as a list of tracklets does.'],
  };
}

/** KITTI's raw drives with tracklets: https://www.cvlibs.net/datasets/kitti/raw_data.php */
export const kittiRawFormat: Format = {
  name: 'kitti_raw',
  title: 'KITTI raw, cuboids in space',
  aliases: [],
  abilities,
  detect,
  read: readKittiRaw,
  write: (dataset, folder, options) => writeKittiRaw(dataset, folder, abilities, options),
};
