import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe('CrowdHuman', () => {
  test('persons with what can be seen of them, regions to pass over, pictures by name', async () => {
    const folder = fresh();
    const box = {
      tag: 'person',
      fbox: [2, 3, 40, 60],
      vbox: [4, 5, 30, 40],
      hbox: [5, 5, 10, 10],
      head_attr: { occ: 1 },
      extra: { box_id: 0, occ: 1 },
    };
    const line = {
      ID: '273271,1a2b',
      gtboxes: [box, { tag: 'mask', fbox: [0, 0, 9, 9], extra: { ignore: 1 } }, { tag: 'person' }],
    };
    await put(folder, {
      'annotation_train.odgt': `${JSON.stringify(line)}\n{\n\n${JSON.stringify({ ID: 'none', gtboxes: [] })}`,
      'CrowdHuman_train01/Images/273271,1a2b.jpg': '',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('crowdhuman');
    const { items, names, reasons } = await readAll('crowdhuman', folder);
    expect(names).toEqual(['person']);
    expect(items.map(({ subset, id }) => [subset, id])).toEqual([
      ['train', '273271,1a2b'],
      ['train', 'none'],
    ]);
    expect(items[0]!.media!.path).toBe(join(folder, 'CrowdHuman_train01/Images/273271,1a2b.jpg'));
    const [whole, region] = items[0]!.annotations;
    expect(whole).toMatchObject({ x: 2, y: 3, width: 40, height: 60, label: 0 });
    expect([...whole!.attributes]).toEqual([
      ['visible_box', [4, 5, 30, 40]],
      ['head_box', [5, 5, 10, 10]],
      ['box_id', 0],
      ['occ', 1],
      ['head_occ', 1],
    ]);
    expect(region).toMatchObject({
      label: null,
      attributes: new Map<string, unknown>([
        ['ignored', true],
        ['ignore', 1],
      ]),
    });
    expect(reasons).toEqual(['a person has no box of four numbers (fbox)', 'the line is no JSON with an ID']);
  });
});
