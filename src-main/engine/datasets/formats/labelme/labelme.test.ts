import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { encodeBitmap } from '../../masks.ts';
import { noAttributes } from '../../model/index.ts';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { countTypes, format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

/** A file as labelme 5 writes it: examples/instance_segmentation of its repository, shortened, and the other shapes. */
const file = {
  version: '5.5.0',
  flags: { sunny: true, dark: false },
  shapes: [
    {
      label: 'person',
      points: [
        [10, 12],
        [4, 2],
      ],
      group_id: 0,
      shape_type: 'rectangle',
      flags: { occluded: true },
    },
    {
      label: 'person',
      points: [
        [1, 1],
        [8, 1],
        [8, 9],
      ],
      group_id: 0,
      shape_type: 'polygon',
      flags: {},
      description: 'left',
    },
    {
      label: 'ball',
      points: [
        [20, 20],
        [23, 24],
      ],
      group_id: null,
      shape_type: 'circle',
      flags: {},
    },
    {
      label: 'edge',
      points: [
        [0, 0],
        [5, 5],
      ],
      group_id: null,
      shape_type: 'line',
      flags: {},
    },
    {
      label: 'edge',
      points: [
        [0, 0],
        [5, 5],
        [7, 1],
      ],
      group_id: null,
      shape_type: 'linestrip',
      flags: {},
    },
    { label: 'eye', points: [[6, 7]], group_id: null, shape_type: 'point', flags: {} },
    {
      label: 'car',
      points: [
        [5, 0],
        [10, 5],
        [5, 10],
        [0, 5],
      ],
      shape_type: 'rotation',
      direction: 0.78,
      difficult: true,
      score: 0.5,
    },
    { label: 'bad', points: [[1, 1]], shape_type: 'polygon' },
    {
      label: 'bad',
      points: [
        [1, 'x'],
        [2, 2],
      ],
      shape_type: 'rectangle',
    },
    {
      label: 'bad',
      points: [
        [1, 1],
        [2, 2],
      ],
      shape_type: 'spiral',
    },
    null,
  ],
  imagePath: '../images/a.png',
  imageData: null,
  imageHeight: 40,
  imageWidth: 60,
};

describe('labelme', () => {
  test('every shape, flag and group', async () => {
    const folder = fresh();
    const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    await put(folder, { 'train/a.json': JSON.stringify(file), 'images/a.png': png, 'classes.json': '[1]' });
    const { items, names, reasons } = await readAll('labelme', folder);
    const [item] = items;
    expect([item!.id, item!.subset]).toEqual(['a', 'train']);
    expect(item!.media!.path).toBe(join(folder, 'images/a.png'));
    expect(countTypes(item!.annotations)).toEqual({
      box: 1,
      polygon: 1,
      ellipse: 1,
      polyline: 2,
      points: 1,
      rotated_box: 1,
      label: 1,
    });
    const [box, ring, circle] = item!.annotations;
    expect(box).toMatchObject({
      x: 4,
      y: 2,
      width: 6,
      height: 10,
      group: 1,
      attributes: new Map([['occluded', true]]),
    });
    expect(ring).toMatchObject({ group: 1, attributes: new Map([['description', 'left']]) });
    expect(circle).toMatchObject({ x: 15, y: 15, width: 10, height: 10, group: 0 });
    const turned = item!.annotations.find(({ type }) => type === 'rotated_box');
    expect(turned!.attributes).toEqual(
      new Map<string, unknown>([
        ['difficult', true],
        ['score', 0.5],
      ]),
    );
    expect(names).toContain('sunny');
    expect(names).not.toContain('dark');
    expect(reasons).toHaveLength(4);
    expect((await detectFormats(folder))[0]!.format.name).toBe('labelme');
  });

  test('a mask is a PNG of its box, and stays the same pixel by pixel', async () => {
    const bitmap = new Uint8Array(60 * 40);
    for (const place of [61, 62, 125, 2000]) bitmap[place] = 1;
    const mask = {
      ...shape,
      type: 'mask' as const,
      width: 60,
      height: 40,
      counts: encodeBitmap(bitmap, 60, 40),
    };
    const folder = fresh();
    const set = setOf(['a'], [{ id: 'x', annotations: [mask] }], { width: 60, height: 40 });
    const { items } = await writeAndRead('labelme', set, folder);
    expect(items[0]!.annotations).toEqual([mask]);
    const written = JSON.parse(await readFile(join(folder, 'x.json'), 'utf8')) as {
      shapes: { points: number[][] }[];
    };
    // labelme's corners are the first and the last pixel.
    expect(written.shapes[0]!.points).toEqual([
      [1, 1],
      [20, 33],
    ]);
  });

  test('circles, labels and unused classes come back; what has no place is told', async () => {
    const visibility = [2, 1] as const;
    const annotations = [
      { ...shape, type: 'ellipse' as const, x: 10, y: 10, width: 8, height: 8 },
      { ...shape, type: 'ellipse' as const, x: 10, y: 10, width: 9, height: 8 },
      { ...shape, type: 'points' as const, points: [1, 2, 3, 4], visibility },
      { type: 'label' as const, id: 0, group: 0, label: 1, attributes: new Map([['sure', 1]]) },
      { type: 'caption' as const, id: 0, group: 0, text: 'x', attributes: noAttributes },
    ];
    const set = setOf(['a', 'b', 'unused'], [{ id: 'x', subset: 'batch', annotations }]);
    const { report, items, names } = await writeAndRead('labelme', set, fresh());
    expect(names).toEqual(['a', 'b', 'unused']);
    expect(items[0]!.id).toBe('batch/x');
    expect(countTypes(items[0]!.annotations)).toEqual({ ellipse: 1, polygon: 1, points: 1, label: 1 });
    expect([...report.problems.byReason.keys()].sort()).toEqual([
      "a caption can't be held",
      'the attributes of a class of the whole picture have no place',
      'the subset batch becomes a part of the names',
      'whether points can be seen has no place',
    ]);
  });

  test('pictures inside, paths outside and damaged files are told', async () => {
    const folder = fresh();
    const made = (fields: object): string => JSON.stringify({ shapes: [], ...fields });
    await put(folder, {
      'a.json': made({ imagePath: 'a.jpg', imageData: 'AAAA' }),
      'b.json': made({ imagePath: '../../etc/passwd', imageData: null }),
      'c.json': made({ imagePath: 'C:\\x\\c.jpg' }),
      'd.json': '{"shapes": [',
    });
    const { items, reasons, dataset } = await readAll('labelme', folder);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    for (const { media } of items) expect(media!.path.startsWith(folder)).toBe(true);
    expect(reasons.filter((reason) => reason === "the picture's path leaves the set's folder")).toHaveLength(
      2,
    );
    expect(dataset.problems.list[0]!.file).toBe('d.json');
  });
});

describe.skipIf(!haveData)(`labelme on real sets${whyNot}`, () => {
  test('a rich set keeps every box, outline, line and mask', async () => {
    const folder = fresh();
    const source = await readAll('datumaro', corpus('datumaro@clean'));
    await format('labelme').write(source.dataset, folder, { media: 'copy' });
    const again = await readAll('labelme', folder);
    expect(again.reasons).toEqual([]);
    expect(again.items).toHaveLength(source.items.length);
    const total = (items: typeof source.items): unknown => {
      const counts = countTypes(items.flatMap(({ annotations }) => annotations));
      return ['box', 'polyline', 'mask', 'points', 'label'].map((type) => [type, counts[type]]);
    };
    expect(total(again.items)).toEqual(total(source.items));
  });
});
