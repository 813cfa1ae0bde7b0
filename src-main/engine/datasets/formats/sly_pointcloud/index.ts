import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readSly } from './read.ts';
import { writeSly } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['cuboid_3d'],
  attributes: 'any',
  itemAttributes: true,
  subsets: true,
  limits: { needsClass: true },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => /^[^/]+\/ann\/.*\.(pcd|ply|bin)\.json$/.test(path));
  if (own === undefined || !listing.files.includes('meta.json')) return null;
  return {
    confidence: 0.95,
    reasons: ['There is meta.json.', `${own} is where Supervisely has the cuboids of a point cloud.`],
    against: [],
  };
}

/** Supervisely's point clouds: https://docs.supervisely.com/customization-and-integration/00_ann_format_navi/07_supervisely_format_pointclouds */
export const slyPointcloudFormat: Format = {
  name: 'sly_pointcloud',
  title: 'Supervisely point clouds',
  aliases: ['supervisely_pointcloud'],
  abilities,
  detect,
  read: readSly,
  write: (dataset, folder, options) => writeSly(dataset, folder, abilities, options),
};
