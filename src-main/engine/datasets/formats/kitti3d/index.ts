import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { readKitti3d } from './read.ts';

async function detect({ files }: Listing): Promise<Verdict | null> {
  const boxes = files.some((path) => /^label_2\/.*\.txt$/.test(path));
  const calibrations = files.some((path) => /^calib\/.*\.txt$/.test(path));
  if (!boxes || !calibrations) return null;
  return {
    confidence: 0.97,
    reasons: ["There are text files in KITTI's folders label_2 and calib."],
    against: [],
  };
}

/** KITTI's objects in space: https://www.cvlibs.net/datasets/kitti/eval_object.php?obj_benchmark=3d */
export const kitti3dFormat: ReadOnlyFormat = {
  name: 'kitti3d',
  title: 'KITTI, objects in space',
  aliases: ['kitti_3d'],
  abilities: null,
  detect,
  read: readKitti3d,
};
