import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { areaOf } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { writePanoptic } from '../coco/panoptic.ts';
import { grey16Png } from '../common/masks.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();
const size = { width: 3, height: 2 };
const config = JSON.stringify({
  labels: [
    { name: 'animal--bird', color: [165, 42, 42] },
    { name: 'object--car', color: [0, 0, 142] },
  ],
});

describe('Mapillary Vistas', () => {
  test('objects by number, outlines for what has none, damage told', async () => {
    const folder = fresh();
    await put(folder, {
      'config_v2.0.json': config,
      'train/images/a.jpg': 'x',
      'train/images/sub/b.jpg': 'x',
      'train/images/c.jpg': 'x',
      'train/v2.0/instances/a.png': await grey16Png(Uint16Array.from([0, 256, 257, 0, 256, 2304]), size),
      'train/v2.0/polygons/sub/b.json': JSON.stringify({
        objects: [
          {
            label: 'object--car',
            polygon: [
              [0, 0],
              [2, 0],
              [2, 1],
            ],
          },
          { label: 'object--ufo', polygon: [[0, 0]] },
        ],
      }),
      'train/v2.0/instances/c.png': 'damaged',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('mapillary_vistas');
    const { items, names, reasons } = await readAll('mapillary_vistas', folder);
    expect(names).toEqual(['animal--bird', 'object--car']);
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([
      ['a', 'train'],
      ['c', 'train'],
      ['sub/b', 'train'],
    ]);
    const found = (items[0]!.annotations as Mask[]).map(({ label, id, counts }) => [
      label,
      id,
      areaOf(counts),
    ]);
    expect(found).toEqual([
      [0, 0, 2],
      [1, 0, 2],
      [1, 1, 1],
    ]);
    expect(items[2]!.annotations).toMatchObject([{ type: 'polygon', label: 1, points: [0, 0, 2, 0, 2, 1] }]);
    expect(reasons).toHaveLength(3);
    await expect(readAll('mapillary_vistas', join(folder, 'train/v2.0'))).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
  });

  test('the classes must be known', async () => {
    const folder = fresh();
    await put(folder, { 'v1.2/instances/a.png': '', 'images/a.jpg': '' });
    await expect(readAll('mapillary_vistas', folder)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await put(folder, { 'config_v1.2.json': '{"labels": [' });
    await expect(readAll('mapillary_vistas', folder)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  test('panoptic segments with classes above the classes', async () => {
    const folder = fresh();
    const bitmap = Uint8Array.from([1, 1, 0, 0, 0, 0]);
    const png = await writePanoptic([{ number: 70_000, bitmap }], 3, 2);
    await put(folder, {
      'val/v2.0/panoptic/a.png': png,
      'val/v2.0/panoptic/panoptic_2020.json': JSON.stringify({
        images: [
          { id: 'a', file_name: 'a.jpg', width: 3, height: 2 },
          { id: 'b', file_name: '../b.jpg' },
        ],
        categories: [{ id: 9, name: 'car', supercategory: 'object', color: [1, 2, 3] }],
        annotations: [
          {
            image_id: 'a',
            file_name: 'a.png',
            segments_info: [{ id: 70_000, category_id: 9, iscrowd: 1 }, { id: 5 }],
          },
          { image_id: 'b', file_name: 'b.png', segments_info: [] },
        ],
      }),
    });
    for (const name of ['mapillary_vistas', 'mapillary_vistas_panoptic']) {
      const { items, dataset, reasons } = await readAll(name, folder);
      expect(dataset.categories.labels).toMatchObject([{ name: 'car', parent: 'object' }]);
      expect(dataset.categories.colours.get(0)).toEqual([1, 2, 3]);
      expect(items).toHaveLength(1);
      expect(items[0]!.media!.size).toEqual({ width: 3, height: 2 });
      expect(items[0]!.annotations).toMatchObject([{ type: 'mask', id: 70_000, group: 70_000, label: 0 }]);
      expect(reasons).toEqual([
        'a segment has no pixels',
        "there is no picture for it, or a path leaves the set's folder",
      ]);
    }
  });
});
