import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectFormats, detectInArchive, detectSets, listFolder } from './detect.ts';
import { openSource } from './operations/source.ts';
import { corpus, haveData, whyNot } from './testing/golden.ts';
import { sets } from './testing/sets.ts';
import { zip } from './testing/zip.ts';

/** Sets that Datumaro can't read back, or that have no reading of it here. */
const others: Readonly<Record<string, readonly string[]>> = {
  coco_person_keypoints: ['coco_person_keypoints@pose'],
  yolo: ['yolo'],
  yolo_ultralytics: ['yolo_ultralytics', 'yolo_ultralytics@inst'],
  cvat: ['cvat'],
  imagenet: ['imagenet', 'imagenet@clean'],
  imagenet_with_subset_dirs: ['imagenet_with_subset_dirs', 'imagenet_with_subset_dirs@clean'],
  image_dir: ['image_dir'],
  dota: ['dota', 'roboflow_yolo_obb'],
  icdar_text_localization: ['icdar_text_localization', 'icdar_text_localization@clean'],
  icdar_word_recognition: ['icdar_word_recognition'],
  mot_seq: ['mot_seq'],
  mots: ['mots'],
  market1501: ['market1501'],
  open_images: ['open_images@det'],
  kitti: ['kitti', 'kitti@clean'],
  kitti_detection: ['kitti_detection'],
  kitti_segmentation: ['kitti_segmentation', 'kitti_segmentation@clean'],
  vott_json: ['vott_json'],
  create_ml: ['roboflow_create_ml'],
  camvid: ['camvid'],
  cityscapes: ['cityscapes'],
  mnist: ['mnist'],
  mnist_csv: ['mnist_csv'],
  cifar: ['cifar'],
  lfw: ['lfw'],
  celeba: ['celeba'],
  ava: ['ava'],
  image_zip: ['image_zip'],
  arrow: ['arrow'],
};

describe.skipIf(!haveData)(`datasets: telling formats apart${whyNot}`, () => {
  for (const format of new Set([...Object.keys(sets), ...Object.keys(others)])) {
    test.each([...(sets[format] ?? []), ...(others[format] ?? [])])(`${format}: %s`, async (set) => {
      const [first, second] = await detectFormats(corpus(set));
      expect(first?.format.name).toBe(format);
      expect(first!.reasons.length).toBeGreaterThan(0);
      expect(first!.confidence).toBeGreaterThan(second?.confidence ?? 0);
    });
  }
});

describe('datasets: telling formats apart, by hand', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refinery-detect-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const put = async (set: string, path: string, text: string): Promise<void> => {
    const full = join(folder, set, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text);
  };

  test.each([
    ['yolo_ultralytics_segmentation', 'names: [a]\ntrain: images/train\n', '0 0.1 0.1 0.5 0.1 0.3 0.9\n'],
    [
      'yolo_ultralytics_pose',
      'names: [a]\ntrain: images/train\nkpt_shape: [1, 3]\n',
      '0 0.5 0.5 1 1 0.2 0.2 2\n',
    ],
    ['yolo_ultralytics_obb', 'names: [a]\ntrain: images/train\n', '0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n'],
  ])('%s', async (format, yaml, line) => {
    await put(format, 'data.yaml', yaml);
    await put(format, 'labels/train/a.txt', line);
    const [first] = await detectFormats(join(folder, format));
    expect(first?.format.name).toBe(format);
  });

  const voc = {
    'Annotations/a.xml': '<annotation><filename>a.jpg</filename></annotation>',
    'ImageSets/Main/train.txt': 'a\n',
    'JPEGImages/a.jpg': '',
  };
  const yolo = {
    'data.yaml': 'names: [a]\ntrain: images/train\n',
    'labels/train/a.txt': '0 0.5 0.5 0.2 0.2\n',
    'images/train/a.jpg': '',
  };

  test('sets beside each other are told apart, and none of them is taken for the whole', async () => {
    for (const [path, text] of Object.entries(voc)) await put('two', `first/${path}`, text);
    for (const [path, text] of Object.entries(yolo)) await put('two', `second/${path}`, text);
    const { inner } = await detectSets(await listFolder(join(folder, 'two')));
    expect(inner.map((set) => `${set.folder} ${set.format.name}`)).toEqual([
      'first voc_detection',
      'second yolo_ultralytics',
    ]);
    await expect(openSource(join(folder, 'two'))).rejects.toThrow(
      'This folder holds several sets: first (Pascal VOC, boxes), second (YOLO',
    );
    const { inner: none } = await detectSets(await listFolder(join(folder, 'two', 'second')));
    expect(none).toEqual([]);
  });

  test('the only set, in a folder around it, is opened as if it was named itself', async () => {
    for (const [path, text] of Object.entries(yolo)) await put('around', `some/set/${path}`, text);
    await using source = await openSource(join(folder, 'around'));
    expect([source.folder, source.format.name]).toEqual([
      join(folder, 'around', 'some', 'set'),
      'yolo_ultralytics',
    ]);
  });

  test('a set that is less sure than what speaks for the whole is among the others', async () => {
    await put(
      'many',
      'boxes/train_labels.csv',
      'filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,9,9,a,1,1,2,2\n',
    );
    await put('many', 'lvis/lvis_v1_train.json', '{"images": [], "categories": [], "annotations": []}');
    await put(
      'many',
      'flat/a.xml',
      '<annotation><filename>a.jpg</filename><object><name>a</name></object></annotation>',
    );
    await put('many', 'flat/a.jpg', '');
    const { inner } = await detectSets(await listFolder(join(folder, 'many')));
    expect(inner.map((set) => `${set.folder} ${set.format.name}`)).toEqual([
      'boxes box_table',
      'flat voc_detection',
      'lvis coco_instances',
    ]);
  });

  test.each(['outer/inner', 'my data/export 1/x'])('sets some folders down are found: %s', async (path) => {
    const set = `deep ${path}`;
    for (const [name, text] of Object.entries(yolo)) await put(set, `${path}/${name}`, text);
    for (const [name, text] of Object.entries(voc)) await put(set, `kit/VOC2007/${name}`, text);
    await put(set, 'README.txt', 'nothing');
    const { candidates, inner } = await detectSets(await listFolder(join(folder, set)));
    expect(candidates).toEqual([]);
    expect(inner.map((one) => `${one.folder} ${one.format.name}`)).toEqual([
      'kit/VOC2007 voc_detection',
      `${path} yolo_ultralytics`,
    ]);
    const archive = join(folder, `${path.length}deep.zip`);
    await writeFile(
      archive,
      zip(Object.entries(yolo).map(([name, content]) => ({ name: `${path}/${name}`, content }))),
    );
    expect(await detectInArchive(archive)).toMatchObject({ within: path, inner: [] });
  });

  test('below a folder with files of its own, and four folders down, nothing is looked for', async () => {
    for (const [name, text] of Object.entries(yolo)) {
      await put('beyond', `a/b/c/d/${name}`, text);
      await put('beyond', `x/y/${name}`, text);
    }
    await put('beyond', 'x/notes.csv', 'a');
    expect((await detectSets(await listFolder(join(folder, 'beyond')))).inner).toEqual([]);
  });

  test.each(['', 'set/'])('a zip file is told by its names: %s', async (below) => {
    const path = join(folder, `named${below.length}.zip`);
    const entries = Object.entries(yolo).map(([name, content]) => ({ name: `${below}${name}`, content }));
    await writeFile(path, zip([...entries, { name: '../outside.txt' }]));
    await expect(detectInArchive(path)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    await writeFile(path, zip(entries));
    const { candidates, inner } = await detectInArchive(path);
    expect(inner).toEqual([]);
    expect([candidates[0]?.format.name, candidates[0]?.confidence]).toEqual(['yolo_ultralytics', 0.9]);
  });

  test('an empty folder is of no format, and a missing one an error', async () => {
    await mkdir(join(folder, 'empty'));
    expect(await detectFormats(join(folder, 'empty'))).toEqual([]);
    await expect(detectFormats(join(folder, 'none'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});
