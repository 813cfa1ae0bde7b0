import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { areaOf } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

/** A picture whose blue channel has these values. */
const blue = (values: readonly number[], width: number): Promise<Buffer> =>
  sharp(Buffer.from(values.flatMap((value) => [9, 9, value])), {
    raw: { width, height: values.length / width, channels: 3 },
  })
    .png()
    .toBuffer();

describe('ADE20K', () => {
  test('2017: objects, their parts, attributes, damaged lines', async () => {
    const folder = fresh();
    const start = 'training/s/street/a';
    await put(folder, {
      [`${start}.jpg`]: 'x',
      [`${start}_atr.txt`]:
        '001 # 0 # 0 # car, auto # car # "red, big"\n002 # 0 # 1 # person # person # ""\n\n' +
        '003 # 1 # 0 # wheel # wheel # ""\n9 # 0 # 0 # gone # gone # ""\nnonsense\n',
      [`${start}_seg.png`]: await blue([0, 50, 50, 0, 200, 0], 3),
      [`${start}_parts_1.png`]: await blue([0, 10, 20, 30, 0, 0], 3),
      'training/b.jpg': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('ade20k2017');
    const { items, names, reasons } = await readAll('ade20k2017', folder);
    expect(names).toEqual(['car', 'person', 'wheel', 'gone']);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['b', 0],
      ['s/street/a', 3],
    ]);
    const masks = items[1]!.annotations as Mask[];
    expect(masks.map(({ id, group, zOrder, counts }) => [id, group, zOrder, areaOf(counts)])).toEqual([
      [1, 1, 0, 2],
      [2, 2, 0, 1],
      [3, 3, 1, 1],
    ]);
    expect([...masks[0]!.attributes]).toEqual([
      ['red', true],
      ['big', true],
      ['occluded', false],
    ]);
    expect(masks[1]!.attributes.get('occluded')).toBe(true);
    expect(reasons).toEqual([
      'there is no list of its objects',
      'the line has not six columns with numbers, a class and attributes in quotes',
      'nothing of it is to be seen',
    ]);
  });

  test('2020: own mask pictures and outlines of one object', async () => {
    const folder = fresh();
    const object = {
      id: 3,
      name_ndx: 7,
      raw_name: 'door',
      attributes: 'open',
      occluded: 'yes',
      parts: { part_level: 1 },
      polygon: { x: [0, 2, 2], y: [0, 0, 1] },
      instance_mask: 'a/instance_003.png',
    };
    await put(folder, {
      'validation/a.jpg': 'x',
      'validation/a.json': JSON.stringify({
        annotation: {
          object: [object, { ...object, id: 4, instance_mask: '../../../x.png', polygon: {} }, {}],
        },
      }),
      'validation/a/instance_003.png': await blue([0, 255, 255, 0, 128, 0], 3),
      'validation/b.jpg': 'x',
      'validation/b.json': '{',
    });
    // The list of the second picture is damaged, and its picture stays.
    expect((await detectFormats(folder))[0]!.format.name).toBe('ade20k2020');
    const { items, names, reasons } = await readAll('ade20k2020', folder);
    expect(names).toEqual(['door']);
    expect(items[0]!.annotations.map(({ type, id, group }) => [type, id, group])).toEqual([
      ['mask', 3, 3],
      ['polygon', 3, 3],
    ]);
    expect(items[0]!.annotations[0]!.attributes).toEqual(
      new Map([
        ['open', true],
        ['occluded', true],
      ]),
    );
    expect(items).toHaveLength(2);
    expect(reasons).toHaveLength(3);
  });
});
