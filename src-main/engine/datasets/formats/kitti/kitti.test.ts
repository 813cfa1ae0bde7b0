import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

describe.skipIf(!haveData)(`KITTI as Datumaro reads and writes it${whyNot}`, () => {
  test('masks, without the crowd of the first class that Datumaro sees where nothing is', async () => {
    const ours = await toGolden(await format('kitti_segmentation').read(corpus('kitti_segmentation@clean')));
    const theirs = readGolden('kitti_segmentation@clean');
    const real = theirs.items.map((item) => ({
      ...item,
      annotations: item.annotations.filter(({ id, label }) => id !== 0 || label !== 'person'),
    }));
    expect(differences(ours, { ...theirs, items: real })).toEqual([]);
  });

  test('boxes and masks of all subsets, of which Datumaro reads the boxes of one', async () => {
    const ours = await toGolden(await format('kitti').read(corpus('kitti@clean')));
    expect(ours.items).toHaveLength(19);
    const theirs = readGolden('kitti@clean');
    const part = ours.items
      .filter(({ subset }) => subset === 'val')
      .map((item) => ({ ...item, annotations: item.annotations.filter(({ type }) => type === 'bbox') }));
    const { colormap: _, ...rest } = ours;
    expect(differences({ ...rest, items: part, labels: theirs.labels }, theirs)).toEqual([]);
  });

  test('classes of several words, which Datumaro writes and cannot read', async () => {
    for (const set of ['kitti_detection', 'kitti', 'kitti_segmentation']) {
      const { names, reasons } = await readAll(set, corpus(set));
      expect([set, reasons]).toEqual([set, []]);
      expect(names).toContain('traffic light');
    }
  });

  test.each([
    ['coco_instances', 'coco_instances@clean', 'kitti_detection'],
    ['voc_segmentation', 'voc_segmentation@clean', 'kitti_segmentation'],
    ['coco_panoptic', 'coco_panoptic@clean', 'kitti_segmentation'],
    ['yolo', 'yolo@clean', 'kitti_detection'],
    ['wider_face', 'wider_face', 'kitti_detection'],
  ])('%s (%s) to %s', async (from, set, to) => {
    const { ours, theirs } = await conversions(from, set, to, fresh());
    // Datumaro leaves pictures out that nothing is on, and has no class for it.
    const filled = {
      ...ours,
      labels: theirs.labels,
      items: ours.items.filter(({ annotations }) => annotations.length > 0),
    };
    const others = theirs.items.filter(({ annotations }) => annotations.length > 0);
    expect(differences(bare(filled, unnumbered), bare({ ...theirs, items: others }, unnumbered))).toEqual([]);
  });

  test.each(['kitti@clean', 'kitti_segmentation@clean'])(
    '%s, written and read again, has a background',
    async (set) => {
      const name = set.split('@')[0]!;
      const folder = fresh();
      const source = await toGolden(await format(name).read(corpus(set)));
      await format(name).write(await format(name).read(corpus(set)), folder, { media: 'copy' });
      const again = await toGolden(await format(name).read(folder));
      expect(again.labels[0]!.name).toBe('background');
      expect(differences({ ...bare(again), labels: [] }, { ...bare(source), labels: [] })).toEqual([]);
    },
  );
});

describe('KITTI', () => {
  test("the original's lines keep what is known of space, and degrees", async () => {
    const folder = fresh();
    const car = 'Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29';
    const dontCare = 'DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10';
    await put(folder, {
      'label_2/000001.txt': `${car}\n${dontCare}\nVan 0 0 0\nVan a b c d e f g h i j k l m n\n`,
    });
    const { items, names, reasons } = await readAll('kitti_detection', folder);
    expect(names).toEqual(['Car', 'DontCare']);
    const [first, second] = items[0]!.annotations;
    expect(first!.attributes).toEqual(
      new Map<string, unknown>([
        ['truncated', 0.88],
        ['occluded', 3],
        ['alpha', -0.69],
        ['dimensions', [1.6, 1.57, 3.23]],
        ['location', [-2.7, 1.74, 3.68]],
        ['rotation_y', -1.29],
      ]),
    );
    expect([...second!.attributes]).toEqual([
      ['truncated', -1],
      ['occluded', -1],
    ]);
    expect(reasons).toHaveLength(2);
    const target = join(folder, 'again');
    await format('kitti_detection').write(await format('kitti_detection').read(folder), target, {
      media: 'none',
    });
    const again = await readAll('kitti_detection', target);
    expect(again.items[0]!.annotations.map(({ attributes }) => attributes)).toEqual([
      first!.attributes,
      second!.attributes,
    ]);
    const text = await readFile(join(target, 'default/label_2/000001.txt'), 'utf8');
    expect(text.split('\n')[1]!.split(' ')).toHaveLength(15);
  });

  test('names lose their spaces, with a word about it', async () => {
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const set = setOf(
      ['traffic light', 'traffic_light', 'unused one'],
      [{ id: 'a', annotations: [box, { ...box, label: 1 }, { ...box, label: null }] }],
    );
    const { report, items, names } = await writeAndRead('kitti_detection', set, fresh());
    expect(names).toEqual(['traffic_light_2', 'traffic_light', 'unused one']);
    expect(items[0]!.annotations.map((part) => (part as { label: number }).label)).toEqual([0, 1]);
    expect([...report.problems.byReason.keys()]).toEqual([
      'an object without a class',
      'the class is written without spaces in boxes',
    ]);
  });

  test('damaged masks are told', async () => {
    const folder = fresh();
    await put(folder, {
      'train/instance/a.png': 'no picture',
      'train/image_2/a.png': 'x',
      'label_colors.txt': '0 0 0 road\n',
    });
    const { items, reasons } = await readAll('kitti_segmentation', folder);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([['a', 0]]);
    expect(reasons).toHaveLength(1);
  });
});
