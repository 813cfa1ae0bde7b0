import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe('Kinetics', () => {
  test('tables and lists, videos in the folder of their subset, damage', async () => {
    const folder = fresh();
    const piece = (label: string): object => ({
      annotations: { label, segment: [3, 13] },
      subset: 'val',
      url: 'https://www.youtube.com/watch?v=x',
    });
    await put(folder, {
      'train.csv':
        'label,youtube_id,time_start,time_end,split\n"abseiling, high",abcdefghijk,10,20,train\nyodel,zzz,a,20,train\n',
      'train.json': JSON.stringify({ abcdefghijk: piece('ignored') }),
      'val.json': JSON.stringify({ '-_id': piece('yodel'), broken: 5 }),
      'test.json': '{"a": ',
      'train/abseiling/abcdefghijk_000010_000020.mp4': 'x',
      'clips/-_id.webm': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('kinetics');
    const { items, names, reasons, dataset } = await readAll('kinetics', folder);
    expect(dataset.media).toBe('video');
    expect(names).toEqual(['abseiling, high', 'yodel']);
    expect(items.map(({ id, subset, media }) => [id, subset, media?.kind])).toEqual([
      ['abcdefghijk', 'train', 'video'],
      ['-_id', 'val', 'video'],
    ]);
    expect(items[0]!.annotations[0]!.attributes).toEqual(
      new Map([
        ['time_start', 10],
        ['time_end', 20],
      ]),
    );
    expect(reasons).toHaveLength(3);
  });
});
