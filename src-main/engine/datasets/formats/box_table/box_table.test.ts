import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { Box, Item } from '../../model/index.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const head = 'filename,width,height,class,xmin,ymin,xmax,ymax\n';
const boxesOf = ({ annotations }: Item): number[][] =>
  (annotations as Box[]).map(({ label, x, y, width, height }) => [label ?? -1, x, y, width, height]);
const short = (item: Item): unknown[] => [item.subset, item.id, boxesOf(item)];
const surest = async (folder: string): Promise<unknown[]> => {
  const [first] = await detectFormats(folder);
  return [first?.format.name, first?.confidence];
};

describe('tables of boxes', () => {
  test("Roboflow's, with pictures without boxes, names as they stand, and odd rows", async () => {
    const folder = fresh();
    await put(folder, {
      'train/_annotations.csv': `${head}a.jpg,64,48,dog,1.5,2,11,22\nb.jpg,64,48,"10, ""x""",1,2,31,22\na.jpg,64,48,,0,0,1,1\n,64,48,dog,1,2,3,4\na.jpg,64,48,dog,9,2,3,4\na.jpg,64,48,dog,,,,\nc.jpg,9,9,dog,1,2,3,4,5\n`,
      'train/a.jpg': '',
      'train/sub/b.jpg': '',
      'a b/_annotations.csv': head,
      'a b/d.jpg': '',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.9]);
    const { items, names, reasons } = await readAll('box_table', folder);
    expect(names).toEqual(['10, "x"', 'dog']);
    expect(items.map(short)).toEqual([
      [
        'train',
        'a',
        [
          [1, 1.5, 2, 9.5, 20],
          [-1, 0, 0, 1, 1],
        ],
      ],
      ['train', 'b', [[0, 1, 2, 30, 20]]],
      ['train', 'c', [[1, 1, 2, 2, 2]]],
      ['a b', 'd', []],
      ['train', 'sub/b', []],
    ]);
    expect(items[0]!.media?.size).toEqual({ width: 64, height: 48 });
    expect(reasons).toEqual([
      "the picture's name is missing or no path",
      'box: the width or height is negative',
      'the row has a class and no box',
      'the row has more fields than the head',
    ]);
  });

  test("TensorFlow's guides: subsets by the files' names, pictures in folders", async () => {
    const folder = fresh();
    await put(folder, {
      'data/train_labels.csv': `${head}a.JPG,9,9,10,1,2,3,4\ngone.jpg,9,9,2,1,2,3,4\n`,
      'data/test_labels.csv': `${head}a.jpg,9,9,2,1,2,3,4\n`,
      'images/train/a.jpg': '',
      'images/test/a.jpg': '',
      'images/test/empty.jpg': '',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.88]);
    const { items, names, reasons } = await readAll('box_table', folder);
    expect(names).toEqual(['2', '10']);
    expect(items.map(short)).toEqual([
      ['test', 'a', [[0, 1, 2, 2, 2]]],
      ['train', 'a', [[1, 1, 2, 2, 2]]],
      ['train', 'gone', [[0, 1, 2, 2, 2]]],
      ['test', 'empty', []],
    ]);
    expect(items[1]!.media?.path).toMatch(/images[\\/]train[\\/]a\.jpg$/);
    expect(reasons).toEqual([]);
  });

  test("keras-retinanet's: no head, paths of other machines, classes in their order", async () => {
    const folder = fresh();
    await put(folder, {
      'annotations.csv':
        '/home/x/images/a.jpg,1,2,11,22,dog\nimages/b.jpg,,,,,\nC:\\set\\images\\a.jpg,5,6,7,8,cat\n/home/y/c.jpg,1,1,2,2,owl\n',
      'classes.csv': 'dog,0\ncat,1\n',
      'images/a.jpg': '',
      'images/b.jpg': '',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.85]);
    const { items, names, reasons } = await readAll('box_table', folder);
    expect(names).toEqual(['dog', 'cat', 'owl']);
    expect(items.map(short)).toEqual([
      [
        'default',
        'a',
        [
          [0, 1, 2, 10, 20],
          [1, 5, 6, 2, 2],
        ],
      ],
      ['default', 'b', []],
      ['default', 'home/y/c', [[2, 1, 1, 1, 1]]],
    ]);
    expect(reasons).toEqual([]);
  });

  test("Roboflow's for keras-retinanet: its list of classes makes it no table of classes", async () => {
    const folder = fresh();
    await put(folder, {
      'train/_annotations.csv': 'a.jpg,1,2,11,22,dog\n',
      'train/_classes.csv': 'cat,0\ndog,1\n',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.98]);
    const { items, names, reasons } = await readAll('box_table', folder);
    expect([names, items.map(short), reasons]).toEqual([
      ['cat', 'dog'],
      [['train', 'a', [[1, 1, 2, 10, 20]]]],
      [],
    ]);
  });

  test("Kaggle's wheat: a list in a column, no endings, no class", async () => {
    const folder = fresh();
    await put(folder, {
      'train.csv':
        'image_id,width,height,bbox,source\n1.2.840,64,48,"[3.0, 2.0, 10.5, 20.0]",usask_1\n1.2.840,64,48,"[1. 2. 3. 4.]",7\nb,64,48,"[1, 2, 3]",x\nc,64,48,,x\n',
      'sample_submission.csv': 'image_id,PredictionString\nz,1.0 0 0 50 50\n',
      'train/1.2.840.png': '',
      'test/z.jpg': '',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.88]);
    const { items, names, reasons } = await readAll('box_table', folder);
    expect(names).toEqual(['object']);
    expect(items.map(short)).toEqual([
      [
        'train',
        '1.2.840',
        [
          [0, 3, 2, 10.5, 20],
          [0, 1, 2, 3, 4],
        ],
      ],
      ['train', 'b', []],
      ['train', 'c', []],
      ['test', 'z', []],
    ]);
    expect(items[0]!.annotations.map(({ attributes }) => attributes.get('source'))).toEqual(['usask_1', 7]);
    expect(reasons).toEqual([
      'the table is none of boxes, and not read',
      'box: a coordinate is not a number or far too large',
    ]);
  });

  test('columns in any order and case; sides; scores and other columns; several pictures of a name', async () => {
    const folder = fresh();
    await put(folder, {
      'boxes.csv':
        ',Label,X,Y,Width,Height,Image Path,Confidence,occluded,note\n0,cat,1,2,10,20,a.jpg,0.90,True,0x4\n1,cat,1,2,3,4,dup.jpg,,,\n',
      'images/a.jpg': '',
      'p/dup.jpg': '',
      'q/dup.jpg': '',
    });
    expect(await surest(folder)).toEqual(['box_table', 0.6]);
    const { items, reasons } = await readAll('box_table', folder);
    expect(items.map(short)).toEqual([
      ['default', 'a', [[0, 1, 2, 10, 20]]],
      ['default', 'dup', [[0, 1, 2, 3, 4]]],
      ['default', 'p/dup', []],
      ['default', 'q/dup', []],
    ]);
    expect([...items[0]!.annotations[0]!.attributes]).toEqual([
      ['score', 0.9],
      ['occluded', true],
      ['note', '0x4'],
    ]);
    expect(reasons).toEqual(['several pictures are called so, and it is not known which is meant']);
  });

  test('pictures of two subsets are told', async () => {
    const folder = fresh();
    const rows = 'image,xmin,ymin,xmax,ymax,label\na.jpg,1,2,5,8,cat\n';
    await put(folder, { 'train.csv': rows, 'all.csv': rows, 'a.jpg': '' });
    const { items, reasons } = await readAll('box_table', folder);
    expect(items.map(({ subset, id }) => `${subset} ${id}`)).toEqual(['default a', 'train a']);
    expect(reasons).toEqual(['the picture is in another subset, too']);
  });

  test.each<[string, string]>([
    ['image,xmin,ymin,xmax,ymax,label', '0.1,0.25,0.5,1,cat'],
    ['image;x_center;y_center;width;height;label', '0.3;0.625;0.4;0.75;cat'],
  ])('shares of the picture become pixels: %s', async (names, row) => {
    const folder = fresh();
    const separator = names.includes(';') ? ';' : ',';
    const rows = ['a.png', 'gone.png'].map((name) => `${name}${separator}${row}\n`);
    const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: 'grey' } });
    const bytes = await picture.png().toBuffer();
    await put(folder, { 'train.csv': `${names}\n${rows.join('')}a.png${separator}x\n`, 'a.png': bytes });
    const { items, reasons } = await readAll('box_table', folder);
    const [label, ...sides] = boxesOf(items[0]!)[0]!;
    expect(label).toBe(0);
    for (const [at, side] of [4, 5, 16, 15].entries()) expect(sides[at]).toBeCloseTo(side);
    expect(items[1]!.annotations).toEqual([]);
    expect(reasons).toEqual([
      'all coordinates lie between 0 and 1, and are taken for shares of the pictures',
      'box: a coordinate is not a number or far too large',
      "without the picture's size the box in pixels is not known",
    ]);
  });

  test("VoTT's table stays VoTT's, and one of classes is none of boxes", async () => {
    const folder = fresh();
    await put(folder, {
      'p-export.csv': '"image","xmin","ymin","xmax","ymax","label"\n"a.jpg",1,2,3,4,"x"\n',
    });
    expect(await surest(folder)).toEqual(['vott_csv', 0.97]);
    const other = fresh();
    await put(other, { 'train.csv': 'id_code,diagnosis\na1,2\n' });
    expect((await detectFormats(other)).map(({ format: { name } }) => name)).toEqual(['tabular']);
    await expect(format('box_table').read(other)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });

  test('written and read again; what has no place is told', async () => {
    const box = { ...shape, type: 'box' as const, x: 1.25, y: 2, width: 3.5, height: 4 };
    const set = setOf(
      ['cat, "x"', 'dog'],
      [
        { id: 'sub/a', subset: 'train', annotations: [box, { ...box, label: null }] },
        { id: 'sub/a', subset: 'default', annotations: [{ ...box, label: 1 }] },
        { id: 'b', subset: 'a b', annotations: [] },
      ],
    );
    const { items, names, reasons, report } = await writeAndRead('box_table', set, fresh());
    expect(names).toEqual(['cat, "x"', 'dog']);
    expect(items.map(short)).toEqual([
      ['default', 'sub/a', [[1, 1.25, 2, 3.5, 4]]],
      [
        'train',
        'sub/a',
        [
          [0, 1.25, 2, 3.5, 4],
          [-1, 1.25, 2, 3.5, 4],
        ],
      ],
    ]);
    expect(items[0]!.media?.size).toEqual({ width: 200, height: 100 });
    expect(reasons).toEqual([]);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'a picture without boxes has no row in the table, and is not written beside it',
    ]);
  });

  test('pictures without boxes lie beside the table and come back', async () => {
    const [from, to] = [fresh(), fresh()];
    await put(from, { 'x.png': 'x' });
    const media = { kind: 'image', path: `${from}/x.png`, size: null } as const;
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const set = setOf(
      ['cat'],
      [
        { id: 'p/dup', subset: 'a b', media },
        { id: 'dup', subset: 'a b', annotations: [box] },
        { id: 'x', subset: 'val', media, annotations: [box] },
        { id: 'val/y', media },
      ],
    );
    const report = await format('box_table').write(set, to, { media: 'copy' });
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'the picture is not there to be copied',
      "a picture without boxes has no row, and the item's folder may be taken for a subset",
    ]);
    const { items } = await readAll('box_table', to);
    expect(items.map(short)).toEqual([
      ['a b', 'dup', [[0, 1, 2, 3, 4]]],
      ['val', 'x', [[0, 1, 2, 3, 4]]],
      ['a b', 'p/dup', []],
      ['val', 'y', []],
    ]);
  });

  test('without copies, two pictures of one path are told', async () => {
    const media = { kind: 'image', path: 'x.png', size: null } as const;
    const set = setOf(
      ['cat'],
      [
        { id: 'val/x', media },
        { id: 'x', subset: 'val', media },
      ],
    );
    const report = await format('box_table').write(set, fresh(), { media: 'none' });
    expect(report.problems.list.map(({ reason }) => reason)).toContain(
      "another subset's picture has this path, and both become one",
    );
  });
});
