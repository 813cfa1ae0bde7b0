import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  corpus,
  differences,
  type Golden,
  haveData,
  readGolden,
  toGolden,
  whyNot,
} from '../../testing/golden.ts';
import {
  bare,
  conversions,
  format,
  put,
  readAll,
  scratch,
  setOf,
  shape,
  writeAndRead,
} from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`tracks as Datumaro reads them${whyNot}`, () => {
  /** Datumaro takes a frame's number for its id, so that 000001.jpg becomes 1.jpg. */
  const padded = (golden: Golden): Golden => ({
    ...golden,
    items: golden.items.map((item) => ({ ...item, id: item.id.padStart(6, '0') })),
  });
  /** Attributes that every class has, which the golden file does not say. */
  const plain = (golden: Golden): Golden => ({
    ...golden,
    labels: golden.labels.map(({ name }) => ({ name, parent: '', attributes: [] })),
  });

  test('mot_seq', async () => {
    const ours = await toGolden(await format('mot_seq').read(corpus('mot_seq')));
    expect(differences(plain(ours), plain(padded(readGolden('mot_seq'))))).toEqual([]);
  });

  test('mots, whose tracks are numbers', async () => {
    const ours = await toGolden(await format('mots').read(corpus('mots')));
    const theirs = readGolden('mots');
    for (const { annotations } of theirs.items) {
      for (const { attributes } of annotations) attributes['track_id'] = Number(attributes['track_id']);
    }
    expect(differences(plain(ours), plain(theirs))).toEqual([]);
  });

  test('mot_seq to MOT', async () => {
    const { ours, theirs } = await conversions('mot_seq', 'mot_seq', 'mot_seq', fresh(), 'mot_seq_gt');
    expect(differences(bare(ours), bare(theirs))).toEqual([]);
  });
});

describe('MOT', () => {
  test('several sequences, detections, frames without boxes, damaged lines', async () => {
    const folder = fresh();
    const info =
      '[Sequence]\nname=x\nimDir=img1\nframeRate=30\nseqLength=3\nimWidth=64\nimHeight=48\nimExt=.png\n';
    await put(folder, {
      'train/MOT17-02/gt/gt.txt':
        '1,1,2,3,4,5,1,1,0.5\n2,1,2,3,4,5,0,7,0\n9,1,x,3,4,5,1,1,1\n1,1\n1,1,2,3,-4,5,1,1,1\n1,1,2,3,4,5,1,99,1\n',
      'train/MOT17-02/seqinfo.ini': info,
      'train/MOT17-02/det/det.txt': '1,-1,2,3,4,5,0.9,-1,-1,-1\n',
      'test/MOT17-01/det/det.txt': '1,-1,2,3,4,5,0.9,-1,-1,-1\n',
    });
    const { items, reasons } = await readAll('mot_seq', folder);
    expect(items.map(({ subset, id, annotations }) => [subset, id, annotations.length])).toEqual([
      ['test', 'MOT17-01/000001', 1],
      ['train', 'MOT17-02/000001', 1],
      ['train', 'MOT17-02/000002', 1],
      ['train', 'MOT17-02/000003', 0],
      ['train', 'MOT17-02/000009', 0],
    ]);
    expect(items[0]!.annotations[0]).toMatchObject({ label: null, attributes: new Map([['score', 0.9]]) });
    expect(items[2]!.annotations[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['track_id', 1],
        ['visibility', 0],
        ['occluded', true],
        ['ignored', true],
      ]),
    );
    expect(items[1]!.media!.size).toEqual({ width: 64, height: 48 });
    expect(reasons).toHaveLength(4);
  });

  test('pictures become frames, sequences stay apart, tracks with names get numbers', async () => {
    const box = (track: string | number | undefined): object => ({
      ...shape,
      type: 'box',
      x: 1,
      y: 2,
      width: 3,
      height: 4,
      attributes: new Map(track === undefined ? [] : [['track_id', track]]),
    });
    const folder = fresh();
    const set = setOf(
      ['a'],
      [
        { id: 'seq/img_b', annotations: [box('left'), box(4)] as never },
        { id: 'seq/000007', annotations: [box('left')] as never },
        { id: 'other/000001', annotations: [box(undefined)] as never },
      ],
    );
    const { report, items, reasons } = await writeAndRead('mot_seq', set, folder);
    expect([...report.problems.byReason]).toEqual([
      ["the picture's file is named by its frame; its name is kept in frames.csv", 1],
    ]);
    expect(reasons).toEqual([]);
    const found = items.filter(({ annotations }) => annotations.length > 0);
    expect(found.map(({ id }) => id)).toEqual(['other/000001', 'seq/img_b', 'seq/000007']);
    const text = await readFile(join(folder, 'seq/gt/gt.txt'), 'utf8');
    expect(text).toBe('1,1000000,1,2,3,4,1,1,1\n1,4,1,2,3,4,1,1,1\n7,1000000,1,2,3,4,1,1,1\n');
  });

  test('masks of one track and of none keep numbers of their own', async () => {
    const mask = (counts: number[], track: number | undefined, zOrder = 0): object => ({
      ...shape,
      type: 'mask',
      width: 4,
      height: 3,
      counts,
      zOrder,
      attributes: new Map(track === undefined ? [] : [['track_id', track]]),
    });
    const set = setOf(
      ['a', 'b'],
      [
        {
          id: 'x',
          annotations: [
            mask([0, 2, 10], 5),
            mask([6, 2, 4], 5),
            mask([9, 1, 2], undefined),
            mask([0, 1, 11], 9, 1),
          ] as never,
        },
      ],
    );
    const { items } = await writeAndRead('mots', set, fresh());
    const tracks = items[0]!.annotations.map((part) => [
      part.attributes.get('track_id'),
      part.type === 'mask' && part.counts,
    ]);
    expect(tracks.sort()).toEqual([
      [1, [6, 2, 4]],
      [2, [9, 1, 2]],
      [5, [1, 1, 10]],
      [9, [0, 1, 11]],
    ]);
  });
});
