import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { AttributeValue } from '../../model/index.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`Market-1501 as Datumaro reads it${whyNot}`, () => {
  test('every picture once, where Datumaro has those of a list and a folder twice', async () => {
    const ours = await toGolden(await format('market1501').read(corpus('market1501')));
    const theirs = readGolden('market1501');
    const once = theirs.items.filter(({ subset }) => subset !== 'train');
    expect(differences(ours, { ...theirs, items: once })).toEqual([]);
    expect(ours.items).toHaveLength(12);
  });
});

describe('persons', () => {
  test('names are made of attributes where they say nothing', async () => {
    const folder = fresh();
    const attributes = new Map<string, AttributeValue>([
      ['person_id', '0007'],
      ['camera_id', 2],
      ['colour', 'red'],
    ]);
    const set = setOf(
      [],
      [
        { id: '0002_c1s1_000451_03', subset: 'train', attributes: new Map([['query', true]]) },
        { id: 'a', subset: 'train', attributes },
        { id: 'b', subset: 'train', attributes },
        { id: 'c', subset: 'train' },
      ],
    );
    const { report, items, reasons } = await writeAndRead('market1501', set, folder);
    expect(await readFile(join(folder, 'images_train.txt'), 'utf8')).toBe(
      'bounding_box_train/0007_c3s1_000000_00.png\nbounding_box_train/0007_c3s1_000001_00.png\nbounding_box_train/c.png\n',
    );
    expect(items.map(({ id, subset }) => `${subset}/${id}`).sort()).toEqual([
      'query/0002_c1s1_000451_03',
      'train/0007_c3s1_000000_00',
      'train/0007_c3s1_000001_00',
      'train/c',
    ]);
    expect(reasons).toEqual(['the name says no person and camera']);
    expect([...report.problems.byReason]).toEqual([
      ['the pictures of queries are a subset of their own', 1],
      ['the picture is named by its person, camera and frame', 2],
      ['the attribute colour has no place in a name', 2],
      ['the item says no person, and keeps its name', 1],
    ]);
  });

  test('lists of a set without its pictures, and paths out of it', async () => {
    const folder = fresh();
    await put(folder, {
      'query/note.txt': '',
      'images_query.txt': 'query/-1_c1s1_000001_00.jpg\n../x.jpg\n',
    });
    const { items, reasons } = await readAll('market1501', folder);
    expect(
      items.map(({ id, attributes }) => [id, attributes.get('person_id'), attributes.get('query')]),
    ).toEqual([['-1_c1s1_000001_00', '-1', true]]);
    expect(reasons).toEqual(['the path is in no folder of a subset']);
  });

  test('MARS', async () => {
    const folder = fresh();
    await put(folder, {
      'bbox_train/0001/0001C1T0002F003.jpg': 'x',
      'bbox_test/00-1/00-1C2T0001F001.jpg': 'x',
      'bbox_test/00-1/odd.jpg': 'x',
    });
    const { items, names, reasons } = await readAll('mars', folder);
    expect(names).toEqual(['00-1', '0001']);
    expect(items.map(({ subset, id }) => `${subset}/${id}`)).toEqual([
      'test/00-1/00-1C2T0001F001',
      'test/00-1/odd',
      'train/0001/0001C1T0002F003',
    ]);
    expect(items[2]!.attributes).toEqual(
      new Map<string, unknown>([
        ['person_id', '0001'],
        ['camera_id', 1],
        ['track_id', 2],
        ['frame_id', 3],
      ]),
    );
    expect(reasons).toHaveLength(1);
    expect((await detectFormats(folder))[0]!.format.name).toBe('mars');
  });
});
