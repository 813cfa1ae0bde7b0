import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`Supervisely point clouds${whyNot}`, () => {
  test('written twice, every byte is the same: Datumaro makes new keys and times', async () => {
    const [one, other] = [fresh(), fresh()];
    for (const folder of [one, other]) {
      await format('sly_pointcloud').write(
        await format('sly_pointcloud').read(corpus('sly_pointcloud')),
        folder,
        { media: 'none' },
      );
    }
    const names = (await readdir(one, { recursive: true })).filter((name) => name.endsWith('.json'));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names)
      expect(await readFile(join(one, name), 'utf8')).toBe(await readFile(join(other, name), 'utf8'));
  });
});

describe('Supervisely point clouds', () => {
  test('without numbers for keys, several folders, tags of clouds, damage', async () => {
    const folder = fresh();
    const axes = (value: number): object => ({ x: value, y: value, z: value });
    const geometry = { position: axes(1), rotation: axes(0), dimensions: axes(2) };
    await put(folder, {
      'meta.json': JSON.stringify({
        classes: [{ title: 'car' }],
        tags: [
          { name: 'wet', applicable_type: 'imagesOnly' },
          { name: 'speed', classes: ['car'] },
        ],
      }),
      'ds0/ann/a.pcd.json': JSON.stringify({
        key: 'k',
        description: 'a street',
        tags: [{ name: 'wet', value: 'true' }],
        objects: [
          { key: 'o', classTitle: 'car', tags: [{ name: 'speed', value: 3 }] },
          { key: 'p', classTitle: 'ufo' },
        ],
        figures: [
          { key: 'f', objectKey: 'o', geometry },
          { key: 'g', objectKey: 'p', geometry },
          { key: 'h', objectKey: 'nobody', geometry },
          { key: 'i', objectKey: 'o', geometry: { ...geometry, position: {} } },
        ],
      }),
      'night/ann/sub/b.pcd.json': '{',
    });
    const { items, names, dataset, reasons } = await readAll('sly_pointcloud', folder);
    expect(names).toEqual(['car']);
    expect(dataset.categories.labels[0]!.attributes).toEqual(['speed']);
    expect(items).toHaveLength(1);
    expect(items[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['description', 'a street'],
        ['wet', true],
      ]),
    );
    expect(items[0]!.annotations).toMatchObject([
      { label: 0, position: [1, 1, 1], scale: [2, 2, 2], attributes: new Map([['speed', 3]]) },
      { label: null },
    ]);
    expect(reasons).toHaveLength(4);
  });
});
