import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rotatedCorners } from '../../convert.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import {
  bare,
  conversions,
  format,
  put,
  readAll,
  scratch,
  setOf,
  shape,
  unnumbered,
  writeAndRead,
} from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`DOTA as Datumaro reads and writes it${whyNot}`, () => {
  test("Roboflow's set, whose difficulty Datumaro drops and whose lines it numbers", async () => {
    const ours = await toGolden(await format('dota').read(corpus('roboflow_yolo_obb')));
    expect(differences(bare(ours, unnumbered), bare(readGolden('roboflow_yolo_obb'), unnumbered))).toEqual(
      [],
    );
    expect(ours.items[0]!.annotations[0]!.attributes).toEqual({ difficulty: 0 });
  });

  test('a set with folders of pictures and classes of several words, which Datumaro cannot read', async () => {
    const { items, names, reasons } = await readAll('dota', corpus('dota'));
    expect(reasons).toEqual([]);
    expect(names).toContain('traffic light');
    expect(items.map(({ id }) => id)).toContain('sub/dir/nested_04');
  });

  test('DOTA to DOTA, to the hundredth of a pixel that Datumaro keeps of each corner', async () => {
    const { ours, theirs } = await conversions('dota', 'dota@clean', 'dota', fresh());
    expect(ours.items.map(({ id }) => id).sort()).toEqual(theirs.items.map(({ id }) => id).sort());
    const corners = ([centreX = 0, centreY = 0, width = 0, height = 0, angle = 0]: number[]): number[] =>
      rotatedCorners({ centreX, centreY, width, height, angle });
    for (const { id, annotations } of ours.items) {
      const others = theirs.items.find((item) => item.id === id)!.annotations;
      expect(others).toHaveLength(annotations.length);
      for (const { label, rbox } of annotations) {
        const own = corners(rbox!);
        const fits = others.some(
          (other) =>
            other.label === label &&
            corners(other.rbox!).every((value, at) => Math.abs(value - own[at]!) < 0.03),
        );
        expect([id, label, fits]).toEqual([id, label, true]);
      }
    }
  });
});

describe('DOTA', () => {
  test('headers, outlines that are no rectangle, and damaged lines', async () => {
    const folder = fresh();
    await put(folder, {
      'labelTxt/a.txt': [
        'imagesource:GoogleEarth',
        'gsd:0.146',
        '0 0 10 0 10 10 0 10 plane 1',
        '0 0 30 5 10 20 0 10 large vehicle 0',
        '0 0 10 0 10 10 0 10 ship',
        '1 2 3 4 5 6 7',
        'x 0 10 0 10 10 0 10 plane 1',
        '0 0 nan 0 10 10 0 10 plane 1',
        '0 0 1e300 0 10 10 0 10 plane 0',
      ].join('\n'),
    });
    const { items, names, reasons } = await readAll('dota', folder);
    expect(names).toEqual(['large vehicle', 'plane', 'ship']);
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['rotated_box', 'polygon', 'rotated_box']);
    expect(items[0]!.annotations[0]!.attributes).toEqual(new Map([['difficulty', 1]]));
    expect(items[0]!.attributes.get('gsd')).toBe('0.146');
    expect(reasons).toHaveLength(4);
  });

  test('boxes and quadrilaterals come back, and classes lose their spaces with a word about it', async () => {
    const number = fc.integer({ min: 1, max: 60 });
    const box = fc
      .record({
        centreX: number,
        centreY: number,
        width: number,
        height: number,
        angle: fc.integer({ min: 1, max: 179 }),
      })
      .map((values) => ({
        ...shape,
        type: 'rotated_box' as const,
        ...values,
        width: values.width + 4,
        height: values.height + 4,
      }));
    await fc.assert(
      fc.asyncProperty(fc.array(box, { maxLength: 4 }), async (annotations) => {
        const quad = { ...shape, type: 'polygon' as const, points: [0, 0, 40, 3, 22, 30, 5, 20] };
        const set = setOf(['big car', 'big_car'], [{ id: 'sub/a b', annotations: [...annotations, quad] }]);
        const { report, items, names } = await writeAndRead('dota', set, fresh());
        expect(report.annotations).toBe(annotations.length + 1);
        expect(names).toEqual(['big_car_2', 'big_car']);
        const read = items[0]!.annotations;
        expect(read.find(({ type }) => type === 'polygon')).toMatchObject({ points: quad.points });
        const boxes = read.filter((part) => part.type === 'rotated_box');
        for (const [index, part] of annotations.entries()) {
          for (const [at, value] of rotatedCorners(part).entries()) {
            expect(rotatedCorners(boxes[index]!)[at]).toBeCloseTo(value, 3);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('what has no four corners becomes the least rectangle around it', async () => {
    const folder = fresh();
    const set = setOf(
      ['a'],
      [
        {
          id: 'x',
          annotations: [
            { ...shape, type: 'polygon', points: [0, 0, 6, 0, 6, 2, 3, 4, 0, 2] },
            { ...shape, type: 'box', x: 1, y: 2, width: 3, height: 4 },
          ],
        },
      ],
    );
    const { report, items } = await writeAndRead('dota', set, folder);
    expect(report.problems.total).toBe(0);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'rotated_box', centreX: 3, centreY: 2 },
      { type: 'rotated_box', centreX: 2.5, centreY: 4, angle: 0 },
    ]);
    expect(await readFile(join(folder, 'default/labelTxt/x.txt'), 'utf8')).toMatch(/^1 2 4 2 4 6 1 6 a 0$/m);
  });
});
