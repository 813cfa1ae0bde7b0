import { describe, expect, test } from 'vitest';
import { formatNamed } from './formats/index.ts';
import {
  corpus,
  data,
  differences,
  type Golden,
  haveData,
  readGolden,
  toGolden,
  whyNot,
} from './testing/golden.ts';
import { sets } from './testing/sets.ts';

/**
 * In a VOC set with masks, Datumaro numbers boxes from 0 and masks from 1 and uses both as groups, so that it takes a box and
 * another object's mask for one object. Ours are joined by class and place, and are compared without a box's group.
 */
const otherGroups = ['voc', 'voc@clean', 'voc_instance_segmentation'];

/** Of pictures, Datumaro reads `id` and passes over licence, date and what Roboflow says besides. */
const moreOfPictures = ['roboflow_coco', 'mmdet_coco'];

function withIdsOnly(golden: Golden): void {
  for (const item of golden.items) item.attributes = { id: item.attributes['id'] };
}

function withoutBoxGroups(golden: Golden): void {
  for (const { annotations } of golden.items) {
    for (const annotation of annotations) if (annotation.type === 'bbox') annotation.group = 0;
  }
}

describe.skipIf(!haveData)(`datasets: what Datumaro reads${whyNot}`, () => {
  for (const [name, names] of Object.entries(sets)) {
    test.each(names)(`${name}: %s`, async (set) => {
      const dataset = await formatNamed(name)!.read(corpus(set));
      const theirs = readGolden(set);
      if (otherGroups.includes(set)) withoutBoxGroups(theirs);
      const ours = await toGolden(dataset);
      if (otherGroups.includes(set)) withoutBoxGroups(ours);
      if (moreOfPictures.includes(set)) withIdsOnly(ours);
      expect(differences(ours, theirs)).toEqual([]);
    });
  }
});

describe.skipIf(!haveData)(`datasets: what CVAT's fork of Datumaro writes${whyNot}`, () => {
  const fork = (set: string): string => `${data}golden_cvat_fork/${set}`;
  const shapes = async (format: string, folder: string, type: string): Promise<Golden> => {
    const { labels, items } = await toGolden(await formatNamed(format)!.read(folder));
    return {
      labels: labels.map(({ name }) => ({ name, parent: '', attributes: [] })),
      items: items.map(({ id, subset, annotations }) => ({
        id,
        subset,
        attributes: {},
        annotations: annotations
          .filter((annotation) => annotation.type === type)
          .map((annotation) => ({ ...annotation, id: 0, group: 0, z_order: 0, attributes: {} })),
      })),
    };
  };

  test('outlines', async () => {
    const ours = await shapes(
      'yolo_ultralytics_segmentation',
      fork('cvat@clean__yolov8_segmentation'),
      'polygon',
    );
    const source = await shapes('cvat', corpus('cvat@clean'), 'polygon');
    expect(ours.items.some(({ annotations }) => annotations.length > 0)).toBe(true);
    expect(differences(ours, source)).toEqual([]);
  });

  test('poses', async () => {
    const set = 'coco_person_keypoints@pose';
    const ours = await shapes('yolo_ultralytics_pose', fork(`${set}__yolov8_pose`), 'points');
    const source = await shapes('coco_person_keypoints', corpus(set), 'points');
    expect(ours.items.some(({ annotations }) => annotations.length > 0)).toBe(true);
    expect(differences({ ...ours, labels: [] }, { ...source, labels: [] })).toEqual([]);
  });
});
