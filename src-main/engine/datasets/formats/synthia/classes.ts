import type { ClassRow } from '../common/colours.ts';

/** Classes of SYNTHIA-RAND-CVPR16, by their numbers: https://synthia-dataset.net/ */
export const randClasses: readonly ClassRow[] = [
  { name: 'Void', colour: [0, 0, 0] },
  { name: 'Sky', colour: [128, 128, 128] },
  { name: 'Building', colour: [128, 0, 0] },
  { name: 'Road', colour: [128, 64, 128] },
  { name: 'Sidewalk', colour: [0, 0, 192] },
  { name: 'Fence', colour: [64, 64, 128] },
  { name: 'Vegetation', colour: [128, 128, 0] },
  { name: 'Pole', colour: [192, 192, 128] },
  { name: 'Car', colour: [64, 0, 128] },
  { name: 'Sign', colour: [192, 128, 128] },
  { name: 'Pedestrian', colour: [64, 64, 0] },
  { name: 'Cyclist', colour: [0, 128, 192] },
  { name: 'Lanemarking', colour: [0, 175, 0] },
  { name: 'TrafficLight', colour: [0, 128, 128] },
];

/** Classes of SYNTHIA-SF; the name Terrian is as it is there, by their numbers: https://synthia-dataset.net/ */
export const sfClasses: readonly ClassRow[] = [
  { name: 'Void', colour: [0, 0, 0] },
  { name: 'Road', colour: [128, 64, 128] },
  { name: 'Sidewalk', colour: [244, 35, 232] },
  { name: 'Building', colour: [70, 70, 70] },
  { name: 'Wall', colour: [102, 102, 156] },
  { name: 'Fence', colour: [190, 153, 153] },
  { name: 'Pole', colour: [153, 153, 153] },
  { name: 'TrafficLight', colour: [250, 170, 30] },
  { name: 'TrafficSign', colour: [220, 220, 0] },
  { name: 'Vegetation', colour: [107, 142, 35] },
  { name: 'Terrian', colour: [152, 251, 152] },
  { name: 'Sky', colour: [70, 130, 180] },
  { name: 'Person', colour: [220, 20, 60] },
  { name: 'Rider', colour: [255, 0, 0] },
  { name: 'Car', colour: [0, 0, 142] },
  { name: 'Truck', colour: [0, 80, 100] },
  { name: 'Bus', colour: [0, 60, 100] },
  { name: 'Train', colour: [0, 80, 100] },
  { name: 'Motorcycle', colour: [0, 0, 230] },
  { name: 'Bicycle', colour: [119, 11, 31] },
  { name: 'RoadLines', colour: [157, 234, 50] },
  { name: 'Other', colour: [72, 0, 98] },
  { name: 'RoadWorks', colour: [167, 106, 29] },
];

/** Classes of SYNTHIA-AL, by their numbers: https://synthia-dataset.net/ */
export const alClasses: readonly ClassRow[] = [
  { name: 'Void', colour: [0, 0, 0] },
  { name: 'Sky', colour: [128, 128, 128] },
  { name: 'Building', colour: [128, 0, 0] },
  { name: 'Road', colour: [128, 64, 128] },
  { name: 'Sidewalk', colour: [0, 0, 192] },
  { name: 'Fence', colour: [64, 64, 128] },
  { name: 'Vegetation', colour: [128, 128, 0] },
  { name: 'Pole', colour: [192, 192, 128] },
  { name: 'Car', colour: [64, 0, 128] },
  { name: 'TrafficSign', colour: [192, 128, 128] },
  { name: 'Pedestrian', colour: [64, 64, 0] },
  { name: 'Bicycle', colour: [0, 128, 192] },
  { name: 'Lanemarking', colour: [0, 172, 0] },
  { name: 'TrafficLight', colour: [0, 128, 128] },
];
