import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { encodeBitmap } from '../../masks.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import {
  bare,
  conversions,
  format,
  put,
  readAll,
  scratch,
  setOf,
  shape,
  unnumbered,
  writeAndRead,
} from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`Open Images as Datumaro reads and writes it${whyNot}`, () => {
  test('a picture that is not there keeps its name and the size that is noted', async () => {
    const ours = await toGolden(await format('open_images').read(corpus('open_images@det')));
    const theirs = readGolden('open_images@det');
    const missing = ours.items.find(({ id }) => id === 'missing_image_07')!;
    expect(missing.media!.size_hw).toEqual([100, 140]);
    delete missing.media;
    expect(differences(ours, theirs)).toEqual([]);
  });

  test.each([
    ['yolo', 'yolo@clean'],
    ['voc_detection', 'voc_detection@clean'],
    ['open_images', 'open_images@clean'],
    ['kitti_detection', 'kitti_detection@clean'],
  ])('%s (%s) to open_images', async (from, set) => {
    const { ours, theirs } = await conversions(from, set, 'open_images', fresh());
    expect(differences(bare(ours, unnumbered), bare(theirs, unnumbered))).toEqual([]);
  });
});

describe('Open Images', () => {
  const columns =
    'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n';

  test('names of classes, masks of another size, damaged rows', async () => {
    const folder = fresh();
    const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: '#123' } });
    const mask = sharp(Buffer.from([255, 0]), { raw: { width: 2, height: 1, channels: 1 } });
    await put(folder, {
      'annotations/oidv6-class-descriptions.csv': 'LabelName,DisplayName\n/m/01,Cat\n/m/02,"Dog, big"\n',
      'annotations/bbox_labels_600_hierarchy.json':
        '{"LabelName":"/m/0","Subcategory":[{"LabelName":"/m/02","Subcategory":[{"LabelName":"/m/01"}]}]}',
      'annotations/oidv6-train-annotations-bbox.csv': `${columns}a,xclick,/m/01,1,0.25,0.75,0.5,1,1,0,-1,-1,0\nb,,/m/02,1,0,1,0,1,0,0,0,0,0\na,,/m/09,1,0,1,0,1,0,0,0,0,0\na,,/m/01,1,x,1,0,1,0,0,0,0,0\n../c,,/m/01,1,0,1,0,1,0,0,0,0,0\n`,
      'annotations/train-annotations-object-segmentation.csv':
        'MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\na_m01.png,a,/m/01,77,0.25,0.75,0.5,1,0.9,\n../../x.png,a,/m/01,78,0,1,0,1,,\n',
      'annotations/train-annotations-human-imagelabels.csv':
        'ImageID,Source,LabelName,Confidence\na,verification,/m/02,0\n',
      'images/train/a.png': await picture.png().toBuffer(),
      'masks/train/a_m01.png': await mask.png().toBuffer(),
    });
    const { items, dataset, reasons } = await readAll('open_images', folder);
    expect(dataset.categories.labels.map(({ name, parent }) => [name, parent])).toEqual([
      ['Cat', 'Dog, big'],
      ['Dog, big', ''],
    ]);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    const [label, box, drawn] = items[0]!.annotations;
    expect(label).toMatchObject({ type: 'label', label: 1 });
    expect(Object.fromEntries(label!.attributes)).toEqual({ score: 0, source: 'verification' });
    expect(box).toMatchObject({ type: 'box', x: 10, y: 10, width: 20, height: 10, group: 1 });
    expect(box!.attributes).toEqual(
      new Map<string, unknown>([
        ['score', 1],
        ['source', 'xclick'],
        ['occluded', true],
        ['truncated', false],
        ['is_inside', false],
      ]),
    );
    expect(drawn).toMatchObject({ type: 'mask', width: 40, height: 20, group: 1, counts: [0, 400, 400] });
    expect(reasons).toHaveLength(5);
  });

  test('masks of names that differ in their signs only have files of their own', async () => {
    const bitmap = new Uint8Array(60);
    bitmap[7] = 1;
    const mask = {
      ...shape,
      type: 'mask' as const,
      width: 10,
      height: 6,
      counts: encodeBitmap(bitmap, 10, 6),
    };
    const folder = fresh();
    const set = setOf(
      ['a b', 'a/b'],
      [
        { id: 'x y', annotations: [mask] },
        { id: 'x/y', annotations: [mask, { ...mask, label: 1 }] },
      ],
      { width: 10, height: 6 },
    );
    const { report, items, reasons } = await writeAndRead('open_images', set, folder);
    expect([report.problems.list, reasons]).toEqual([[], []]);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['x y', 1],
      ['x/y', 2],
    ]);
    expect(await readFile(join(folder, 'annotations/images.meta'), 'utf8')).toContain('"x y" 6 10');
  });

  test.each(['train', 'train/data', 'data', 'images'])('pictures are found in %s', async (below) => {
    const folder = fresh();
    const blank = sharp({ create: { width: 40, height: 20, channels: 3, background: '#123' } });
    await put(folder, {
      'train-annotations-bbox.csv':
        'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n00a1,xclick,/m/01yrx,1,0.25,0.5,0.5,1\n',
      [`${below}/00a1.jpg`]: await blank.jpeg().toBuffer(),
    });
    const { items, reasons, names } = await readAll('open_images', folder);
    expect(names).toEqual(['/m/01yrx']);
    // Nothing says how the class is called.
    expect(reasons).toEqual([expect.stringMatching(/they are called by their codes$/)]);
    expect(items[0]!.annotations).toMatchObject([{ type: 'box', x: 10, y: 10, width: 10, height: 10 }]);
  });
});
