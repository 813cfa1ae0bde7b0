import type { Categories, Colour } from '../../model/index.ts';
import { vocColour } from '../voc/labels.ts';

/** KITTI's classes for masks are those of Cityscapes, by their numbers: https://www.cityscapes-dataset.com/ */
export const kittiClasses: readonly { readonly name: string; readonly colour: Colour }[] = [
  { name: 'unlabeled', colour: [0, 0, 0] },
  { name: 'ego vehicle', colour: [0, 0, 0] },
  { name: 'rectification border', colour: [0, 0, 0] },
  { name: 'out of roi', colour: [0, 0, 0] },
  { name: 'static', colour: [0, 0, 0] },
  { name: 'dynamic', colour: [111, 74, 0] },
  { name: 'ground', colour: [81, 0, 81] },
  { name: 'road', colour: [128, 64, 128] },
  { name: 'sidewalk', colour: [244, 35, 232] },
  { name: 'parking', colour: [250, 170, 160] },
  { name: 'rail track', colour: [230, 150, 140] },
  { name: 'building', colour: [70, 70, 70] },
  { name: 'wall', colour: [102, 102, 156] },
  { name: 'fence', colour: [190, 153, 153] },
  { name: 'guard rail', colour: [180, 165, 180] },
  { name: 'bridge', colour: [150, 100, 100] },
  { name: 'tunnel', colour: [150, 120, 90] },
  { name: 'pole', colour: [153, 153, 153] },
  { name: 'polegroup', colour: [153, 153, 153] },
  { name: 'traffic light', colour: [250, 170, 30] },
  { name: 'traffic sign', colour: [220, 220, 0] },
  { name: 'vegetation', colour: [107, 142, 35] },
  { name: 'terrain', colour: [152, 251, 152] },
  { name: 'sky', colour: [70, 130, 180] },
  { name: 'person', colour: [220, 20, 60] },
  { name: 'rider', colour: [255, 0, 0] },
  { name: 'car', colour: [0, 0, 142] },
  { name: 'truck', colour: [0, 0, 70] },
  { name: 'bus', colour: [0, 60, 100] },
  { name: 'caravan', colour: [0, 0, 90] },
  { name: 'trailer', colour: [0, 0, 110] },
  { name: 'train', colour: [0, 80, 100] },
  { name: 'motorcycle', colour: [0, 0, 230] },
  { name: 'bicycle', colour: [119, 11, 32] },
];

/** The name of class 0 where a set has no background of its own: what belongs to no mask has this number. */
export const backgroundName = 'background';

/** The classes as `label_colors.txt` has them, and what is added to a label index of the source. */
export function maskClasses({ labels, colours }: Categories): {
  readonly rows: readonly { readonly name: string; readonly colour: Colour }[];
  readonly shift: number;
} {
  const first = labels[0]?.name ?? '';
  const shift = first === backgroundName || first === 'unlabeled' ? 0 : 1;
  const rows = labels.map(({ name }, index) => ({
    name,
    colour: colours.get(index) ?? vocColour(index + shift),
  }));
  return { rows: shift === 0 ? rows : [{ name: backgroundName, colour: [0, 0, 0] }, ...rows], shift };
}
