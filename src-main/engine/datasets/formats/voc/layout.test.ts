import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

const xml = (filename = 'x.jpg'): string =>
  `<annotation><filename>${filename}</filename><size><width>9</width><height>9</height></size><object><name>cat</name>` +
  '<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>';

/** Reads a set of these files: `subset: id, picture, number of annotations` of each item. */
async function read(files: Readonly<Record<string, string>>, name = 'voc_detection') {
  const folder = fresh();
  await put(folder, files);
  const { items, reasons } = await readAll(name, folder);
  const short = items.map(
    ({ id, subset, media, annotations }) =>
      `${subset}: ${id}, ${media!.path.slice(folder.length + 1)}, ${annotations.length}`,
  );
  return { folder, items: short, reasons };
}

describe('VOC: XML files without its tree', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'in a folder beside the pictures',
      { 'annotations/a.xml': xml('a.JPG'), 'images/a.JPG': '', 'images/b.png': '' },
      ['default: a, images/a.JPG, 1', 'default: b, images/b.png, 0'],
    ],
    [
      'whose pictures are found by the name in them',
      { 'labels/1.xml': xml('C:\\x\\first.png'), 'images/first.png': '', 'images/first.jpg': '' },
      ['default: 1, images/first.png, 1', 'default: first, images/first.jpg, 0'],
    ],
    [
      'with folders of subsets in both',
      {
        'Annotations/train/a.xml': xml(),
        'Annotations/val/a.xml': xml(),
        'images/train/a.jpg': '',
        'images/val/a.jpg': '',
        'images/val/deep/b.jpg': '',
      },
      [
        'train: a, images/train/a.jpg, 1',
        'val: a, images/val/a.jpg, 1',
        'val: deep/b, images/val/deep/b.jpg, 0',
      ],
    ],
    [
      'with folders of subsets around both',
      {
        'train/annotations/a.xml': xml(),
        'train/images/a.jpg': '',
        'val/annotations/a.xml': xml(),
        'val/images/a.jpg': '',
      },
      ['train: a, train/images/a.jpg, 1', 'val: a, val/images/a.jpg, 1'],
    ],
    [
      'in folders of any name',
      { 'boxes/a.xml': xml(), 'shots/a.jpg': '', 'shots/b.jpg': '' },
      ['default: a, shots/a.jpg, 1', 'default: b, shots/b.jpg, 0'],
    ],
    [
      'beside their pictures, some of which have none',
      { 'train/a.xml': xml(), 'train/a.jpg': '', 'train/b.jpg': '', 'c.xml': xml('gone.png') },
      ['default: c, c.png, 1', 'train: a, train/a.jpg, 1', 'train: b, train/b.jpg, 0'],
    ],
    [
      'beside two pictures that differ in their endings',
      { 'a.xml': xml('a.jpg'), 'a.jpg': '', 'a.png': '' },
      ['default: a, a.jpg, 1', 'default: a.png, a.png, 0'],
    ],
  ])('%s', async (_, files, wanted) => {
    const { folder, items, reasons } = await read(files);
    expect(items).toEqual(wanted);
    expect(reasons).toEqual([]);
    expect((await detectFormats(folder))[0]!.format.name).toBe('voc_detection');
  });

  test('says that they lie beside their pictures only where they do', async () => {
    const files = { 'annotations/a.xml': xml(), 'images/a.jpg': '' };
    const { folder } = await read(files);
    const [best] = await detectFormats(folder);
    expect(best!.reasons).toEqual([
      "annotations/a.xml is an XML file of Pascal VOC's kind, with pictures in another folder.",
    ]);
    const outer = fresh();
    await put(join(outer, 'set'), files);
    expect(await detectFormats(outer)).toEqual([]);
  });
});

describe('VOC: lists', () => {
  const tree = Object.fromEntries(
    ['a', 'b', 'c', 'd'].flatMap((id) => [
      [`Annotations/${id}.xml`, xml()],
      [`JPEGImages/${id}.jpg`, ''],
    ]),
  );
  const lists = { 'ImageSets/Main/train.txt': 'a\n', 'ImageSets/Main/val.txt': 'b\nc\n' };
  const ids = async (more: Readonly<Record<string, string>>) => {
    const { items, reasons } = await read({ ...tree, ...lists, ...more });
    return { ids: items.map((item) => item.split(',')[0]), reasons };
  };

  test('one that holds what others hold together is no subset', async () => {
    const all = { 'ImageSets/Main/trainval.txt': 'a\nb\nc\n', 'ImageSets/Main/all.txt': 'a\nb\nc\nd\n' };
    const { ids: found, reasons } = await ids({ ...all, 'ImageSets/Main/test.txt': 'd\n' });
    expect(found).toEqual(['test: d', 'train: a', 'val: b', 'val: c']);
    expect(reasons).toEqual([]);
    expect((await ids({ 'ImageSets/Main/some.txt': 'a\nb\n' })).ids).toEqual([
      'some: a',
      'some: b',
      'train: a',
      'val: b',
      'val: c',
    ]);
  });

  test('pictures in none of them are told with their number', async () => {
    expect((await ids({ 'JPEGImages/deep/e.jpg': '' })).reasons).toEqual([
      '2 pictures are in none of its lists, and not read',
    ]);
    const masks = { 'SegmentationClass/x.png': '', 'ImageSets/Segmentation/train.txt': 'a\n' };
    expect((await read({ ...tree, ...lists, ...masks }, 'voc_segmentation')).reasons).toEqual([
      '1 picture is in none of its lists, and not read',
    ]);
  });

  test('without lists, folders that are called as subsets are some', async () => {
    const { items } = await read({ 'Annotations/train/a.xml': xml(), 'JPEGImages/train/a.jpg': '' });
    expect(items).toEqual(['train: a, JPEGImages/train/a.jpg, 1']);
  });
});
