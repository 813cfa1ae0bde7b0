import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();
const car = 'Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29';

describe('KITTI, objects in space', () => {
  test.each(['', '/train'])('boxes with their places%s', async (below) => {
    const folder = fresh();
    await put(folder, {
      [`label_2${below}/000001.txt`]: `${car} 0.5\nTram 0 0\nSpace ship ${car.slice(4)}\n`,
      [`calib${below}/000001.txt`]: 'P0: 1',
      [`image_2${below}/000001.png`]: 'x',
      'velodyne/000001.bin': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('kitti3d');
    const { items, names, reasons } = await readAll('kitti3d', folder);
    expect([names.slice(0, 2), names.at(-1)]).toEqual([['DontCare', 'Car'], 'Space ship']);
    expect(items).toMatchObject([{ id: '000001', subset: below === '' ? 'default' : 'train' }]);
    expect(items[0]!.attributes.get('calib_path')).toMatch(/calib.*000001\.txt$/);
    expect(items[0]!.annotations[0]).toMatchObject({ type: 'box', x: 0, label: 1 });
    expect(items[0]!.annotations[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['truncated', 0.88],
        ['occluded', 3],
        ['alpha', -0.69],
        ['dimensions', [1.6, 1.57, 3.23]],
        ['location', [-2.7, 1.74, 3.68]],
        ['rotation_y', -1.29],
        ['score', 0.5],
      ]),
    );
    expect(reasons).toHaveLength(1);
  });
});
