import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { format, put, readAll, scratch, setOf, shape } from '../common/testing.ts';

const { fresh } = scratch();
const picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'grey' } })
  .png()
  .toBuffer();
const line = '0 0.5 0.5 0.2 0.2\n';
const head = 'names: [cat, dog]\n';

/** Reads a set of these files: items as `subset: id`, and what is told. */
async function read(files: Readonly<Record<string, string>>, name = 'yolo_ultralytics') {
  const folder = fresh();
  await put(folder, drawn(files));
  const { items, reasons, names } = await readAll(name, folder);
  return {
    folder,
    reasons,
    names,
    labelled: items.filter(({ annotations }) => annotations.length > 0).length,
    ids: items.map(({ id, subset }) => `${subset}: ${id}`),
  };
}

/** The files, with a picture in each that is called as one. */
function drawn(files: Readonly<Record<string, string>>): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, path.endsWith('.png') ? picture : text]),
  );
}

describe('subsets', () => {
  const pictures = { 'images/a/1.png': '', 'images/b/1.png': '', 'images/c/1.png': '' };

  test.each<[string, string, readonly string[]]>([
    ['are called as their field', 'train: images/a\nval: images/c\n', ['train: 1', 'val: 1']],
    [
      'of several folders are one, and ids say the folder',
      'train: [images/a, images/b]\nval: images/c\n',
      ['train: a/1', 'train: b/1', 'val: 1'],
    ],
    ['share a folder', 'train: images/a\nval: images/a\n', ['train: 1', 'val: 1']],
    [
      'have a picture once, whatever names it',
      'train: [images/a, images, images/a]\nval: images/c\n',
      ['train: a/1', 'train: b/1', 'train: c/1', 'val: 1'],
    ],
  ])('%s', async (_, yaml, ids) => {
    const set = await read({ ...pictures, 'data.yaml': `${yaml}${head}` });
    expect(set.ids).toEqual(ids);
  });

  test.each<[string, readonly string[]]>([
    ['train: ../train/images\nval: ../valid/images\n', ['train: 1', 'valid: 2']],
    ['train: train/images\nvalidation: valid/images\n', ['train: 1', 'valid: 2']],
    ['train: train/images\nval: train/images\n', ['train: 1', 'val: 1']],
    ['', ['train: 1', 'valid: 2']],
  ])('keep a usual name of their folder: %j', async (yaml, ids) => {
    const files = { 'train/images/1.png': '', 'valid/images/2.png': '', 'data.yaml': `${yaml}${head}` };
    expect((await read(files)).ids).toEqual(ids);
  });

  test('folders that differ by what is around `images`', async () => {
    const files = { 'x/images/1.png': '', 'y/images/1.png': '', 'x/images/deep/1.png': '' };
    const { ids } = await read({ ...files, 'data.yaml': `train: [x/images, y/images]\n${head}` });
    expect(ids).toEqual(['train: x/1', 'train: x/deep/1', 'train: y/1']);
    const lists = { 'a.txt': './x/images/1.png\n', 'b.txt': './y/images/1.png\n./x/images/1.png\n' };
    const listed = await read({ ...files, ...lists, 'data.yaml': `train: [a.txt, b.txt]\n${head}` });
    expect(listed.ids).toEqual(['train: 1', 'train: y/images/1']);
  });

  test('a picture that differs from another in its ending alone keeps it', async () => {
    const files = { 'images/train/1.png': '', 'images/train/1.jpg': '', 'images/2.png': '' };
    const { ids } = await read({ ...files, 'data.yaml': `train: images/train\n${head}` });
    expect(ids).toEqual(['train: 1', 'train: 1.png']);
    const lists = { 'train.txt': '1.png\n1.jpg\n1.png\nsub/1.png\nobj_train_data/1.png\n' };
    const darknet = { 'obj.data': 'train = train.txt\n', 'obj.names': 'cat\n', ...lists };
    expect((await read(darknet, 'yolo')).ids).toEqual([
      'train: 1',
      'train: 1.jpg',
      'train: sub/1',
      'train: obj_train_data/1',
    ]);
    expect((await read({ ...files, 'classes.txt': 'cat\n' }, 'yolo')).ids).toEqual([
      'default: images/2',
      'default: images/train/1',
      'default: images/train/1.png',
    ]);
  });

  test.each([
    [['default', 'train', 'val'], 'train:\n  - images/default\n  - images/train\nval: images/val\n'],
    [['train', 'val2017', 'val', 'valid'], 'val:\n  - images/val2017\n  - images/val\n  - images/valid\n'],
    [['train2017', 'val2017', 'test2017'], 'train: images/train2017\nval: images/val2017\ntest: images/test'],
  ])('of one field are all in it, and come back: %j', async (subsets, text) => {
    const folder = fresh();
    const annotations = [{ ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 }];
    const set = setOf(
      ['cat'],
      subsets.map((subset) => ({ id: 'same', subset, annotations })),
    );
    const report = await format('yolo_ultralytics').write(set, folder, { media: 'none' });
    expect(report.problems.list).toEqual([]);
    expect(await readFile(join(folder, 'data.yaml'), 'utf8')).toContain(text);
    await put(folder, drawn(Object.fromEntries(subsets.map((name) => [`images/${name}/same.png`, '']))));
    const { items, reasons, dataset } = await readAll('yolo_ultralytics', folder);
    expect(reasons).toEqual([]);
    expect(dataset.infos).toBeUndefined();
    expect(items.map(({ id, subset }) => `${subset}: ${id}`).toSorted()).toEqual(
      subsets.map((subset) => `${subset}: same`).toSorted(),
    );
  });
});

describe('what lies beside', () => {
  test('pictures in no subset are told with their number', async () => {
    const files = {
      'images/train/1.png': '',
      'images/extra/2.png': '',
      'images/extra/deep/3.png': '',
      'labels/extra/2.txt': line,
      'images/4.png': '',
    };
    const { reasons, ids } = await read({ ...files, 'data.yaml': `train: images/train\n${head}` });
    expect(ids).toEqual(['train: 1']);
    expect(reasons).toEqual([
      '3 pictures are in no subset, and not read: in images, images/extra, images/extra/deep',
    ]);
    const lists = { 'train.txt': './images/train/1.png\n./images/4.png\n./images/extra/2.png\n' };
    const listed = await read({ ...files, ...lists, 'data.yaml': `train: train.txt\n${head}` });
    expect(listed.reasons).toEqual(['1 picture is in no subset, and not read: in images/extra/deep']);
  });

  const loose = { 'images/1.png': '', 'labels/1.txt': line };

  test.each<[string, Readonly<Record<string, string>>]>([
    ['classes.txt', { 'classes.txt': 'car\nperson\n\n' }],
    ['obj.names', { 'obj.names': 'car\r\nperson' }],
    ['labels/classes.txt', { 'labels/classes.txt': 'car\nperson\n' }],
    [
      'notes.json',
      { 'notes.json': '{"categories": [{"id": 1, "name": "person"}, {"id": 0, "name": "car"}]}' },
    ],
  ])('%s names the classes of a set without a data.yaml', async (_, files) => {
    const { folder, names, reasons, ids, labelled } = await read({ ...loose, ...files });
    expect([names, ids, labelled, reasons]).toEqual([['car', 'person'], ['default: 1'], 1, []]);
    const [best, next] = await detectFormats(folder);
    expect(best!.format.name).toBe('yolo_ultralytics');
    expect(best!.confidence).toBeGreaterThan(next!.confidence);
  });

  test('without names anywhere the numbers are taken, and that is told', async () => {
    const { names, reasons } = await read({ ...loose, 'notes.json': '{"categories": ' });
    expect([names, reasons]).toEqual([['0'], ['the classes have no names; their numbers are taken']]);
  });

  test('a folder `images` in a name is where Ultralytics looks for `labels`', async () => {
    const folder = fresh();
    const annotations = [{ ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 }];
    const set = setOf(['cat'], [{ id: 'images/a', subset: 'train', annotations }]);
    await format('yolo_ultralytics').write(set, folder, { media: 'none' });
    await put(folder, drawn({ 'images/train/images/a.png': '' }));
    expect(await readFile(join(folder, 'images/train/labels/a.txt'), 'utf8')).not.toBe('');
    const { items, reasons } = await readAll('yolo_ultralytics', folder);
    expect([items.length, items[0]!.annotations.length, reasons]).toEqual([1, 1, []]);
  });

  test('lists of classes in each subset are one list, by their names', async () => {
    const set = (name: string, classes: string, text: string) => ({
      [`${name}/_darknet.labels`]: classes,
      [`${name}/1.png`]: '',
      [`${name}/1.txt`]: text,
    });
    const files = { ...set('train', 'cat\ndog\n', `1 ${line.slice(2)}`), ...set('valid', 'dog\ncat', line) };
    const { folder, names, reasons, ids, labelled } = await read(files, 'yolo');
    expect([names, ids, labelled, reasons]).toEqual([['cat', 'dog'], ['train: 1', 'valid: 1'], 2, []]);
    const { items } = await readAll('yolo', folder);
    expect(items.flatMap(({ annotations }) => annotations)).toMatchObject([{ label: 1 }, { label: 1 }]);
    const [best] = await detectFormats(folder);
    expect(best).toMatchObject({ format: { name: 'yolo' }, confidence: 0.6, against: [] });
  });

  test('a darknet set without a label file is told', async () => {
    const { reasons, ids } = await read({ ...loose, 'classes.txt': 'car\n' }, 'yolo');
    expect([ids, reasons]).toEqual([['default: images/1'], ['no picture has a label file beside it']]);
  });
});

describe('paths of another machine', () => {
  const set = {
    'obj/1.png': '',
    'obj/1.txt': line,
    'obj/2.png': '',
    'obj/2.txt': line,
    'obj.names': 'cat\n',
  };
  const list =
    '/home/bob/darknet/data/obj/1.png\nC:\\dk\\data\\obj\\2.png\n/x/data/obj/gone.png\n/etc/x.png\n';

  test.each([
    ['data/train.txt', 'data/obj.names'],
    ['/home/bob/darknet/data/train.txt', 'C:\\dk\\data\\obj.names'],
  ])("darknet's pictures and lists are found by the ends of their paths: %s", async (train, names) => {
    const data = `classes = 1\ntrain = ${train}\nnames = ${names}\n`;
    const { ids, labelled, reasons } = await read({ ...set, 'obj.data': data, 'train.txt': list }, 'yolo');
    expect(ids).toEqual(['train: obj/1', 'train: obj/2', 'train: obj/gone']);
    expect(labelled).toBe(2);
    expect(reasons).toEqual(["the path leaves the set's folder"]);
  });

  test("so are those of Ultralytics' lists", async () => {
    const { ids, reasons } = await read({
      'images/1.png': '',
      'other/2.png': '',
      'train.txt': 'D:\\work\\images\\1.png\n/home/other/2.png\n/home/images/3.png\n/etc/x.png\n',
      'data.yaml': `train: /home/train.txt\n${head}`,
    });
    expect(ids).toEqual(['train: 1', 'train: other/2', 'train: 3']);
    expect(reasons).toEqual(["the path leaves the set's folder"]);
  });
});
