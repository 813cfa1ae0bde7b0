import { describe, expect, test } from 'vitest';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`AVA as Datumaro writes it${whyNot}`, () => {
  test('without the list of actions, where Datumaro fails', async () => {
    const { items, names, reasons } = await readAll('ava', corpus('ava'));
    expect(items).toHaveLength(8);
    expect(names).toEqual(['0', '1']);
    expect(items[0]!.annotations).toHaveLength(3);
    expect(items[0]!.annotations[1]).toMatchObject({
      type: 'box',
      x: 23.5,
      y: 18.25,
      width: 20.5,
      height: 25.75,
      label: 1,
    });
    expect(items[0]!.media!.size).not.toBeNull();
    expect(reasons).toEqual(['there are no names of actions; their numbers are taken']);
  });
});

describe('AVA', () => {
  test('parts of the picture, names with signs, damage', async () => {
    const folder = fresh();
    await put(folder, {
      'annotations/ava_action_list_v2.2.pbtxt':
        'item {\n  name: "bend/bow (at the \\"waist\\")"\n  id: 1\n}\nitem {\n  name: "lie {down}"\n  id: 5\n}\n',
      'annotations/ava_val_v2.2.csv':
        'vid,0902,10,20,30,40,5,7\nvid,0902,0.1,0.1,0.2,0.2,5,7\nvid,0903,1,2,3,4,9,0\n../x,1,1,2,3,4,1,1\na,b,c\nvid,0902,1,2,3,4,1,8\n',
      'annotations/ava_val_excluded_timestamps_v2.2.csv': 'vid,0999\n',
    });
    const { items, names, dataset, reasons } = await readAll('ava', folder);
    expect(names).toEqual(['bend/bow (at the "waist")', 'lie {down}']);
    expect(dataset.categories.labels.map(({ sourceId }) => sourceId)).toEqual([1, 5]);
    expect(items.map(({ id, subset, annotations }) => [subset, id, annotations.length])).toEqual([
      ['val_excluded_timestamps', 'vid/0999', 0],
      ['val', 'vid/0902', 2],
      ['val', 'vid/0903', 0],
    ]);
    expect(reasons).toHaveLength(4);
  });

  test('pictures without boxes and names of all kinds stay', async () => {
    const box = {
      ...shape,
      type: 'box' as const,
      x: 1,
      y: 2,
      width: 3,
      height: 4,
      attributes: new Map([['track_id', 6]]),
    };
    const set = setOf(
      ['say "x"', 'b'],
      [
        { id: 'v/1', annotations: [box, { ...box, label: null }] },
        { id: 'a/b/c', annotations: [{ ...box, label: 1 }] },
        { id: 'plain' },
      ],
    );
    const { report, items, names, reasons } = await writeAndRead('ava', set, fresh());
    expect([...report.problems.byReason.keys()]).toEqual(['a box without an action']);
    expect([names, reasons]).toEqual([['say "x"', 'b'], []]);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['v/1', 1],
      ['a/b/c', 1],
      ['plain', 0],
    ]);
    expect(items[0]!.annotations).toMatchObject([{ x: 1, y: 2, width: 3, height: 4, label: 0 }]);
    expect(items[1]!.media!.path).toMatch(/frames[\\/]a[\\/]b[\\/]a_b_c\.jpg$/);
  });
});
