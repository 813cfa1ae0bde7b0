import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe('VisDrone', () => {
  test('boxes, what is ignored, subsets by folders, damage', async () => {
    const folder = fresh();
    const rows = '10,20,30,15,1,4,1,2\n50,20,8,9,0,0,0,0,\n1,1,5,5,0,1,0,0\n1,2,3\n1,1,5,5,1,44,0,0\n';
    await put(folder, {
      'VisDrone2019-DET-train/annotations/a.txt': rows,
      'VisDrone2019-DET-val/annotations/a.txt': '',
    });
    const [best] = await detectFormats(folder);
    expect([best!.format.name, best!.confidence]).toEqual(['visdrone', 0.95]);
    const { items, names, reasons } = await readAll('visdrone', folder);
    expect(names).toHaveLength(11);
    expect(items.map(({ subset, id, annotations }) => [subset, id, annotations.length])).toEqual([
      ['train', 'a', 3],
      ['val', 'a', 0],
    ]);
    expect(items[0]!.annotations).toMatchObject([
      {
        x: 10,
        y: 20,
        width: 30,
        height: 15,
        label: 3,
        attributes: new Map([
          ['truncation', 1],
          ['occlusion', 2],
        ]),
      },
      { label: null, attributes: new Map([['ignored', true]]) },
      { label: 0, attributes: new Map([['score', 0]]) },
    ]);
    expect(names[3]).toBe('car');
    expect(reasons).toEqual(['the line has no eight numbers', 'there is no class 44']);
  });
});
