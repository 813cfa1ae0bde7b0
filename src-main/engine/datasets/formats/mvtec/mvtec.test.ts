import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { encodeBitmap } from '../../masks.ts';
import { grey8Png } from '../common/paint.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();
const size = { width: 4, height: 2 };
const png = (values: readonly number[]): Promise<Uint8Array> =>
  grey8Png({ ...size, values: Int32Array.from(values) });

describe('MVTec AD', () => {
  test('classes, boxes, masks, or all; a set of a kind, or of several', async () => {
    const files = {
      'train/good/000.png': 'x',
      'test/good/000.png': 'x',
      'test/bent/000.png': await png([0, 0, 0, 0, 0, 0, 0, 0]),
      'test/bent/001.png': 'x',
      'ground_truth/bent/000_mask.png': await png([0, 255, 255, 0, 0, 255, 0, 0]),
      'ground_truth/bent/001_mask.png': 'damaged',
    };
    const whole = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`bottle/${path}`, bytes]));
    for (const [start, set] of [
      ['', files],
      ['bottle/', whole],
    ] as const) {
      const folder = fresh();
      await put(folder, set);
      const [first, second] = await detectFormats(folder);
      expect([first!.format.name, first!.confidence > second!.confidence]).toEqual(['mvtec', true]);
      for (const [name, types] of [
        ['mvtec', ['label', 'mask']],
        ['mvtec_classification', ['label']],
        ['mvtec_detection', ['box']],
        ['mvtec_segmentation', ['mask']],
      ] as const) {
        const { items, names, reasons } = await readAll(name, folder);
        expect(names).toEqual(['bent', 'good']);
        expect(items.map(({ id, subset }) => `${subset} ${id}`)).toEqual([
          `test ${start}bent/000`,
          `test ${start}bent/001`,
          `test ${start}good/000`,
          `train ${start}good/000`,
        ]);
        expect(items[0]!.annotations.map(({ type }) => type)).toEqual(types);
        if (name === 'mvtec_detection')
          expect(items[0]!.annotations).toMatchObject([{ x: 1, y: 0, width: 2, height: 2 }]);
        expect(items[1]!.annotations.map(({ type }) => type)).toEqual(['label']);
        expect(reasons).toHaveLength(name === 'mvtec_classification' ? 0 : 1);
      }
    }
  });

  test('boxes are told apart; what has no place is told', async () => {
    const box = { ...shape, type: 'box' as const, x: 0, y: 0, width: 1, height: 1 };
    const mask = {
      ...shape,
      type: 'mask' as const,
      ...size,
      counts: encodeBitmap([1, 0, 0, 0, 0, 0, 0, 0], 4, 2),
    };
    const label = { type: 'label', id: 0, group: 0, label: 0, attributes: new Map() } as const;
    const folder = fresh();
    const items = [
      { id: 'a', annotations: [box, { ...box, x: 2, width: 2, height: 2 }, { ...box, label: 1 }, label] },
    ];
    const boxes = await writeAndRead('mvtec_detection', setOf(['x', 'y'], items, size), folder);
    expect([...boxes.report.problems.byReason.keys()]).toEqual([
      'an annotation of another class than the picture: its folder says one',
      'the class of the picture, which its shapes say already',
    ]);
    await put(folder, { 'default/x/a.png': await png([0, 0, 0, 0, 0, 0, 0, 0]) });
    const again = await readAll('mvtec_detection', folder);
    expect(again.items[0]!.annotations).toMatchObject([
      { x: 0, y: 0, width: 1, height: 1 },
      { x: 2, y: 0, width: 2, height: 2 },
    ]);
    const twice = setOf(
      ['x'],
      [
        { id: 'a', subset: 'train', annotations: [mask, mask] },
        { id: 'a', subset: 'test', annotations: [mask] },
        { id: 'b', subset: 'test' },
      ],
      size,
    );
    const { report } = await writeAndRead('mvtec_segmentation', twice, fresh());
    expect([...report.problems.byReason.keys()]).toEqual([
      'a mask joins another of its picture',
      'the mask of another subset has this name: masks have no subsets',
      'a picture without a class is put under no_label, which is a class when it is read',
    ]);
  });
});
