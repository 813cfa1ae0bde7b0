import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

/** A NumPy array of doubles, row by row. */
function npy(shape: readonly number[], values: readonly number[], head = 'False'): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': ${head}, 'shape': (${shape.join(', ')},), }\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(text.length, 0)}${text}`, 'latin1');
  const numbers = Buffer.alloc(8 * values.length);
  for (const [at, value] of values.entries()) numbers.writeDoubleLE(value, 8 * at);
  return Buffer.concat([start, numbers]);
}

const joints = (x: number): number[][] =>
  Array.from({ length: 16 }, (_, at) => (at === 0 ? [0, 0, 0] : [x + at, x, at === 1 ? 0 : 1]));

describe('MPII', () => {
  const entry = (picture: string, x: number, more: object = {}): object => ({
    img_paths: picture,
    joint_self: joints(x),
    objpos: [x, 1],
    scale_provided: 2.5,
    ...more,
  });

  test('every person of a picture is there once, with joints that are seen, hidden or nowhere', async () => {
    const folder = fresh();
    const entries = [
      entry('a.jpg', 10, {
        joint_others: joints(20),
        objpos_other: [5, 6],
        scale_provided_other: 1,
        numOtherPeople: 1,
      }),
      entry('b.jpg', 30),
      // The second person of the first picture, which names the first one in turn, and a third.
      entry('a.jpg', 20, {
        joint_others: [joints(10), joints(40)],
        objpos_other: [
          [5, 6],
          [7, 8],
        ],
        scale_provided_other: [1, 3],
        numOtherPeople: 2,
      }),
      entry('../c.jpg', 1),
      { img_paths: 'd.jpg', joint_self: [[1]] },
    ];
    await put(folder, {
      'mpii_annotations.json': JSON.stringify(entries),
      'mpii_headboxes.npy': npy([2, 2, 2], [1, 2, 3, 4, 11, 12, 13, 14]),
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('mpii_json');
    const { items, names, reasons, dataset } = await readAll('mpii_json', folder);
    expect(names).toEqual(['human']);
    expect(dataset.categories.skeletons.get(0)!.points).toHaveLength(16);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b', 'd']);
    const [first] = items;
    expect(first!.annotations.map(({ type, group }) => [type, group])).toEqual([
      ['points', 1],
      ['box', 1],
      ['points', 2],
      ['points', 3],
    ]);
    expect(first!.annotations[1]).toMatchObject({ x: 1, y: 3, width: 10, height: 10 });
    const points = first!.annotations.flatMap((part) => (part.type === 'points' ? [part] : []));
    expect(points.map((part) => part.points.slice(2, 4))).toEqual([
      [11, 10],
      [21, 20],
      [41, 40],
    ]);
    // Datumaro takes a joint that is seen for a hidden one: the numbers are MPII's, not COCO's.
    expect(points[0]!.visibility.slice(0, 3)).toEqual([0, 1, 2]);
    expect(Object.fromEntries(points[2]!.attributes)).toEqual({ center: [7, 8], scale: 3 });
    expect(reasons).toEqual([
      "the picture's name is missing or leaves the set's folder",
      'points: a coordinate is not a number or far too large',
    ]);
  });

  test('positions and marks beside the JSON, in either order, and damaged ones', async () => {
    const positions = Array.from({ length: 32 }, (_, at) => 100 + at);
    const folder = fresh();
    await put(folder, {
      'mpii_annotations.json': JSON.stringify([entry('a.jpg', 10)]),
      'mpii_pos_gt.npy': npy([16, 2, 1], positions, 'True'),
      'jnt_visible.npy': npy([16, 1], [0, ...Array(15).fill(1)]),
    });
    const { items, reasons } = await readAll('mpii_json', folder);
    const [part] = items[0]!.annotations;
    expect(part).toMatchObject({ type: 'points' });
    if (part?.type !== 'points') throw new Error();
    // Column by column, the sixteen of x come before those of y.
    expect(part.points.slice(0, 4)).toEqual([100, 116, 101, 117]);
    expect(part.visibility.slice(0, 2)).toEqual([1, 2]);
    expect(reasons).toEqual([]);
    for (const bytes of [Buffer.from('nothing'), npy([9e9, 9e9], []), npy([4], [1, 2])]) {
      const other = fresh();
      await put(other, { 'mpii_annotations.json': '[]', 'mpii_headboxes.npy': bytes });
      expect((await readAll('mpii_json', other)).reasons).toHaveLength(1);
    }
  });
});
