import { describe, expect, test } from 'vitest';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe('VGGFace2', () => {
  test('a class above, rows without numbers, damage', async () => {
    const folder = fresh();
    await put(folder, {
      'labels.txt': 'n1 Jane Doe\nn2\n',
      'bb_landmark/loose_landmark_train.csv':
        'NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\nn1/a,,,,,,,,,,\nn1/b,1,2,3,4,5,6,7,8,9,x\n../c,1,1,1,1,1,1,1,1,1,1\n',
      'bb_landmark/loose_bb_train.csv': 'NAME_ID,X,Y,W,H\nno_label/d,1,2,3,4\nn9/e,1,2,3,4\n',
    });
    const { items, dataset, reasons } = await readAll('vgg_face2', folder);
    expect(dataset.categories.labels.map(({ name, parent }) => [name, parent])).toEqual([
      ['n1', 'Jane Doe'],
      ['n2', ''],
    ]);
    expect(items.map(({ id, annotations }) => [id, annotations.map(({ type }) => type)])).toEqual([
      ['n1/a', ['label']],
      ['n1/b', []],
      ['no_label/d', ['box']],
      ['n9/e', ['box']],
    ]);
    expect(reasons).toHaveLength(3);
  });

  test('what a picture cannot have is told', async () => {
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const points = { ...shape, type: 'points' as const, points: [1, 2], visibility: [2] as const };
    const label = { type: 'label', id: 0, group: 0, label: 0, attributes: new Map() } as const;
    const set = setOf(
      ['jane doe', 'b'],
      [
        { id: 'a', annotations: [box, { ...box, x: 5 }, { ...box, label: 1 }, points] },
        { id: 'c', annotations: [label] },
        { id: 'd' },
      ],
    );
    const { report, items, names } = await writeAndRead('vgg_face2', set, fresh());
    expect([...report.problems.byReason.keys()]).toEqual([
      'a second box, set of points or class of a picture',
      'a part of another person: a picture is of one',
      'points that are not five',
      'the class is written without spaces',
    ]);
    expect(names).toEqual(['jane_doe', 'b']);
    expect(items.map(({ id, annotations }) => [id, annotations.map(({ type }) => type)])).toEqual([
      ['jane_doe/c', ['label']],
      ['no_label/d', []],
      ['jane_doe/a', ['box']],
    ]);
  });
});
