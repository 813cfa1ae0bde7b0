import { type Abilities, type Format, noAbilities } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { detect } from './detect.ts';
import type { Task } from './layout.ts';
import { readCoco } from './read.ts';
import { writeCoco } from './write.ts';

function abilitiesOf(types: readonly AnnotationType[], changes: Partial<Abilities> = {}): Abilities {
  return {
    ...noAbilities,
    types,
    attributes: 'any',
    itemAttributes: true,
    infos: true,
    labelFacts: true,
    groups: 'objects',
    labelParents: true,
    subsets: true,
    ...changes,
  };
}

const withoutClasses: Partial<Abilities> = { attributes: [], labelParents: false, labelFacts: false };

interface Kind {
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly reads: readonly Task[];
  readonly writes: readonly Task[];
  readonly abilities: Abilities;
}

const kinds: readonly Kind[] = [
  {
    name: 'coco',
    title: 'COCO',
    aliases: ['mscoco', 'coco_json'],
    reads: ['instances', 'person_keypoints', 'captions', 'labels', 'image_info', 'panoptic', 'stuff'],
    writes: ['instances', 'captions'],
    abilities: abilitiesOf(['box', 'polygon', 'mask', 'caption'], {
      limits: { attributesOf: { caption: [] } },
    }),
  },
  {
    name: 'coco_instances',
    title: 'COCO, objects with boxes and outlines',
    aliases: ['roboflow_coco', 'mmdet_coco', 'kaggle_coco', 'lvis'],
    reads: ['instances'],
    writes: ['instances'],
    abilities: abilitiesOf(['box', 'polygon', 'mask']),
  },
  {
    name: 'coco_person_keypoints',
    title: 'COCO, keypoints',
    aliases: ['coco_keypoints'],
    reads: ['person_keypoints'],
    writes: ['person_keypoints'],
    abilities: abilitiesOf(['box', 'polygon', 'mask', 'points'], { skeletons: true }),
  },
  {
    name: 'coco_captions',
    title: 'COCO, captions',
    aliases: [],
    reads: ['captions'],
    writes: ['captions'],
    abilities: abilitiesOf(['caption'], withoutClasses),
  },
  {
    name: 'coco_labels',
    title: 'COCO, classes of whole pictures',
    aliases: [],
    reads: ['labels'],
    writes: ['labels'],
    abilities: abilitiesOf(['label'], { attributes: [] }),
  },
  {
    name: 'coco_image_info',
    title: 'COCO, list of pictures',
    aliases: [],
    reads: ['image_info'],
    writes: ['image_info'],
    abilities: abilitiesOf([], withoutClasses),
  },
  {
    name: 'coco_panoptic',
    title: 'COCO, panoptic',
    aliases: [],
    reads: ['panoptic'],
    writes: ['panoptic'],
    abilities: abilitiesOf(['mask'], {
      attributes: ['is_crowd'],
      limits: { needsClass: true, flatMasks: 'objects' },
    }),
  },
  {
    name: 'coco_stuff',
    title: 'COCO, stuff',
    aliases: [],
    reads: ['stuff'],
    writes: ['stuff'],
    abilities: abilitiesOf(['box', 'mask']),
  },
];

/** COCO: https://cocodataset.org/#format-data, and the layouts of tools that write it. */
export const cocoFormats: readonly Format[] = kinds.map((kind) => ({
  name: kind.name,
  title: kind.title,
  aliases: kind.aliases,
  abilities: kind.abilities,
  detect: (listing) => detect(kind.reads, listing),
  read: (folder, options) => readCoco(folder, kind.reads, options),
  write: (dataset, folder, options) => writeCoco(dataset, folder, kind.writes, kind.abilities, options),
}));
