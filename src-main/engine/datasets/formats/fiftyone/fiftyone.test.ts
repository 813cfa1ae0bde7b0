import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { areaOf } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();
const picture = sharp({ create: { width: 100, height: 50, channels: 3, background: '#123' } })
  .png()
  .toBuffer();

/** An array of yes and no as `numpy.save` writes it. */
function array(rows: readonly (readonly number[])[]): string {
  const about = `{'descr': '|b1', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0]!.length}), }`;
  const padded = `${about.padEnd(117)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0]);
  return deflateSync(Buffer.concat([head, Buffer.from(padded), Buffer.from(rows.flat())])).toString('base64');
}

const detection = (fields: object): object => ({
  _id: { $oid: '1' },
  _cls: 'Detection',
  attributes: {},
  tags: [],
  ...fields,
});

describe('FiftyOne', () => {
  test('its own export: every kind of label, tags, sizes', async () => {
    const folder = fresh();
    const metadata = { _cls: 'ImageMetadata', width: 100, height: 50 };
    const samples = [
      {
        filepath: 'data/a.png',
        tags: ['train', 'sunny'],
        metadata,
        weather: 'rain',
        ground_truth: {
          _cls: 'Detections',
          detections: [
            detection({ label: 'cat', bounding_box: [0.1, 0.2, 0.4, 0.4], confidence: null, iscrowd: 1 }),
            detection({
              label: 'dog',
              bounding_box: [0.5, 0, 0.02, 0.04],
              mask: {
                $binary: {
                  base64: array([
                    [1, 0],
                    [1, 1],
                  ]),
                  subType: '00',
                },
              },
              attributes: { age: { _cls: 'NumericAttribute', value: 3 } },
            }),
            detection({ label: 'dog', bounding_box: [0.5, 0] }),
          ],
        },
        predictions: {
          _cls: 'Detections',
          detections: [detection({ label: 'ufo', bounding_box: [0, 0, 1, 1], confidence: 0.5 })],
        },
        lines: {
          _cls: 'Polylines',
          polylines: [
            {
              _cls: 'Polyline',
              label: 'road',
              closed: true,
              points: [
                [
                  [0, 0],
                  [0.5, 0],
                  [0.5, 1],
                ],
                [
                  [0.6, 0],
                  [0.7, 0],
                  [0.7, 1],
                ],
              ],
            },
          ],
        },
        pose: {
          _cls: 'Keypoint',
          label: 'cat',
          points: [
            [0.1, 0.2],
            [Number.NaN, Number.NaN],
          ],
        },
        scene: { _cls: 'Classification', label: 'street', confidence: 0.9 },
        drawn: { _cls: 'Segmentation', mask: null },
      },
      { filepath: '/home/somebody/b.png', tags: [], metadata: null, ground_truth: null },
      { filepath: '../c.png', tags: [] },
    ];
    const text = JSON.stringify({ samples }).replace('[null,null]', '[NaN,NaN]');
    await put(folder, {
      'metadata.json': JSON.stringify({
        name: 'x',
        default_classes: ['bird'],
        classes: { ground_truth: ['cat', 'dog'] },
      }),
      'samples.json': text,
      'data/a.png': await picture,
      'data/b.png': await picture,
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('fiftyone');
    const { items, names, reasons } = await readAll('fiftyone', folder);
    expect(names).toEqual(['bird', 'cat', 'dog', 'road', 'street']);
    expect(items.map(({ id, subset }) => [subset, id])).toEqual([
      ['train', 'a'],
      ['default', 'b'],
    ]);
    expect([...items[0]!.attributes]).toEqual([
      ['tags', ['sunny']],
      ['weather', 'rain'],
    ]);
    const [cat, dog, mask, road, other, pose, scene] = items[0]!.annotations;
    expect(cat).toMatchObject({
      type: 'box',
      x: 10,
      y: 10,
      width: 40,
      height: 20,
      label: 1,
      attributes: new Map([['iscrowd', 1]]),
    });
    expect(dog).toMatchObject({
      type: 'box',
      x: 50,
      y: 0,
      width: 2,
      height: 2,
      attributes: new Map([['age', 3]]),
    });
    expect([mask!.type, mask!.group, areaOf((mask as Mask).counts)]).toEqual(['mask', dog!.group, 3]);
    expect(road).toMatchObject({ type: 'polygon', points: [0, 0, 50, 0, 50, 50] });
    expect(other).toMatchObject({ type: 'polygon', group: road!.group });
    expect(pose).toMatchObject({ type: 'points', points: [10, 10, 0, 0], visibility: [2, 0] });
    expect(scene).toMatchObject({ type: 'label', label: 4, attributes: new Map([['score', 0.9]]) });
    expect(reasons).toEqual([
      'of several fields of this kind, ground_truth is read',
      'labels of this kind are not read',
      'ground_truth: a bounding box has four numbers',
      "the picture's name is missing or leaves the set's folder",
    ]);
  });

  test('the simple exports of boxes and of classes', async () => {
    const folder = fresh();
    const box = { label: 'cat', bounding_box: [0.1, 0.2, 0.4, 0.4], confidence: 0.5, attributes: { age: 3 } };
    await put(folder, {
      'labels.json': JSON.stringify({
        classes: ['dog', 'cat'],
        labels: { a: [box], 'sub/b': null, gone: [{ ...box, label: 0 }] },
      }),
      'data/a.png': await picture,
      'data/sub/b.png': await picture,
      'data/new.png': await picture,
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('fiftyone');
    const { items, names, reasons } = await readAll('fiftyone', folder);
    expect(names).toEqual(['dog', 'cat']);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['a', 1],
      ['new', 0],
      ['sub/b', 0],
      ['gone', 0],
    ]);
    expect(items[0]!.annotations[0]).toMatchObject({ x: 10, y: 10, width: 40, height: 20, label: 1 });
    expect(reasons).toHaveLength(1);
    const classes = fresh();
    await put(classes, {
      'labels.json': JSON.stringify({ classes: ['dog', 'cat'], labels: { a: 1, b: 'dog' } }),
      'data/a.png': await picture,
      'data/b.png': await picture,
    });
    const simple = await readAll('fiftyone', classes);
    expect(simple.items.map(({ annotations }) => annotations)).toMatchObject([
      [{ type: 'label', label: 1 }],
      [{ type: 'label', label: 0 }],
    ]);
  });
});
