import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { Item } from '../../model/index.ts';
import { format, put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

let picture: Uint8Array = new Uint8Array();
beforeAll(async () => {
  const blank = sharp({ create: { width: 40, height: 30, channels: 3, background: '#123' } });
  picture = await blank.png().toBuffer();
});

const size = { width: 40, height: 30 };
const box = { category_id: 1, bbox: [1, 2, 3, 4] };

/** A file of COCO's fields. Each picture has a box, whose width is the picture's place in the list from 1 on. */
function file(names: readonly string[], classes: readonly string[] = ['x']): string {
  return JSON.stringify({
    images: names.map((file_name, at) => ({ id: at + 1, file_name, ...size })),
    categories: classes.map((name, at) => ({ id: at + 1, name })),
    annotations: names.map((_, at) => ({ id: at + 1, image_id: at + 1, ...box, bbox: [1, 2, at + 1, 4] })),
  });
}

async function read(files: Readonly<Record<string, string | Uint8Array>>, name = 'coco_instances') {
  const folder = fresh();
  await put(folder, files);
  return { folder, ...(await readAll(name, folder)) };
}

const widths = ({ annotations }: Item): number[] =>
  annotations.flatMap((part) => (part.type === 'box' ? [part.width] : []));
const brief = (items: readonly Item[]): string[] =>
  items.map((item) => `${item.subset}/${item.id} ${widths(item).join()}`);

async function detected(files: Readonly<Record<string, string | Uint8Array>>): Promise<string | undefined> {
  const folder = fresh();
  await put(folder, files);
  return (await detectFormats(folder))[0]?.format.name;
}

describe('key points in files of any name', () => {
  const points = JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', ...size }],
    annotations: [{ id: 1, image_id: 1, ...box, keypoints: [1, 2, 2, 3, 4, 1], num_keypoints: 2 }],
    categories: [{ id: 1, name: 'person', keypoints: ['nose', 'ear'], skeleton: [[1, 2]] }],
  });

  test.each([
    ['train/_annotations.coco.json'],
    ['train_pose.json'],
    ['annotations/train_pose.json'],
    ['annotations/instances_train.json'],
  ])('%s', async (path) => {
    const files = { [path]: points, 'train/a.jpg': picture };
    expect(await detected(files)).toBe('coco_person_keypoints');
    for (const name of ['coco', 'coco_instances', 'coco_person_keypoints']) {
      const { dataset, items, reasons } = await read(files, name);
      expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['points', 'box']);
      expect(dataset.categories.skeletons.get(0)).toEqual({ points: ['nose', 'ear'], joints: [[1, 2]] });
      expect(reasons).toEqual([]);
    }
  });

  test('files without them are told where only key points are read, and read by the whole', async () => {
    const files = { 'train_pose.json': points, 'val.json': file(['b.jpg']), 'metadata.json': '{}' };
    expect(await detected(files)).toBe('coco');
    expect(brief((await read(files, 'coco')).items)).toEqual(['train_pose/a 3', 'val/b 1']);
    const { items, reasons } = await read(files, 'coco_person_keypoints');
    expect(brief(items)).toEqual(['train_pose/a 3']);
    expect(reasons).toEqual(['not read: its objects have no key points']);
  });

  test('objects that stand in two files are read once', async () => {
    const files = { 'annotations/person_keypoints_train.json': points };
    const both = { ...files, 'annotations/instances_train.json': points };
    const { items, reasons } = await read(both, 'coco_person_keypoints');
    expect(items[0]!.annotations).toHaveLength(2);
    expect(reasons).toEqual(['not read: person_keypoints of the same set is read instead']);
  });
});

test('a picture that another file calls with an ending that is wrong is one', async () => {
  const captions = JSON.stringify({
    images: [{ id: 7, file_name: 'a.jpg' }],
    annotations: [{ id: 1, image_id: 7, caption: 'text' }],
  });
  const { items, folder } = await read(
    {
      'annotations/captions_train.json': captions,
      'annotations/instances_train.json': file(['a.png']),
      'images/train/a.png': picture,
    },
    'coco',
  );
  expect(items.map(({ annotations }) => annotations.map(({ type }) => type))).toEqual([['caption', 'box']]);
  expect(items[0]!.media!.path).toBe(join(folder, 'images/train/a.png'));
});

test('pictures that differ in their endings only are two', async () => {
  const files = {
    'annotations/instances_train.json': file(['a.jpg', 'a.png', 'd/a.jpg', 'A.jpg']),
    'annotations/captions_train.json': JSON.stringify({
      images: [{ id: 7, file_name: 'a.png' }],
      annotations: [{ id: 1, image_id: 7, caption: 'text' }],
    }),
    'images/train/a.jpg': picture,
    'images/train/a.png': picture,
  };
  const { items, folder } = await read(files, 'coco');
  expect(brief(items)).toEqual(['train/a 2', 'train/a.jpg 1', 'train/d/a 3', 'train/A 4']);
  expect(items[0]!.media!.path).toBe(join(folder, 'images/train/a.png'));
  expect(items[0]!.annotations.map(({ type }) => type).sort()).toEqual(['box', 'caption']);
});

describe('numbers', () => {
  test('beyond those that a number tells apart are compared digit by digit', async () => {
    const [first, second] = ['20240501123045123456', '20240501123045123457'];
    const text = `{"images":[{"id":${first},"file_name":"a.jpg"},{"id":${second},"file_name":"b.jpg"}],
      "categories":[{"id":${first},"name":"x"},{"id":${second},"name":"y"}],
      "annotations":[{"image_id":${first},"category_id":${second},"bbox":[1,2,3,4]},
        {"image_id":"${second}","category_id":"${first}","bbox":[1,2,5,4],"area":NaN},
        {"image_id":20240501123045123458,"category_id":${first},"bbox":[1,2,7,4]}]}`;
    const { items, reasons } = await read({ 'annotations/instances_train.json': text });
    expect(brief(items)).toEqual(['train/a 3', 'train/b 5']);
    expect(items.map(({ annotations }) => 'label' in annotations[0]! && annotations[0].label)).toEqual([
      1, 0,
    ]);
    expect(items.map(({ attributes }) => attributes.get('id'))).toEqual([first, second]);
    expect(reasons).toEqual(['there is no such picture']);
  });

  test('as text are the same numbers', async () => {
    const text = JSON.stringify({
      images: [
        { id: '1', file_name: 'a.jpg' },
        { id: 2, file_name: 'b.jpg' },
      ],
      categories: [
        { id: 17, name: 'x' },
        { id: '4', name: 'y' },
      ],
      annotations: [
        { image_id: 1, category_id: '17', bbox: [1, 2, 3, 4] },
        { image_id: '2', category_id: 4, bbox: [1, 2, 5, 4] },
      ],
    });
    const { items, reasons } = await read({ 'annotations/instances_train.json': text });
    expect(brief(items)).toEqual(['train/a 3', 'train/b 5']);
    expect(items.map(({ annotations }) => 'label' in annotations[0]! && annotations[0].label)).toEqual([
      1, 0,
    ]);
    expect(reasons).toEqual([]);
  });

  test('that two pictures or classes have are told', async () => {
    const text = JSON.stringify({
      images: ['a.jpg', 'b.jpg'].map((file_name) => ({ id: 1, file_name })),
      categories: ['x', 'y'].map((name) => ({ id: 1, name })),
      annotations: [],
    });
    const { reasons } = await read({ 'annotations/instances_train.json': text });
    expect(reasons).toEqual(['another picture has this number, too', 'another class has this number, too']);
  });
});

describe('which files are read', () => {
  test('those of other names beside COCO’s, and all of one folder', async () => {
    const { items, reasons } = await read({
      'annotations/instances_train.json': file(['a.jpg']),
      'annotations/val_fixed.json': file(['b.jpg']),
      'annotations/categories.json': '[1]',
      'metadata.json': '{"images": "many", "annotations": 7}',
      'set.receipt.json': '{"items": [{"images": []}]}',
      'batch/part_a.json': file(['c.jpg']),
      'batch/part_b.json': file(['d.jpg', 'c.png']),
    });
    expect(brief(items)).toEqual(['train/a 1', 'val_fixed/b 1', 'batch/c 1', 'batch/d 1', 'batch/c.png 2']);
    expect(reasons).toEqual([]);
  });

  test('what says the same of the same pictures is read once, and that is told', async () => {
    const { items, dataset } = await read({
      'annotations/instances_train.json': file(['a.jpg', 'b.jpg']),
      'annotations/all.json': file(['a.jpg', 'b.jpg', 'c.jpg']),
      'annotations/people.json': file(['a.jpg'], ['person']),
      'annotations/train.json': file(['b.jpg']),
      'images/a.jpg': picture,
      'images/b.jpg': picture,
    });
    expect(brief(items).map((text) => text.split(' ')[0])).toEqual([
      ...['train/a', 'train/b', 'all/a', 'all/b', 'all/c', 'people/a'],
    ]);
    expect(dataset.problems.list.map(({ file: path, reason }) => `${path}: ${reason}`)).toEqual([
      'annotations/all.json: 2 of its pictures are in annotations/instances_train.json as well; what both say is read',
      'annotations/people.json: 1 of its pictures are in annotations/instances_train.json, annotations/all.json as well; what both say is read',
      'annotations/train.json: not read: its pictures and classes are in annotations/instances_train.json, annotations/all.json, which is read instead',
    ]);
  });

  test.each([
    ['FiftyOne’s', 'labels.json', 'data/a.jpg', 'default/a 1'],
    [
      'makesense.ai’s',
      'labels_pets_2024-05-01-10-00-00.json',
      'images/a.jpg',
      'pets_2024-05-01-10-00-00/a 1',
    ],
    ['one with pictures below', 'train/labels.json', 'train/images/a.jpg', 'train/a 1'],
    ['a task’s name on objects', 'annotations/captions_val.json', 'images/a.jpg', 'val/a 1'],
  ])('%s', async (_, path, place, item) => {
    const files = { [path]: file(['a.jpg']), [place]: picture };
    expect(await detected(files)).toBe('coco_instances');
    const { items, folder, reasons } = await read(files);
    expect(brief(items)).toEqual([item]);
    expect(items[0]!.media!.path).toBe(join(folder, place));
    expect(reasons).toEqual([]);
  });

  test('captions and classes of whole pictures are what they are', async () => {
    const of = (entry: object): string =>
      JSON.stringify({ images: [{ id: 1, file_name: 'a.jpg' }], annotations: [{ image_id: 1, ...entry }] });
    expect(await detected({ 'texts.json': of({ caption: 'a' }) })).toBe('coco_captions');
    expect(await detected({ 'annotations/labels_a.json': of({ category_id: 1 }) })).toBe('coco_labels');
    expect(await detected({ 'a.json': of({ caption: 'a' }), 'b.json': of(box) })).toBe('coco');
  });

  test('a word that is a value is no field', async () => {
    const meta = '{"classes": [], "tags": [], "projectType": "images"}';
    expect(await detected({ 'meta.json': meta })).toBeUndefined();
  });
});

describe('names of pictures', () => {
  test('of another place are looked for in the set by their ends, and never leave it', async () => {
    const names = [
      ...['/home/me/images/a.jpg', 'C:\\pics\\b.jpg', '../../upload/3/c.jpg', 'https://host/x/d.jpg?s=1#2'],
      ...['/data/cam1/e.jpg', '/data/cam2/e.jpg', '/gone/f.jpg', 'file:///else/f.jpg', '../..', 'g.jpg'],
    ];
    const there = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'cam1/e.jpg', 'cam2/e.jpg'];
    const { items, folder, dataset } = await read({
      'result.json': file(names),
      ...Object.fromEntries(there.map((name) => [`images/${name}`, picture])),
    });
    expect(brief(items)).toEqual([
      ...['result/a 1', 'result/b 2', 'result/c 3', 'result/d 4', 'result/cam1/e 5', 'result/cam2/e 6'],
      ...['result/f 7', 'result/else/f 8', 'result/g 10'],
    ]);
    expect(items.slice(0, 6).map(({ media }) => media!.path)).toEqual(
      there.map((name) => join(folder, 'images', name)),
    );
    expect(items.every(({ media }) => media!.path.startsWith(folder))).toBe(true);
    expect(items[3]!.attributes.get('coco_url')).toBe('https://host/x/d.jpg?s=1#2');
    expect(dataset.problems.list.map(({ place, reason }) => `${place}: ${reason}`)).toEqual([
      'images[6]: its path is not in the set, and no picture has its name',
      'images[7]: its path is not in the set, and no picture has its name',
      "images[8]: the picture's name is missing or is none",
      'annotations[8]: there is no such picture',
    ]);
  });

  test('of two places are two pictures', async () => {
    const { items, reasons } = await read({
      'result.json': file(['/one/a.jpg', '/two/a.jpg', 'a.jpg', '/one/a.jpg']),
      'images/a.jpg': picture,
    });
    expect(brief(items)).toEqual(['result/a 1,4', 'result/two/a 2', 'result/a.jpg 3']);
    expect(reasons).toEqual(['its path is not in the set, and no picture has its name']);
  });
});

test('sizes that a file has not are those of the pictures', async () => {
  const text = JSON.stringify({
    images: [{ id: 1, file_name: 'a.png' }],
    categories: [{ id: 1, name: 'x' }],
    annotations: [{ image_id: 1, ...box }],
  });
  const { dataset, items } = await read({
    'annotations/instances_train.json': text,
    'images/train/a.png': picture,
  });
  expect(items[0]!.media).toMatchObject({ size });
  const folder = fresh();
  await format('coco_instances').write(dataset, folder, { media: 'none' });
  const { items: again } = await readAll('coco_instances', folder);
  expect(again[0]!.media).toMatchObject({ size });
});

describe('COCO: names in another case', () => {
  test('are those of the set’s parts, each of which is read', async () => {
    const { items, reasons } = await read({
      'annotations/Instances_train.json': file(['1.png', '2.png']),
      'annotations/instances_train.json': file(['3.png']),
      'images/train/1.png': picture,
      'images/train/2.png': picture,
      'images/train/3.png': picture,
    });
    expect(brief(items).sort()).toEqual(['train/1 1', 'train/2 2', 'train/3 1']);
    expect(items.every(({ media }) => media?.path.includes('images/train') === true)).toBe(true);
    expect(reasons).toEqual([]);
  });

  test('of one part’s pictures are read once, and what is left is told', async () => {
    const { items, reasons } = await read({
      'annotations/Instances_train.json': file(['1.png', '2.png']),
      'annotations/instances_train.json': file(['1.png']),
    });
    expect(items.map(({ id }) => id)).toEqual(['1', '2']);
    expect(reasons).toEqual([expect.stringMatching(/^not read: its pictures and classes are in/)]);
  });

  test('are found in a folder of any case', async () => {
    const files = { 'Annotations/Instances_Train.JSON': file(['1.png']), 'images/Train/1.png': picture };
    expect(await detected(files)).toBe('coco_instances');
    const { items, folder } = await read(files);
    expect(brief(items)).toEqual(['Train/1 1']);
    expect(items[0]!.media?.path).toBe(join(folder, 'images/Train/1.png'));
  });
});

describe('COCO: files with names of their own', () => {
  test.each([
    ['train_annotations.json', 'train'],
    ['annotations_val.json', 'val'],
    ['annotations/test-coco.json', 'test'],
    ['train_a.json', 'train_a'],
    ['annotations.json', 'annotations'],
  ])('%s is of the subset %s', async (name, subset) => {
    const { items } = await read({ [name]: file(['1.png']), 'images/1.png': picture });
    expect(items.map((item) => item.subset)).toEqual([subset]);
  });
});

describe('COCO: pictures in other folders than its own', () => {
  const at = async (files: Readonly<Record<string, string | Uint8Array>>) => {
    const { items, folder } = await read(files);
    return items.map(({ media }) => media?.path.slice(folder.length + 1));
  };

  test.each(['Images/train', 'train_images', 'imgs', 'dataset/train/images', 'some/where'])(
    '%s',
    async (below) => {
      const annotations = { 'annotations/instances_train.json': file(['1.png', '2.PNG']) };
      const paths = await at({ ...annotations, [`${below}/1.png`]: picture, [`${below}/2.png`]: picture });
      expect(paths).toEqual([`${below}/1.png`, `${below}/2.png`]);
    },
  );

  test('are those of the file’s own part of the set, and of several that may be meant, none is', async () => {
    const annotations = { 'val_annotations.json': file(['1.png', '2.png', '3.png', 'b/4.png']) };
    const pictures = ['train_images/1.png', 'valid_images/1.png', 'train_images/2.png', 'x/3.png', 'y/3.png'];
    // Drawn ones are none.
    const nested = ['x/a/4.png', 'x/b/4.png', 'annotations/panoptic_val/2.png', 'val_masks/2.png'];
    const paths = await at({
      ...annotations,
      ...Object.fromEntries([...pictures, ...nested].map((path) => [path, picture])),
    });
    const nowhere = (name: string): string => `images/val/${name}`;
    expect(paths).toEqual(['valid_images/1.png', nowhere('2.png'), nowhere('3.png'), 'x/b/4.png']);
  });

  test("a model's results beside the annotations are told and not read", async () => {
    const folder = fresh();
    const [images, categories] = [
      [{ id: 1, file_name: 'a.jpg', width: 9, height: 9 }],
      [{ id: 1, name: 'cat' }],
    ];
    await put(folder, {
      'annotations/instances_val.json': JSON.stringify({ images, categories, annotations: [] }),
      'detections.json': JSON.stringify([{ image_id: 1, category_id: 1, bbox: [1, 2, 3, 4], score: 0.9 }]),
    });
    const { items, reasons } = await readAll('coco_instances', folder);
    expect(items[0]!.annotations).toEqual([]);
    expect(reasons).toEqual(['not read: it is what a model found, and no set of annotations']);
  });
});

test('a damaged annotation is told, and the others are read', async () => {
  const text = file(['a.jpg', 'b.jpg', 'c.jpg']).replace('"bbox":[1,2,2,4]', '"bbox":[1,2,,4]');
  const { items, dataset } = await read({ 'annotations/instances_train.json': text });
  expect(brief(items)).toEqual(['train/a 1', 'train/b ', 'train/c 3']);
  const at = text.indexOf('{"id":2,"image_id":2');
  expect(dataset.problems.list).toEqual([
    {
      file: 'annotations/instances_train.json',
      place: `image b, byte ${at}`,
      reason: 'the entry is damaged: it is no JSON',
    },
  ]);
});

test('of a subset’s files, one that is cut off leaves nothing, and the others are read', async () => {
  const whole = file(['a.jpg', 'b.jpg']);
  const { items, dataset } = await read(
    {
      'annotations/instances_train.json': whole,
      'annotations/captions_train.json': JSON.stringify({
        images: [{ id: 1, file_name: 'z.jpg', ...size }],
        annotations: [{ id: 1, image_id: 1, caption: 'a' }],
      }).slice(0, -4),
    },
    'coco',
  );
  expect(brief(items)).toEqual(['train/a 1', 'train/b 2']);
  expect(dataset.problems.list.map(({ file: path }) => path)).toEqual(['annotations/captions_train.json']);
});
