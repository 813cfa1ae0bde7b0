import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noAttributes } from '../../model/index.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe('WIDER FACE', () => {
  test("the original's lines: events, no faces, too few lines", async () => {
    const folder = fresh();
    await put(folder, {
      'wider_face_split/wider_face_train_bbx_gt.txt': [
        '0--Parade/0_Parade_1.jpg',
        '1',
        '449 330 122 149 0 0 0 0 0 0 ',
        '1--Handshaking/1_Handshaking_2.jpg',
        '0',
        '0 0 0 0 0 0 0 0 0 0 ',
        '0--Parade/0_Parade_3.jpg',
        '2',
        '1 2 3 4 2 0 1 2 0 1',
        '../../etc/passwd.jpg',
        '1',
        '1 2 3 x',
        '0--Parade/0_Parade_4.jpg',
        '1',
        '1 2 -3 4',
      ].join('\n'),
      'wider_face_split/wider_face_test_filelist.txt': '0--Parade/0_Parade_9.jpg\n',
      'WIDER_train/images/0--Parade/0_Parade_1.jpg': '',
      'WIDER_train/images/1--Handshaking/1_Handshaking_2.jpg': '',
    });
    const { items, names, reasons } = await readAll('wider_face', folder);
    expect(names).toEqual(['face', 'Parade', 'Handshaking']);
    expect(
      items.map(({ subset, id, annotations }) => [subset, id, annotations.map(({ type }) => type)]),
    ).toEqual([
      ['test', '0_Parade_9', ['label']],
      ['train', '0_Parade_1', ['label', 'box']],
      ['train', '1_Handshaking_2', ['label']],
      ['train', '0_Parade_3', ['label', 'box']],
      ['train', '0_Parade_4', ['label']],
    ]);
    expect(items[3]!.annotations[1]!.attributes).toEqual(
      new Map([
        ['blur', '2'],
        ['expression', '0'],
        ['illumination', '1'],
        ['occluded', '2'],
        ['pose', '0'],
        ['invalid', '1'],
      ]),
    );
    expect(reasons).toEqual([
      'there are fewer boxes than the list says',
      'box: a coordinate is not a number or far too large',
      "the path leaves the set's folder",
      'box: the width or height is negative',
    ]);
  });

  test('is written as readers of the original want it', async () => {
    const folder = fresh();
    const box = { ...shape, type: 'box' as const, x: 1, y: 2.5, width: 3, height: 4 };
    const mark = { type: 'label' as const, id: 0, group: 0, label: 1, attributes: noAttributes };
    const set = setOf(
      ['face', 'my party', 'mask'],
      [
        { id: 'a', subset: 'train', annotations: [mark, box, { ...box, label: 2 }] },
        { id: 'b', subset: 'train' },
      ],
    );
    const { report, items, names } = await writeAndRead('wider_face', set, folder);
    expect(await readFile(join(folder, 'wider_face_split/wider_face_train_bbx_gt.txt'), 'utf8')).toBe(
      '1--my party/a.png\n2\n1 2.5 3 4 0 0 0 0 0 0\n1 2.5 3 4 0 0 0 0 0 0 mask\nno_label/b.png\n0\n0 0 0 0 0 0 0 0 0 0\n',
    );
    expect(report.problems.list).toEqual([]);
    expect(names).toEqual(['face', 'my party', 'mask']);
    expect(
      items.map(({ annotations }) => annotations.map((part) => (part as { label: number }).label)),
    ).toEqual([[1, 0, 2], []]);
  });
});
