import { describe, expect, test } from 'vitest';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`Create ML as Datumaro reads it${whyNot}`, () => {
  test('coordinates are of the centre, which Datumaro takes for the corner', async () => {
    const ours = await toGolden(await format('create_ml').read(corpus('roboflow_create_ml')));
    const rotated = await toGolden(await format('dota').read(corpus('roboflow_yolo_obb')));
    // The same boxes in another format of Roboflow's say which of the two is right.
    expect(ours.items[0]!.annotations[0]!.points!.map(Math.round)).toEqual([20, 11, 80, 49]);
    expect(rotated.items[0]!.annotations[0]!.rbox!.slice(0, 2).map(Math.round)).toEqual([50, 30]);
    for (const { annotations } of ours.items) {
      for (const { points } of annotations) {
        const [x0, y0, x1, y1] = points as [number, number, number, number];
        points!.splice(0, 4, (x0 + x1) / 2, (y0 + y1) / 2, (x0 + x1) / 2 + x1 - x0, (y0 + y1) / 2 + y1 - y0);
      }
    }
    expect(differences(ours, readGolden('roboflow_create_ml'))).toEqual([]);
  });
});

describe('Create ML', () => {
  test("Apple's names of the fields, damaged entries, paths out of the folder", async () => {
    const coordinates = { x: 10, y: 10, width: 4, height: 6 };
    const folder = fresh();
    await put(folder, {
      'annotations.json': JSON.stringify([
        { imagefilename: 'a.jpg', annotation: [{ label: 'x', coordinates }] },
        {
          image: 'b.jpg',
          annotations: [{ label: 'x', coordinates: { ...coordinates, width: -1 } }, { coordinates }, null],
        },
        { image: '/etc/passwd', annotations: [] },
        7,
      ]),
      'valid/_annotations.createml.json': '[{"image": "c.jpg", "annotations": []}, {"ima',
    });
    const { items, reasons } = await readAll('create_ml', folder);
    expect(items.map(({ subset, id, annotations }) => [subset, id, annotations.length])).toEqual([
      ['default', 'a', 1],
      ['default', 'b', 0],
      ['valid', 'c', 0],
    ]);
    expect(items[0]!.annotations[0]).toMatchObject({ x: 8, y: 7, width: 4, height: 6 });
    expect(reasons).toHaveLength(6);
  });

  test('classes keep their order, the unused ones too', async () => {
    const box = { ...shape, type: 'box' as const, label: 1, x: 1, y: 2, width: 3, height: 4 };
    const set = setOf(
      ['z', 'a', '__proto__'],
      [{ id: 'x', subset: 'train', annotations: [box, { ...box, label: null }] }],
    );
    const { report, names, items } = await writeAndRead('create_ml', set, fresh());
    expect(names).toEqual(['z', 'a', '__proto__']);
    expect(items[0]!.annotations).toHaveLength(1);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual(['an object without a class']);
  });
});
