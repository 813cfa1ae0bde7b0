import type { ClassRow } from '../common/colours.ts';
import { kittiClasses } from '../kitti/classes.ts';

/** The classes by their numbers: https://github.com/mcordts/cityscapesScripts (helpers/labels.py) */
export const cityscapesClasses: readonly ClassRow[] = [
  ...kittiClasses,
  { name: 'license plate', colour: [0, 0, 142] },
];

/** The classes that are trained, by their other numbers. 255 is none of them. */
export const trainedClasses: readonly ClassRow[] = [
  'road',
  'sidewalk',
  'building',
  'wall',
  'fence',
  'pole',
  'traffic light',
  'traffic sign',
  'vegetation',
  'terrain',
  'sky',
  'person',
  'rider',
  'car',
  'truck',
  'bus',
  'train',
  'motorcycle',
  'bicycle',
].map((name) => kittiClasses.find((row) => row.name === name)!);
