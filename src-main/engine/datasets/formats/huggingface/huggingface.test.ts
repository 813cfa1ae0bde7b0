import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

/** Tables made by pyarrow 26 as `datasets` makes them, and one of bare columns, packed with Zstandard. */
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe('Hugging Face, Parquet', () => {
  test('pictures, classes by number and name, boxes, texts, other columns', async () => {
    const folder = fresh();
    await mkdir(join(folder, 'data'), { recursive: true });
    for (const name of ['train-00000-of-00001.parquet', 'test.parquet']) {
      await copyFile(fixture(name), join(folder, 'data', name));
    }
    await put(folder, { 'README.md': 'x' });
    expect((await detectFormats(folder))[0]!.format.name).toBe('hf_parquet');
    const { items, names, reasons, dataset } = await readAll('hf_parquet', folder);
    expect(names).toEqual(['cat', 'dog & co', 'wheel', 'door', 'moon', 'sun']);
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([
      ['test_0', 'test'],
      ['test_1', 'test'],
      ['a', 'train'],
      ['train-00000-of-00001_1', 'train'],
      ['train-00000-of-00001_2', 'train'],
    ]);
    const first = items[2]!;
    expect(first.attributes).toEqual(new Map([['weight', 7]]));
    expect(first.media!.size).toEqual({ width: 4, height: 3 });
    expect([...(await sharp(first.media!.path).raw().toBuffer()).subarray(0, 3)]).toEqual([255, 0, 0]);
    expect(first.annotations).toMatchObject([
      { type: 'label', label: 1 },
      { type: 'caption', text: 'red' },
      { type: 'box', label: 3, x: 0, y: 0, width: 2, height: 1.5 },
      { type: 'box', label: 2, x: 1, y: 1, width: 2, height: 2 },
    ]);
    expect(items[0]!.annotations).toMatchObject([{ type: 'label', label: 5 }]);
    expect(items[4]).toMatchObject({ media: null, annotations: [] });
    expect(reasons).toEqual(['there is no picture in the row']);
    // Read again, the pictures are where they were.
    const again: string[] = [];
    for await (const { media } of dataset.items()) again.push(media?.path ?? '');
    expect(again).toEqual(items.map(({ media }) => media?.path ?? ''));
  });

  test('a damaged table is told', async () => {
    const folder = fresh();
    await put(folder, { 'a.parquet': 'PAR1 nothing PAR1' });
    const { items, reasons } = await readAll('hf_parquet', folder);
    expect(items).toEqual([]);
    expect(reasons).toHaveLength(1);
  });
});

describe('Hugging Face, imagefolder', () => {
  test('lines, tables, other names for columns, damage', async () => {
    const folder = fresh();
    const rows = [
      {
        file_name: 'sub/a.png',
        label: 'cat',
        objects: { bbox: [[1, 2, 3, 4]], categories: ['dog'] },
        weight: 1.5,
      },
      { file_name: 'sub/a.png' },
      { file_name: '../../b.png' },
      { file_name: 'c.png', objects: [{ bbox: [1, 2, 3, 4], category: 3 }, { bbox: [1, 2] }], text: 'hi' },
    ];
    await put(folder, {
      'train/metadata.jsonl': `\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n')}\nnonsense\n[]\n`,
      'test/metadata.csv': 'file_name,label,bbox\nd.png,dog,"[1, 2, 3, 4]"\ne.png,cat,\n',
      'train/sub/a.png': 'x',
      'train/f.png': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('hf_imagefolder');
    const { items, names, reasons } = await readAll('hf_imagefolder', folder);
    expect(names).toEqual(['3', 'cat', 'dog']);
    expect(
      items.map(({ subset, id, annotations }) => [`${subset}/${id}`, annotations.map(({ type }) => type)]),
    ).toEqual([
      ['test/d', ['box']],
      ['test/e', ['label']],
      ['train/sub/a', ['label', 'box']],
      ['train/c', ['caption', 'box']],
      ['train/f', []],
    ]);
    expect(items[2]!.attributes).toEqual(new Map([['weight', 1.5]]));
    expect(items[2]!.annotations[1]).toMatchObject({ label: 2, x: 1, y: 2, width: 3, height: 4 });
    expect(reasons).toHaveLength(6);
  });

  test('what a row cannot hold is told', async () => {
    const label = { type: 'label', id: 0, group: 0, label: 0, attributes: new Map() } as const;
    const caption = { type: 'caption', id: 0, group: 0, text: 'x', attributes: new Map() } as const;
    const box = { ...shape, type: 'box' as const, label: null, x: 1, y: 2, width: 3, height: 4 };
    const attributes = new Map<string, string | number>([
      ['label', 'x'],
      ['weight', 3],
    ]);
    const annotations = [label, { ...label, label: 1 }, caption, caption, box];
    const set = setOf(['b', 'a', 'unused'], [{ id: 'x', subset: 'fold 1', annotations, attributes }]);
    const { report, items, names } = await writeAndRead('hf_imagefolder', set, fresh());
    expect([...report.problems.byReason.keys()]).toEqual([
      'the subset fold 1 becomes a part of the names',
      'the attribute label has no place: the name has another meaning',
      'a second class of a picture: there is one column for it',
      'a second text of a picture: there is one column for it',
    ]);
    expect(names).toEqual(['b', 'a', 'unused']);
    expect(items).toMatchObject([
      { id: 'fold 1/x', subset: 'default', attributes: new Map([['weight', 3]]) },
    ]);
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['label', 'caption', 'box']);
  });
});
