import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset, Format } from './format.ts';
import { formatNamed } from './formats/index.ts';
import { encodeBitmap } from './masks.ts';
import {
  type Annotation,
  type AnnotationType,
  type Attributes,
  type AttributeValue,
  type Categories,
  type Item,
  ProblemLog,
} from './model/index.ts';
import { corpus, differences, type Golden, haveData, toGolden, whyNot } from './testing/golden.ts';

let scratch = '';
let turn = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-datasets-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});
const fresh = (): string => join(scratch, String(++turn));

const named = (name: string): Format => formatNamed(name) as Format;

/** Takes out what a format has no place for. */
function reduce(
  golden: Golden,
  { ids = true, groups = true, order = true, parents = true, attributes = true },
): Golden {
  const withoutNames = ['id', 'frame'];
  return {
    ...golden,
    labels: golden.labels
      .filter(({ name }) => name !== 'background')
      .map((label) => ({ ...label, parent: parents ? label.parent : '', attributes: [] })),
    items: golden.items.map((item) => ({
      id: item.id,
      subset: item.subset,
      attributes: Object.fromEntries(
        Object.entries(item.attributes).filter(([name]) => !withoutNames.includes(name)),
      ),
      annotations: item.annotations.map((annotation) => {
        const { id, group, z_order, ...rest } = annotation;
        return {
          ...rest,
          ...(attributes ? {} : { attributes: {} }),
          id: ids ? id : 0,
          group: groups ? group : 0,
          ...(order && z_order !== undefined ? { z_order } : {}),
        };
      }),
    })),
  };
}

const sets: readonly (readonly [format: string, set: string, keeps: Parameters<typeof reduce>[1]])[] = [
  ['coco', 'coco', { ids: false, groups: false }],
  ['coco_instances', 'coco_instances@rich', { ids: false, groups: false }],
  ['coco_person_keypoints', 'coco_person_keypoints', { ids: false, groups: false }],
  ['coco_captions', 'coco_captions', { ids: false, groups: false }],
  ['coco_labels', 'coco_labels', { ids: false, groups: false }],
  ['coco_image_info', 'coco_image_info', {}],
  ['coco_panoptic', 'coco_panoptic@clean', {}],
  ['coco_stuff', 'coco_stuff', { ids: false, groups: false }],
  ['yolo', 'yolo@clean', {}],
  ['yolo_ultralytics', 'yolo_ultralytics@clean', {}],
  ['voc', 'voc@clean', { ids: false, groups: false }],
  ['voc_detection', 'voc_detection', {}],
  ['voc_classification', 'voc_classification', {}],
  ['voc_segmentation', 'voc_segmentation@clean', { groups: false }],
  ['voc_instance_segmentation', 'voc_instance_segmentation', { groups: false }],
  ['datumaro', 'datumaro', {}],
  ['datumaro', 'datumaro@pcd', {}],
  ['datumaro_binary', 'datumaro_binary', {}],
  ['arrow', 'arrow', {}],
  ['cvat', 'cvat@clean', {}],
  ['imagenet', 'imagenet', {}],
  ['imagenet_with_subset_dirs', 'imagenet_with_subset_dirs', {}],
  ['imagenet_txt', 'imagenet_txt', {}],
  ['image_dir', 'image_dir', {}],
  ['dota', 'dota@clean', {}],
  ['dota', 'roboflow_yolo_obb', {}],
  ['label_me', 'label_me', {}],
  ['label_me', 'label_me@clean', {}],
  ['icdar_text_localization', 'icdar_text_localization', {}],
  ['icdar_word_recognition', 'icdar_word_recognition', {}],
  ['icdar_text_segmentation', 'icdar_text_segmentation@clean', {}],
  ['mot_seq', 'mot_seq', {}],
  ['mots', 'mots', {}],
  ['market1501', 'market1501', {}],
  ['wider_face', 'wider_face', {}],
  ['open_images', 'open_images', {}],
  ['open_images', 'open_images@det', {}],
  ['kitti_detection', 'kitti_detection@clean', {}],
  ['vott_csv', 'vott_csv', {}],
  ['vott_json', 'vott_json', {}],
  ['create_ml', 'roboflow_create_ml', {}],
  ['roboflow_multiclass', 'roboflow_multiclass', {}],
  ['voc_layout', 'voc_layout', {}],
  ['voc_action', 'voc_action', {}],
  ['common_semantic_segmentation', 'common_semantic_segmentation', {}],
  ['camvid', 'camvid', {}],
  ['cityscapes', 'cityscapes', {}],
  ['segment_anything', 'segment_anything', {}],
  ['mnist', 'mnist', {}],
  ['cifar', 'cifar', {}],
  ['image_zip', 'image_zip', {}],
  ['lfw', 'lfw', {}],
  ['vgg_face2', 'vgg_face2', {}],
  ['ava', 'ava', {}],
  ['kitti_raw', 'kitti_raw', {}],
  ['sly_pointcloud', 'sly_pointcloud', {}],
  ['mnist_csv', 'mnist_csv', {}],
];

describe.skipIf(!haveData)(`datasets: written and read again${whyNot}`, () => {
  test.each(sets)('%s: %s', async (name, set, keeps) => {
    const format = named(name);
    const source = await format.read(corpus(set));
    const ours = reduce(await toGolden(source), keeps);
    const folder = fresh();
    await format.write(await format.read(corpus(set)), folder, { media: 'copy' });
    const again = reduce(await toGolden(await format.read(folder)), keeps);
    expect(differences(again, ours)).toEqual([]);
    expect((await readdir(folder, { recursive: true })).filter((path) => path.includes('.part'))).toEqual([]);
  });
});

// Sets out of nothing, for what a format says it can hold.

const colours = new Map<number, readonly [number, number, number]>();
const categories: Categories = {
  labels: ['кот', 'dog & <fish>', '__proto__'].map((name) => ({ name, parent: '', attributes: [] })),
  attributes: [],
  skeletons: new Map(),
  colours,
};

const size = { width: 40, height: 30 };
const length = fc.double({ min: 0.01, max: 30, noNaN: true }).map((value) => Math.round(value * 100) / 100);
const points = (fewest: number): fc.Arbitrary<number[]> =>
  fc.array(fc.tuple(length, length), { minLength: fewest, maxLength: 9 }).map((pairs) => pairs.flat());
const key = fc
  .oneof(fc.constantFrom('__proto__', 'constructor', 'a b'), fc.string({ minLength: 1, maxLength: 8 }))
  .filter(
    (name) =>
      name.trim() === name && !/[\p{C}]/u.test(name) && !['occluded', 'score', 'is_crowd'].includes(name),
  );
const word = fc
  .string({ maxLength: 12 })
  .filter((text) => text.trim() === text && !/\p{C}/u.test(text) && !/^(true|false)$/.test(text));

function annotation(type: AnnotationType, values: fc.Arbitrary<AttributeValue>): fc.Arbitrary<Annotation> {
  const attributes: fc.Arbitrary<Attributes> = fc
    .array(fc.tuple(key, values), { maxLength: 3 })
    .map((pairs) => new Map(pairs));
  const common = { id: fc.constant(0), group: fc.constant(0), attributes, label: fc.nat(2) };
  const shape = { ...common, zOrder: fc.integer({ min: 0, max: 5 }), type: fc.constant(type) };
  const box = { x: length, y: length, width: length, height: length };
  const make = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Annotation> =>
    fc.record(fields) as unknown as fc.Arbitrary<Annotation>;
  switch (type) {
    case 'box':
    case 'ellipse':
      return make({ ...shape, ...box });
    case 'polygon':
      return make({ ...shape, points: points(3) });
    case 'polyline':
      return make({ ...shape, points: points(2) });
    case 'mask':
      return make({
        ...shape,
        width: fc.constant(size.width),
        height: fc.constant(size.height),
        counts: fc
          .uint8Array({ minLength: 1200, maxLength: 1200, max: 1 })
          .map((bits) => encodeBitmap(bits.fill(1, 0, 50), size.width, size.height)),
      });
    case 'rotated_box':
      return make({
        ...shape,
        centreX: length,
        centreY: length,
        width: length.map((v) => v + 2),
        height: length.map((v) => v + 2),
        angle: fc.integer({ min: 1, max: 170 }),
      });
    case 'label':
      return make({ ...common, type: fc.constant(type) });
    case 'caption':
      return make({
        id: common.id,
        group: common.group,
        attributes,
        type: fc.constant(type),
        text: fc.string(),
      });
    default:
      throw new Error(type);
  }
}

function setOf(items: readonly Item[]): Dataset {
  return {
    categories,
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      yield* items;
    },
  };
}

const generated: readonly (readonly [
  format: string,
  types: readonly AnnotationType[],
  values: fc.Arbitrary<AttributeValue>,
  keeps: Parameters<typeof reduce>[1],
])[] = [
  [
    'datumaro',
    ['box', 'polygon', 'polyline', 'mask', 'ellipse', 'label', 'caption'],
    fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
    {},
  ],
  [
    'datumaro_binary',
    ['box', 'polygon', 'polyline', 'mask', 'ellipse', 'label', 'caption'],
    fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
    {},
  ],
  [
    'arrow',
    ['box', 'polygon', 'polyline', 'mask', 'ellipse', 'label', 'caption'],
    fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
    {},
  ],
  [
    'cvat',
    ['box', 'rotated_box', 'polygon', 'polyline', 'mask', 'ellipse', 'label'],
    fc.oneof(word, fc.boolean()),
    {},
  ],
  [
    'coco_instances',
    ['box'],
    fc.oneof(word, fc.integer(), fc.boolean()),
    { ids: false, groups: false, order: false },
  ],
  ['voc_detection', ['box'], word, { ids: false, groups: false, order: false }],
  ['voc_action', ['box'], word, { ids: false, groups: false, order: false }],
  [
    'labelme',
    ['box', 'polygon', 'polyline', 'mask'],
    fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
    { order: false },
  ],
  [
    'label_me',
    ['box', 'polygon', 'mask'],
    fc.oneof(word, fc.integer(), fc.boolean()),
    { ids: false, order: false },
  ],
  [
    'label_studio',
    ['box', 'rotated_box', 'polygon', 'ellipse', 'mask'],
    fc.oneof(word, fc.integer(), fc.boolean()),
    { order: false },
  ],
  [
    'via',
    ['box', 'polygon', 'polyline', 'ellipse'],
    fc.oneof(
      word.filter((text) => text !== ''),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    { order: false },
  ],
  [
    'supervisely',
    ['box', 'rotated_box', 'polygon', 'polyline', 'mask'],
    fc.oneof(
      word.filter((text) => text !== ''),
      fc.boolean(),
    ),
    { order: false },
  ],
  ['create_ml', ['box'], word, { ids: false, groups: false, order: false, attributes: false }],
  ['vott_csv', ['box'], word, { order: false, attributes: false }],
  ['vott_json', ['box', 'polygon'], word, { order: false, attributes: false }],
  ['open_images', ['box', 'mask'], word, { groups: false, order: false, attributes: false }],
  ['hf_imagefolder', ['box'], word, { ids: false, groups: false, order: false, attributes: false }],
  ['hf_parquet', ['box'], word, { ids: false, groups: false, order: false, attributes: false }],
  ['webdataset', ['box'], word, { ids: false, groups: false, order: false, attributes: false }],
];

describe('datasets: writing and reading is the identity for what a format holds', () => {
  test.each(generated)('%s', async (name, types, values, keeps) => {
    const item = fc.record({
      subset: fc.constantFrom('train', 'val', 'default'),
      id: fc.constantFrom('a', 'sub/dir/b', 'имя 图', 'dots.in.name', "quote'd"),
      annotations: fc.array(fc.oneof(...types.map((type) => annotation(type, values))), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 4, minLength: 1 }),
        async (made) => {
          const items = made.map(
            (entry): Item => ({
              ...entry,
              attributes: new Map(),
              media: { kind: 'image', path: `/nowhere/${entry.id}.png`, size },
            }),
          );
          const folder = fresh();
          const report = await named(name).write(setOf(items), folder, { media: 'none' });
          expect(report.problems.total).toBe(0);
          const back = await named(name).read(folder);
          const again = reduce(await toGolden(back), keeps);
          expect(back.problems.list).toEqual([]);
          const expected = reduce(await toGolden(setOf(items)), keeps);
          for (const { annotations } of expected.items) {
            for (const entry of annotations) {
              const { attributes } = entry;
              // Flags that a format always has.
              if (name === 'coco_instances') entry.attributes = { is_crowd: false, ...attributes };
              if (name === 'cvat' && entry.type !== 'label')
                entry.attributes = { occluded: false, ...attributes };
              if (name === 'label_me') entry.attributes = { occluded: false, username: '', ...attributes };
              if (name === 'voc_detection' || name === 'voc_action') {
                const flags = { difficult: false, truncated: false, occluded: false };
                entry.attributes = { ...flags, ...attributes };
              }
            }
          }
          const free = (golden: Golden): Golden => ({
            labels: [],
            items: golden.items.map((entry) => ({ ...entry, attributes: {} })),
          });
          expect(differences(free(again), free(expected))).toEqual([]);
        },
      ),
      { numRuns: 25, interruptAfterTimeLimit: 15_000 },
    );
  });
});

describe('datasets: writing', () => {
  const one: Item = { id: 'a', subset: 'train', media: null, attributes: new Map(), annotations: [] };

  test('never replaces a file', async () => {
    const folder = fresh();
    await named('coco_instances').write(setOf([one]), folder, { media: 'none' });
    await expect(
      named('coco_instances').write(setOf([one]), folder, { media: 'none' }),
    ).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
    expect(await readdir(join(folder, 'annotations'))).toEqual(['instances_train.json']);
  });

  test('never leaves the folder, whatever an item is called', async () => {
    for (const id of ['../out', 'a/../../out', 'a\\..\\..\\out']) {
      const write = named('voc_detection').write(setOf([{ ...one, id }]), fresh(), { media: 'none' });
      await expect(write).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    }
  });
});
