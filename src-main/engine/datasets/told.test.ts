import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { format, put, readAll, scratch, setOf, shape } from './formats/common/testing.ts';
import { lossOf } from './loss.ts';
import type { Annotation } from './model/index.ts';
import { planConversion, runConversion } from './operations/index.ts';
import { statisticsOf } from './statistics.ts';

const { fresh } = scratch();
const size = { width: 64, height: 48 };
let picture = Buffer.alloc(0);
beforeAll(async () => {
  picture = await sharp({ create: { ...size, channels: 3, background: '#28a' } })
    .png()
    .toBuffer();
});

const box = (label: number, x = 4): Annotation => ({
  ...shape,
  label,
  type: 'box',
  x,
  y: 5,
  width: 9,
  height: 8,
});
const ring = (label: number): Annotation => ({
  ...shape,
  label,
  type: 'polygon',
  points: [1, 1, 20, 1, 20, 20],
});

interface Entry {
  readonly file: string;
  readonly annotations: readonly object[];
}

const entry = (file: string, ...annotations: object[]): Entry => ({ file, annotations });
const boxOf = (category_id: number) => ({ category_id, bbox: [4, 5, 9, 8], iscrowd: 0 });

/** A COCO set of these pictures, of which those in `absent` are not there. */
async function cocoSet(
  entries: readonly Entry[],
  names = ['cat', 'dog'],
  absent: readonly string[] = [],
): Promise<string> {
  const folder = fresh();
  let id = 0;
  const text = JSON.stringify({
    images: entries.map(({ file }, at) => ({ id: at + 1, file_name: file, ...size })),
    categories: names.map((name, at) => ({ id: at + 1, name })),
    annotations: entries.flatMap(({ annotations }, at) =>
      annotations.map((part) => ({ id: ++id, image_id: at + 1, ...part })),
    ),
  });
  await put(folder, { 'annotations/instances_train.json': text });
  for (const { file } of entries)
    if (!absent.includes(file)) await put(folder, { [`images/train/${file}`]: picture });
  return folder;
}

const convert = (source: string, to: string, more: object = {}) =>
  runConversion({
    source,
    from: 'coco_instances',
    to,
    output: join(fresh(), 'new'),
    media: 'copy',
    receipt: false,
    ...more,
  });

describe('what is told is no failure', () => {
  const outlined = { ...boxOf(1), segmentation: [[1, 1, 20, 1, 20, 20]] };

  test.each(['icdar_text_localization', 'segment_anything'])(
    '%s has no classes, and what comes back without them is as it was said',
    async (to) => {
      const source = await cocoSet([entry('a.png', outlined), entry('b.png', outlined)]);
      expect(await convert(source, to)).toMatchObject({ check: 'passed', roundTrip: { score: 1 } });
    },
  );

  test.each(['image_zip', 'yolo_ultralytics'])(
    '%s: a picture that is not there is told before',
    async (to) => {
      const source = await cocoSet([entry('a.png', boxOf(1)), entry('gone.png', boxOf(1))], undefined, [
        'gone.png',
      ]);
      const { loss } = await planConversion({ source, to, output: '', media: 'copy' });
      expect(loss.notes.join()).toContain('1 picture is missing');
      expect((await convert(source, to)).check).toBe('passed');
    },
  );

  test('a name whose folders become a part of it', async () => {
    const source = await cocoSet([entry('sub/a.png', outlined)]);
    const { check, roundTrip } = await convert(source, 'segment_anything');
    expect([check, roundTrip.renamedItems.count]).toEqual(['passed', 1]);
  });

  test('a picture with boxes alone is in a VOC set of instances, too', async () => {
    const source = await cocoSet([entry('a.png', outlined), entry('b.png', boxOf(1))]);
    const { roundTrip, check } = await convert(source, 'voc_instance_segmentation');
    expect([check, roundTrip.items]).toEqual(['passed', { expected: 2, found: 2, added: 0 }]);
  });

  test('a box that another covers in a mask picture', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1), boxOf(1))]);
    const { problems, check } = await convert(source, 'mvtec_detection');
    expect([check, problems.byReason]).toEqual(['passed', { 'a box that others cover as a whole': 1 }]);
  });

  test('outlines of any number of corners come back from ICDAR, where a word may follow the fourth or eighth number', async () => {
    const rings = [3, 4, 5, 6, 9].map((corners) => ({
      category_id: 1,
      segmentation: [
        Array.from({ length: corners }, (_, at) => [
          30 + 9 * Math.cos((2 * Math.PI * at) / corners),
          24 + 9 * Math.sin((2 * Math.PI * at) / corners),
        ]).flat(),
      ],
    }));
    const made = await convert(await cocoSet([entry('a.png', ...rings)]), 'icdar_text_localization');
    expect(made.roundTrip).toMatchObject({ score: 1, types: [{ type: 'polygon', expected: 5, equal: 5 }] });
  });

  test('a set of classes without a mask is read back', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1)), entry('b.png', boxOf(2))]);
    const transforms = [{ name: 'anns_to_labels', options: {} }];
    expect(await convert(source, 'mvtec_classification', { transforms })).toMatchObject({ check: 'passed' });
  });
});

describe('before anything is written it is told', () => {
  const loss = async (to: string, annotations: readonly Annotation[]) => {
    const set = setOf(['cat', 'dog'], [{ id: 'a', annotations }]);
    return lossOf(await statisticsOf(set), format(to).abilities, set.categories);
  };

  test('that a picture keeps what is of one class', async () => {
    const note =
      '1 picture has annotations of several classes and keeps those of one, which its folder says.';
    expect((await loss('mvtec_detection', [box(0), box(1, 30)])).notes).toContain(note);
    expect((await loss('mvtec_detection', [box(0), box(0, 30)])).notes).not.toContain(note);
    expect((await loss('vgg_face2', [box(0), box(0, 30)])).notes.join()).toContain('keeps one of its boxes');
  });

  test('that boxes without a mask have no place among masks', async () => {
    const { types } = await loss('segment_anything', [
      box(0),
      { ...box(0, 30), group: 1 },
      { ...ring(0), group: 1 },
    ]);
    expect(types).toMatchObject([
      { type: 'box', kept: 1, dropped: 1 },
      { type: 'polygon', approximated: 1 },
    ]);
  });

  test('that pictures have no place among point clouds, and those none among pictures', async () => {
    const notes = async (to: string, kind: 'image' | 'point_cloud') => {
      const set = setOf(['cat'], [{ id: 'a', media: { kind, path: 'a', size: null } }]);
      return lossOf(await statisticsOf(set), format(to).abilities, set.categories).notes;
    };
    expect(await notes('sly_pointcloud', 'image')).toContain(
      '1 item is a picture, and the format is for point clouds.',
    );
    expect(await notes('yolo', 'point_cloud')).toContain(
      '1 item is a point cloud, and the format is for pictures.',
    );
    expect(await notes('datumaro', 'point_cloud')).toEqual([]);
  });

  test('that only boxes have attributes', async () => {
    const attributes = new Map([['occluded', true]]);
    const alone = { ...ring(0), attributes };
    const together = [
      { ...box(0), group: 1, attributes },
      { ...ring(0), group: 1, attributes },
    ];
    expect([...(await loss('voc', [alone, ...together])).attributes]).toEqual([['occluded', 1]]);
    expect([...(await loss('voc_detection', [alone, ...together])).attributes]).toEqual([]);
  });
});

describe('data.yaml', () => {
  test('names the place of the set, which is read in any other, too', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1))]);
    const output = join(fresh(), 'ü: #1');
    await convert(source, 'yolo_ultralytics', { output });
    expect(await readFile(join(output, 'data.yaml'), 'utf8')).toMatch(`path: ${JSON.stringify(output)}\n`);
    const moved = join(dirname(output), 'moved');
    await rename(output, moved);
    expect((await readAll('yolo_ultralytics', moved)).items[0]!.annotations).toHaveLength(1);
  });
});

describe('names', () => {
  const long = 'a'.repeat(251);

  test('that are too long for a file end in a sentence, and leave nothing', async () => {
    const source = await cocoSet([entry(`${long}.png`, boxOf(1))]);
    const output = join(fresh(), 'new');
    await expect(convert(source, 'labelme', { output })).rejects.toMatchObject({
      code: 'OUTPUT_NAME_TOO_LONG',
    });
    expect(await readdir(dirname(output))).toEqual([]);
    const longer = await cocoSet([entry('a.png', boxOf(1))]);
    const path = join(longer, 'annotations/instances_train.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('a.png', `${'x'.repeat(300)}.png`));
    expect(await convert(longer, 'datumaro')).toMatchObject({ items: 1, check: 'passed' });
  });

  test.each(['hf_parquet', 'webdataset', 'arrow'])('%s: pictures in a file may have them', async (to) => {
    const source = await cocoSet([entry(`${long}.png`, boxOf(1))]);
    expect((await convert(source, to)).roundTrip.items).toMatchObject({ found: 1 });
  });

  test('of classes that can name no file cost VOC their list, which is told', async () => {
    const names = ['a/b', 'c'.repeat(300)];
    const source = await cocoSet([entry('a.png', boxOf(1)), entry('b.png', boxOf(2))], names);
    const transforms = [{ name: 'anns_to_labels', options: {} }];
    const { check, problems } = await convert(source, 'voc_classification', { transforms });
    expect([check, problems.byReason]).toEqual([
      'passed',
      { 'the class of the picture can’t name a file, as its list is': 2 },
    ]);
  });
});

describe('one damaged entry costs no other', () => {
  test.each([
    ['coco_instances', '"category_id":2', '"category_id":', 'image b, byte '],
    ['datumaro', '"label_id":1', '"label_id":', 'items[1], byte '],
    ['create_ml', '"label":"dog"', '"label":dog', '[1]'],
  ])('%s', async (name, text, damaged, place) => {
    const source = await cocoSet([
      entry('a.png', boxOf(1)),
      entry('b.png', boxOf(2)),
      entry('c.png', boxOf(1)),
    ]);
    const folder = join(fresh(), 'set');
    await runConversion({ source, to: name, output: folder, media: 'copy' });
    const files = await readdir(folder, { recursive: true });
    const file = files.find((path) => path.endsWith('.json') && path !== 'dataset_meta.json')!;
    const whole = await readFile(join(folder, file), 'utf8');
    await writeFile(join(folder, file), whole.replace(text, damaged));
    const { dataset, items } = await readAll(name, folder);
    expect(items.flatMap(({ annotations }) => annotations)).toHaveLength(2);
    expect(dataset.problems.list[0]).toMatchObject({ file, reason: 'the entry is damaged: it is no JSON' });
    expect(dataset.problems.list[0]!.place).toContain(place);
  });
});

describe('what is no file', () => {
  test('a pipe among the annotations or the masks is told, and nobody waits for it', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1)), entry('b.png', boxOf(2))]);
    execFileSync('mkfifo', [join(source, 'annotations/instances_val.json')]);
    const { items, dataset } = await readAll('coco_instances', source);
    expect(items).toHaveLength(2);
    expect(dataset.problems.list).toMatchObject([
      { file: 'annotations/instances_val.json', reason: expect.stringContaining('it is no file') },
    ]);
    const voc = join(fresh(), 'voc');
    await convert(
      await cocoSet([entry('a.png', { ...boxOf(1), segmentation: [[1, 1, 20, 1, 20, 20]] })]),
      'voc',
      { output: voc },
    );
    await rm(join(voc, 'SegmentationObject/a.png'));
    execFileSync('mkfifo', [join(voc, 'SegmentationObject/a.png')]);
    expect((await readAll('voc', voc)).items).toHaveLength(1);
  });

  test('links in circles are followed once, and one out of the set is told', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1)), entry('gone.png', boxOf(1))], undefined, [
      'gone.png',
    ]);
    await symlink('..', join(source, 'annotations/up'));
    await symlink('.', join(source, 'annotations/here'));
    const elsewhere = fresh();
    await mkdir(elsewhere, { recursive: true });
    const path = join(source, 'annotations/instances_train.json');
    await rename(path, join(elsewhere, 'x.json'));
    await symlink(join(elsewhere, 'x.json'), path);
    const { items, dataset } = await readAll('coco_instances', source);
    expect(items).toHaveLength(2);
    expect(dataset.problems.list).toMatchObject([
      { file: 'annotations/instances_train.json', reason: expect.stringContaining('outside of the set') },
    ]);
  });
});

test('blank files of JSON are told as empty', async () => {
  const source = await cocoSet([entry('a.png', boxOf(1))]);
  await put(source, { 'annotations/instances_val.json': ' \n\n' });
  const { reasons } = await readAll('coco_instances', source);
  expect(reasons[0]).toContain('the file is empty');
});

test('a table of large pictures has groups of a few megabytes', async () => {
  const folder = fresh();
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const large = await sharp({ create: { width: 1000, height: 600, channels: 3, background: '#28a', noise } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await put(folder, { [`${name}.png`]: large });
  const output = join(fresh(), 'new');
  await runConversion({
    source: folder,
    from: 'image_dir',
    to: 'hf_parquet',
    output,
    media: 'copy',
    receipt: false,
  });
  const [file] = (await readdir(output, { recursive: true })).filter((path) => path.endsWith('.parquet'));
  const bytes = await readFile(join(output, file!));
  const { row_groups } = parquetMetadata(new Uint8Array(bytes).buffer);
  expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([2, 2, 1]);
});

describe('a set that is written over', () => {
  test('stays as it is where not all can be moved, and no link is followed', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1))]);
    const output = join(fresh(), 'old');
    const elsewhere = fresh();
    await mkdir(elsewhere, { recursive: true });
    await put(output, { 'data.yaml': 'old\n', labels: 'a file\n' });
    await symlink(elsewhere, join(output, 'images'));
    const writing = convert(source, 'yolo_ultralytics', { output, overwrite: true });
    await expect(writing).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(join(output, 'data.yaml'), 'utf8')).toBe('old\n');
    expect(await readdir(elsewhere)).toEqual([]);
    expect((await readdir(dirname(output))).sort()).toEqual(['old']);
  });

  test('is none where it is a file', async () => {
    const source = await cocoSet([entry('a.png', boxOf(1))]);
    const root = fresh();
    await put(root, { set: 'text' });
    const writing = convert(source, 'yolo', { output: join(root, 'set'), overwrite: true });
    await expect(writing).rejects.toMatchObject({ message: expect.stringContaining('is a file') });
  });
});
