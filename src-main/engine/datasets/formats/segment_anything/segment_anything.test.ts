import { describe, expect, test } from 'vitest';
import { encodeBitmap } from '../../masks.ts';
import { format, put, readAll, scratch, setOf, shape } from '../common/testing.ts';

const { fresh } = scratch();
const size = { width: 4, height: 2 };
const counts = encodeBitmap([0, 1, 0, 0, 0, 1, 0, 0], 4, 2);

describe('Segment Anything', () => {
  test('run lengths as numbers, a missing box, damage', async () => {
    const folder = fresh();
    const image = { image_id: 5, file_name: 'a.jpg', ...size };
    await put(folder, {
      'a.json': JSON.stringify({
        image,
        annotations: [
          { id: 1, segmentation: { size: [2, 4], counts }, predicted_iou: 0.9 },
          { id: 2, segmentation: { size: [2, 4], counts: [1] } },
          { id: 3 },
          null,
        ],
      }),
      'b.json': JSON.stringify({ image: { ...image, file_name: '../../b.jpg' }, annotations: [] }),
      'c.json': '{"image": ',
      'd.json': '[]',
    });
    const { items, reasons } = await readAll('segment_anything', folder);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'mask', id: 1, group: 1, label: null },
      { type: 'box', x: 1, y: 0, width: 1, height: 2 },
    ]);
    expect(items[0]!.annotations[0]!.attributes.get('predicted_iou')).toBe(0.9);
    expect(reasons).toHaveLength(6);
  });

  test('a box without a mask, classes and folders are told to be lost', async () => {
    const folder = fresh();
    const mask = { ...shape, type: 'mask' as const, ...size, counts };
    const box = { ...shape, type: 'box' as const, x: 0, y: 0, width: 1, height: 1 };
    const annotations = [mask, { ...mask, group: 7 }, { ...mask, group: 7 }, box];
    const set = setOf(['cat'], [{ id: 'sub/a', annotations }], size);
    const report = await format('segment_anything').write(set, folder, { media: 'none' });
    expect(report.annotations).toBe(2);
    expect([...report.problems.byReason.keys()]).toEqual([
      'folders in the name become __',
      'the class is not written: the format has none',
      'a part of a mask of several parts becomes one with the rest',
      'a box without a mask: this format has boxes of masks only',
    ]);
    const { items } = await readAll('segment_anything', folder);
    expect(items[0]!.id).toBe('sub__a');
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['mask', 'box', 'mask', 'box']);
  });
});
