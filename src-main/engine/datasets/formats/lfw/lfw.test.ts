import { describe, expect, test } from 'vitest';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`LFW as Datumaro reads it${whyNot}`, () => {
  test('people and pairs; pictures of no pair, too, which Datumaro does not find', async () => {
    const ours = await toGolden(await format('lfw').read(corpus('lfw')));
    const theirs = readGolden('lfw');
    expect(ours.items.every(({ media }) => media!.size_hw !== null)).toBe(true);
    for (const item of theirs.items) {
      const own = ours.items.find(({ id }) => id === item.id)!;
      if (item.media === undefined) delete own.media;
    }
    expect(differences(ours, theirs)).toEqual([]);
  });
});

describe('LFW', () => {
  test('the original head, pairs by name, landmarks, paths out of the folder', async () => {
    const folder = fresh();
    await put(folder, {
      'annotations/pairs.txt':
        '10\t300\nAnn\t1\t4\nAnn\t1\t-\tstranger\nAnn\t2\tBob\tb.side\n../x\nAnn\t1\t2\t3\t4\nlone\n',
      'annotations/landmarks.txt': 'Ann/Ann_0001.jpg\t1\t2\t3\t4\nlone.jpg\t1\tx\n',
    });
    const { items, names, reasons } = await readAll('lfw', folder);
    expect(names).toEqual(['Ann', 'Bob']);
    expect(items.map(({ id, annotations }) => [id, annotations.map(({ type }) => type)])).toEqual([
      ['Ann_0001', ['label', 'points']],
      ['Ann_0004', ['label']],
      ['stranger', []],
      ['Ann_0002', ['label']],
      ['b.side', ['label']],
      ['lone', []],
    ]);
    expect(items[0]!.annotations[0]!.attributes).toEqual(
      new Map([
        ['positive_pairs', ['Ann/Ann_0004']],
        ['negative_pairs', ['stranger']],
      ]),
    );
    expect(items[3]!.annotations[0]!.attributes.get('negative_pairs')).toEqual(['Bob/b.side']);
    expect(reasons).toHaveLength(3);
  });

  test('written and read again', async () => {
    const label = { type: 'label', id: 0, group: 0, label: 0 } as const;
    const attributes = new Map([
      ['positive_pairs', ['Ann/Ann_0002', 'Ann/odd one']],
      ['negative_pairs', ['Bob/Bob_0011', 'stranger']],
    ]);
    const points = {
      ...label,
      type: 'points',
      zOrder: 0,
      points: [1, 2, 3.5, 4],
      visibility: [2, 2],
    } as const;
    const set = setOf(
      ['Ann', 'Bob'],
      [
        {
          id: 'Ann_0001',
          annotations: [
            { ...label, attributes },
            { ...points, attributes: new Map() },
          ],
        },
        { id: 'face', annotations: [{ ...label, label: 1, attributes: new Map() }] },
        { id: 'nobody', annotations: [] },
      ],
    );
    const { report, items } = await writeAndRead('lfw', set, fresh());
    expect(report.problems.total).toBe(0);
    const byId = new Map(items.map((item) => [item.id, item.annotations]));
    expect(byId.get('Ann_0001')![0]!.attributes).toEqual(attributes);
    expect(byId.get('Ann_0001')![1]).toMatchObject({ type: 'points', points: [1, 2, 3.5, 4] });
    expect(byId.get('face')).toMatchObject([{ type: 'label', label: 1 }]);
    expect(byId.get('nobody')).toEqual([]);
  });
});
