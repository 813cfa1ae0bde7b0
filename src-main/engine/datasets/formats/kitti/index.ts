import { isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { type KittiTask, readKitti } from './read.ts';
import { writeKitti } from './write.ts';

const abilitiesOf = (types: readonly AnnotationType[], attributes: readonly string[]): Abilities => ({
  ...noAbilities,
  types,
  attributes,
  subsets: true,
  limits: {
    needsClass: true,
    ...(types.includes('box') ? { classes: 'words' } : {}),
    ...(types.includes('mask') ? { flatMasks: 'objects' } : {}),
    ...(types.includes('mask') && types.includes('box') ? { boxAttributes } : {}),
  },
});

const boxAttributes = ['truncated', 'occluded', 'score', 'alpha', 'dimensions', 'location', 'rotation_y'];

const kinds: readonly { task: KittiTask; name: string; title: string; abilities: Abilities }[] = [
  {
    task: 'all',
    name: 'kitti',
    title: 'KITTI, boxes and masks',
    abilities: abilitiesOf(['box', 'mask'], [...boxAttributes, 'is_crowd']),
  },
  {
    task: 'detection',
    name: 'kitti_detection',
    title: 'KITTI, boxes',
    abilities: abilitiesOf(['box'], boxAttributes),
  },
  {
    task: 'segmentation',
    name: 'kitti_segmentation',
    title: 'KITTI, mask pictures',
    abilities: abilitiesOf(['mask'], ['is_crowd']),
  },
];

async function detect(task: KittiTask, listing: Listing): Promise<Verdict | null> {
  const boxes = listing.files.some((path) => /(^|\/)label_2\/.*\.txt$/.test(path));
  const masks = listing.files.some((path) => /(^|\/)instance\/.*\.png$/.test(path));
  const images = listing.files.some((path) => /(^|\/)image_2\//.test(path) && isPicture(path));
  const clouds = listing.folders.some((path) => /(^|\/)velodyne(_points)?(\/|$)/.test(path));
  if (!boxes && !masks) return null;
  const fits = task === 'all' ? boxes && masks : task === 'detection' ? boxes : masks;
  if (!fits) return null;
  const reasons = [
    ...(boxes ? ["There are text files in KITTI's folder label_2."] : []),
    ...(masks ? ["There are mask pictures in KITTI's folder instance."] : []),
  ];
  const against: string[] = [];
  if (!images) against.push('There are no pictures in image_2.');
  if (clouds) against.push('There are point clouds, which this format does not take.');
  const both = boxes && masks;
  const confidence = task === 'all' || !both ? 0.95 : 0.5;
  return { confidence: clouds ? 0.4 : images ? confidence : confidence - 0.2, reasons, against };
}

/** KITTI: https://www.cvlibs.net/datasets/kitti/eval_object.php and eval_instance_seg.php */
export const kittiFormats: readonly Format[] = kinds.map(({ task, name, title, abilities }) => ({
  name,
  title,
  aliases: [],
  abilities,
  detect: (listing) => detect(task, listing),
  read: (folder, options) => readKitti(folder, task, options),
  write: (dataset, folder, options) => writeKitti(dataset, folder, abilities, options),
}));
