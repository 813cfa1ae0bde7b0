import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../format.ts';
import { mapItems } from '../transforms/transform.ts';
import type { Golden, GoldenAnnotation } from './golden.ts';
import {
  bare,
  from,
  keep,
  mapAnnotations,
  mapItemsOf,
  nearBoxes,
  onePerClass,
  only,
  to,
  withoutAttributes,
} from './readings.ts';

/**
 * What Datumaro does otherwise on purpose or by mistake, and what is done to compare all the rest exactly: something is
 * taken out of the source that Datumaro drops, or out of the two readings what it writes wrongly.
 */
export interface Allowance {
  readonly name: string;
  readonly why: string;
  /** Which conversions need it. */
  applies(set: string, to: string): boolean;
  /** @param golden folder of Datumaro's conversion. */
  source?(dataset: Dataset, golden: string): Dataset;
  compare?(ours: Golden, theirs: Golden): readonly [Golden, Golden];
}

export const allowances: readonly Allowance[] = [
  {
    name: 'outlines only',
    why: "CVAT's fork drops boxes and masks where YOLO has outlines, and ours become outlines",
    applies: (set, target) => target === 'yolov8_segmentation' && from('cvat')(set),
    source: only('polygon'),
  },
  {
    name: 'boxes of poses',
    why: "CVAT's fork writes the box around the key points, and ours the object's own; only ours names the points",
    applies: to('yolov8_pose'),
    compare: (ours, theirs) => {
      const numbered = ({ keypoints = {} }: Golden): NonNullable<Golden['keypoints']> =>
        Object.fromEntries(
          Object.entries(keypoints).map(([label, { labels, joints }]) => [
            label,
            { labels: labels.map((_, at) => String(at)), joints },
          ]),
        );
      const points = (golden: Golden): Golden =>
        mapItemsOf({ ...golden, keypoints: numbered(golden) }, (item) => ({
          ...item,
          annotations: item.annotations
            .filter(({ type }) => type === 'points')
            .map((part) => ({ ...part, group: 0 })),
        }));
      return [points(ours), points(theirs)];
    },
  },
  {
    name: 'class and colon in ids',
    why: 'Datumaro puts the class and a colon in front of the ids of class folders, where they have a folder',
    applies: (set, target) =>
      from('imagenet')(set) && target !== 'imagenet' && target !== 'imagenet_with_subset_dirs',
    compare: (ours, theirs) => [
      ours,
      mapItemsOf(theirs, (item) => ({ ...item, id: item.id.replace(':', '/') })),
    ],
  },
  {
    name: 'frames by number',
    why: "Datumaro takes a frame's number for its id, where 000001.jpg is called so",
    applies: (set, target) => set === 'mot_seq' && target !== 'mot_seq_gt' && target !== 'yolo_ultralytics',
    compare: (ours, theirs) => [
      ours,
      mapItemsOf(theirs, (item) => ({ ...item, id: item.id.padStart(6, '0') })),
    ],
  },
  {
    name: '1.0 as text',
    why: 'Python writes a number that is whole as 1.0, and text has no types',
    applies: (set, target) => set === 'mot_seq' && (target === 'cvat' || target === 'voc_detection'),
    compare: (ours, theirs) => [
      ours,
      mapAnnotations(theirs, (part) => ({
        ...part,
        attributes: Object.fromEntries(
          Object.entries(part.attributes).map(([name, value]) => [name, value === '1.0' ? '1' : value]),
        ),
      })),
    ],
  },
  {
    name: 'subsets that were dealt out',
    why: 'Datumaro refused the set until it had train and val, and was given random ones',
    applies: (set, target) =>
      target === 'yolo_ultralytics' &&
      from(
        'dota',
        'kitti_detection',
        'mot_seq',
        'roboflow_coco',
        'roboflow_voc',
        'roboflow_yolo',
        'vott_csv',
      )(set),
    source: (dataset, golden) =>
      mapItems(dataset, (item) => {
        const id = /^0\d+$/.test(item.id) ? String(Number(item.id)) : item.id;
        const has = (subset: string): boolean => existsSync(join(golden, 'labels', subset, `${id}.txt`));
        return { ...item, id, subset: ['train', 'val', 'test'].find(has) ?? item.subset };
      }),
  },
  {
    name: 'objects without key points',
    why: 'Datumaro leaves them out of person_keypoints, where COCO has them with none',
    applies: to('coco_person_keypoints'),
    source: (dataset) =>
      mapItems(dataset, (item) => {
        const groups = new Set(
          item.annotations.flatMap(({ type, group }) => (type === 'points' ? [group] : [])),
        );
        groups.delete(0);
        const annotations = item.annotations.filter(
          ({ type, group }) => type === 'points' || groups.has(group),
        );
        return { ...item, annotations };
      }),
  },
  {
    name: 'boxes and outlines in DOTA',
    why: 'Datumaro writes rotated boxes to DOTA and drops all others',
    applies: (set, target) => target === 'dota' && !from('dota')(set),
    source: only('rotated_box'),
  },
  {
    name: 'rotated boxes',
    why: 'Datumaro drops them where the format has none, and ours become outlines or boxes',
    applies: (set, target) =>
      from('dota')(set) &&
      ['coco_instances', 'label_me', 'voc_detection', 'yolo', 'yolo_ultralytics'].includes(target),
    source: (dataset) => keep(dataset, ({ type }) => type !== 'rotated_box'),
  },
  {
    name: 'corners with two decimals',
    why: 'of a rotated box Datumaro rounds other numbers than ours does; corners are the same to 0.03 pixels',
    applies: (set, target) => from('dota')(set) && (target === 'cvat' || target === 'dota'),
    compare: (ours, theirs) => [
      ours,
      mapItemsOf(theirs, (item) => {
        const own = ours.items.find(({ id, subset }) => id === item.id && subset === item.subset);
        const same = ({ rbox, label }: GoldenAnnotation): number[] | undefined =>
          own?.annotations.find((part) => part.label === label && nearBoxes(part.rbox ?? [], rbox ?? []))
            ?.rbox;
        const annotations = item.annotations.map((part) => ({ ...part, rbox: same(part) ?? part.rbox! }));
        return { ...item, annotations };
      }),
    ],
  },
  {
    name: 'ellipses',
    why: 'Datumaro drops them where the format has none, and ours become outlines or boxes',
    applies: (set, target) =>
      from('datumaro')(set) &&
      ['kitti_detection', 'label_me', 'voc_detection', 'yolo', 'yolo_ultralytics', 'cvat'].includes(target),
    source: (dataset) => keep(dataset, ({ type }) => type !== 'ellipse'),
  },
  {
    name: 'pictures without masks',
    why: 'Datumaro leaves them out of the lists, unless they have nothing else either',
    applies: (set, target) =>
      target === 'voc_segmentation' &&
      !from('coco_panoptic', 'common_semantic_segmentation', 'mots', 'open_images', 'voc_segmentation')(set),
    source: (dataset) =>
      mapItems(dataset, (item) => {
        const wanted = item.annotations.length === 0 || item.annotations.some(({ type }) => type === 'mask');
        return wanted ? item : null;
      }),
  },
  {
    name: 'outlines as masks',
    why: 'Datumaro drops outlines where a format has masks only, and ours are drawn',
    applies: (set, target) =>
      (['voc_segmentation', 'open_images'].includes(target) &&
        from('coco_instances', 'cvat', 'datumaro', 'label_me')(set)) ||
      (target === 'open_images' && from('dota')(set)),
    source: (dataset) => keep(dataset, ({ type }) => !['polygon', 'rotated_box', 'ellipse'].includes(type)),
  },
  {
    name: 'masks as outlines',
    why: 'Datumaro makes outlines of masks that are no crowds, where ours stay masks, pixel by pixel',
    applies: (set, target) =>
      (target === 'coco_instances' && from('coco_panoptic', 'label_me', 'datumaro')(set)) ||
      (target === 'coco_person_keypoints' && from('datumaro')(set)),
    compare: (ours, theirs) => {
      const without = (golden: Golden): Golden =>
        mapItemsOf(golden, (item) => ({
          ...item,
          annotations: item.annotations
            .filter(({ type }) => type !== 'polygon' && type !== 'mask')
            .map((part) => ({ ...part, group: 0 })),
        }));
      return [without(ours), without(theirs)];
    },
  },
  {
    name: 'crowds',
    why: 'Datumaro makes a crowd of every mask that does not say that it is none',
    applies: (set, target) =>
      (['coco_instances', 'coco_stuff', 'kitti_segmentation'].includes(target) &&
        from('common_semantic_segmentation', 'mots', 'open_images', 'voc_segmentation')(set)) ||
      (target === 'coco_stuff' && from('coco_panoptic')(set)) ||
      (['coco_instances', 'coco_person_keypoints'].includes(target) && from('cvat')(set)),
    compare: (ours, theirs) => [
      mapAnnotations(ours, withoutAttributes('is_crowd')),
      mapAnnotations(theirs, withoutAttributes('is_crowd')),
    ],
  },
  {
    name: 'objects of Cityscapes',
    why: 'Datumaro writes the class where an object has a number of its own, so that objects of a class become one',
    applies: (set, target) => target === 'cityscapes' && from('coco_panoptic', 'mots')(set),
    compare: (ours, theirs) => [
      mapAnnotations(onePerClass(ours), withoutAttributes('is_crowd')),
      mapAnnotations(onePerClass(theirs), withoutAttributes('is_crowd')),
    ],
  },
  {
    name: 'the first class of KITTI',
    why: "Datumaro writes a set's first class as 0, which is where nothing is, where ours puts background first",
    applies: (set, target) =>
      target === 'kitti_segmentation' &&
      from('coco_panoptic', 'common_semantic_segmentation', 'mots', 'open_images')(set),
    compare: (ours, theirs) => {
      const first = theirs.labels[0]?.name;
      const rest = (golden: Golden): Golden => ({
        labels: bare(golden).labels.filter(({ name }) => name !== 'background' && name !== first),
        items: golden.items.map((item) => ({
          ...item,
          annotations: item.annotations.filter(({ label }) => label !== first),
        })),
      });
      return [rest(ours), rest(theirs)];
    },
  },
  {
    name: 'a background of what nothing is on',
    why: "Datumaro lists CamVid's black as a class, so that it reads a mask of it from every picture",
    applies: (set, target) => target === 'camvid' && from('voc_segmentation')(set),
    compare: (ours, theirs) => [
      bare(ours),
      mapItemsOf(bare(theirs), (item) => ({
        ...item,
        annotations: item.annotations.filter(({ label }) => label !== 'background'),
      })),
    ],
  },
  {
    name: 'attributes of pictures',
    why: 'Datumaro drops the licence, the date and what a tool says of a COCO picture, where ours goes along',
    applies: (set, target) =>
      set === 'roboflow_coco' &&
      [
        'coco_instances',
        'coco_person_keypoints',
        'cvat',
        'datumaro',
        'open_images',
        'voc_detection',
      ].includes(target),
    compare: (ours, theirs) => [mapItemsOf(ours, (item) => ({ ...item, attributes: {} })), theirs],
  },
  {
    name: 'undeclared attributes',
    why: 'Datumaro drops what the classes of the source do not declare, where ours declares it',
    applies: (set, target) =>
      target === 'cvat' &&
      !from(
        'common_semantic_segmentation',
        'cvat',
        'imagenet',
        'roboflow_yolo',
        'vott_csv',
        'yolo',
        'yolo_ultralytics',
      )(set),
    compare: (ours, theirs) => {
      const declared = new Map(theirs.labels.map(({ name, attributes }) => [name, new Set(attributes)]));
      const kept = mapAnnotations(ours, (annotation) => ({
        ...annotation,
        attributes: Object.fromEntries(
          Object.entries(annotation.attributes).filter(
            ([name]) => name === 'occluded' || declared.get(annotation.label ?? '')?.has(name) === true,
          ),
        ),
      }));
      return [bare(kept), bare(theirs)];
    },
  },
  {
    name: 'names with spaces in KITTI',
    why: 'Datumaro writes them as they are, so that the line has a column too many and others can not read it',
    applies: (set, target) =>
      target === 'kitti_detection' &&
      ['coco_instances', 'roboflow_voc', 'roboflow_yolo', 'roboflow_coco', 'vott_csv'].includes(set),
    compare: (ours, theirs) => {
      const word = (name: string): string => name.replaceAll(' ', '_');
      const renamed = mapAnnotations(theirs, (part) => ({
        ...part,
        label: part.label === null ? null : word(part.label),
      }));
      return [
        ours,
        { ...renamed, labels: theirs.labels.map((label) => ({ ...label, name: word(label.name) })) },
      ];
    },
  },
  {
    name: 'occluded as text',
    why: "Datumaro takes WIDER's occlusion of 1, which is text there, for none",
    applies: (set, target) => set === 'wider_face' && target === 'label_me',
    compare: (ours, theirs) => [
      mapAnnotations(ours, withoutAttributes('occluded')),
      mapAnnotations(theirs, withoutAttributes('occluded')),
    ],
  },
  {
    name: 'an invented score',
    why: 'Datumaro writes a score of 1 where none is known',
    applies: (set, target) =>
      target === 'kitti_detection' &&
      from(
        'cvat',
        'roboflow_coco',
        'roboflow_voc',
        'roboflow_yolo',
        'vott_csv',
        'wider_face',
        'yolo',
        'yolo_ultralytics',
      )(set),
    compare: (ours, theirs) => [ours, mapAnnotations(theirs, withoutAttributes('score'))],
  },
  {
    name: 'classes that are not listed',
    why: 'the format has no list of classes: ours stands in dataset_meta.json, theirs is what the objects name',
    applies: (set, target) =>
      (target === 'dota' && !from('dota')(set)) ||
      (target === 'kitti_detection' &&
        from(
          'coco_instances',
          'cvat',
          'datumaro',
          'roboflow_coco',
          'voc_detection',
          'yolo',
          'yolo_ultralytics',
        )(set)) ||
      (target === 'label_me' &&
        !from('kitti_detection', 'label_me', 'roboflow_voc', 'roboflow_yolo', 'vott_csv', 'wider_face')(set)),
    compare: (ours, theirs) => {
      const found = new Set(theirs.labels.map(({ name }) => name));
      const sorted = (golden: Golden): Golden => ({
        ...bare(golden),
        labels: bare(golden)
          .labels.filter(({ name }) => found.has(name))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      });
      return [sorted(ours), sorted(theirs)];
    },
  },
  {
    name: 'classes above classes',
    why: 'Datumaro writes no hierarchy to Open Images',
    applies: (set, target) => target === 'open_images' && set === 'roboflow_coco',
    compare: (ours, theirs) => [bare(ours), bare(theirs)],
  },
  {
    name: 'points that can not be seen',
    why: 'Datumaro writes plain points to CVAT, which can not say it, and ours are skeletons',
    applies: (set, target) => target === 'cvat' && set === 'datumaro@clean',
    compare: (ours, theirs) => [
      mapAnnotations(ours, ({ visibility, ...part }) => ({
        ...part,
        ...(visibility && { visibility: visibility.map(() => 2) }),
      })),
      theirs,
    ],
  },
  {
    name: 'a picture that is missing',
    why: 'of a file of boxes whose picture is not there both say so, and Ultralytics does not read it either; the golden set has all others from ours',
    applies: (set, target) =>
      (target === 'yolo_ultralytics' && set === 'coco_instances') || target === 'yolov8_pose',
    compare: (ours, theirs) => [
      ours,
      { ...theirs, items: theirs.items.filter(({ id }) => id !== 'missing_image_07') },
    ],
  },
];
