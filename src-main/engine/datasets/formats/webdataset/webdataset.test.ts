import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { create, list } from 'tar';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { format, put, readAll, scratch, setOf, shape } from '../common/testing.ts';
import { splitKey } from './samples.ts';

const { fresh } = scratch();
const png = (): Promise<Buffer> =>
  sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

describe('WebDataset', () => {
  test('keys end at the first dot of the name', () => {
    expect(splitKey('a/b.c/d.seg.png')).toEqual({ key: 'a/b.c/d', ending: 'seg.png' });
    expect(splitKey('plain')).toEqual({ key: 'plain', ending: '' });
  });

  test('shards made by others: class numbers, texts, JSON; links and damage are told', async () => {
    const folder = fresh();
    const from = fresh();
    await put(from, {
      'a/0001.png': await png(),
      'a/0001.cls': '7\n',
      'a/0001.txt': 'a red thing',
      'a/0002.json': JSON.stringify({
        label: 'x',
        objects: { bbox: [[0, 0, 1, 1]], category: ['y'] },
        weight: 2,
      }),
      'a/0003.json': '{',
      'a/0003.cls': 'z',
    });
    await put(folder, { 'readme.md': 'x' });
    await create({ file: join(folder, 'train-000000.tar'), cwd: from }, ['a']);
    await put(folder, {
      'val-000000.tar': (await readFile(join(folder, 'train-000000.tar'))).subarray(0, 700),
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('webdataset');
    const { items, names, reasons } = await readAll('webdataset', folder);
    expect(names).toEqual(['7', 'x', 'y']);
    const train = items.filter(({ subset }) => subset === 'train');
    expect(train.map(({ id, annotations }) => [id, annotations.map(({ type }) => type)])).toEqual([
      ['a/0001', ['label', 'caption']],
      ['a/0002', ['label', 'box']],
      ['a/0003', []],
    ]);
    expect(train[0]!.media!.size).toEqual({ width: 4, height: 3 });
    expect(train[1]!.attributes).toEqual(new Map([['weight', 2]]));
    expect(reasons.length).toBeGreaterThanOrEqual(3);
  });

  test('written and read again; every tool can open it', async () => {
    const [source, folder] = [fresh(), fresh()];
    await put(source, { 'a.png': await png() });
    const path = join(source, 'a.png');
    const label = { type: 'label', id: 0, group: 0, label: 1, attributes: new Map() } as const;
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const long = `${'long folder/'.repeat(12)}имя`;
    const media = { kind: 'image', path, size: null } as const;
    const set = setOf(
      ['cat', 'dog'],
      [
        { id: 'dots.in.name', subset: 'train', annotations: [label, box], media },
        { id: long, subset: 'train', annotations: [], attributes: new Map([['weight', 1]]), media },
        { id: 'dots_in.name', subset: 'val', media: { ...media, path: join(source, 'none.png') } },
      ],
    );
    const report = await format('webdataset').write(set, folder, { media: 'copy' });
    expect([...report.problems.byReason.keys()]).toEqual(['the picture is not there to be copied']);
    const { items, names, reasons } = await readAll('webdataset', folder);
    expect([names, reasons]).toEqual([['cat', 'dog'], []]);
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([
      ['dots.in.name', 'train'],
      [long, 'train'],
      ['dots_in.name', 'val'],
    ]);
    expect(items[0]!.annotations).toMatchObject([
      label,
      { type: 'box', x: 1, y: 2, width: 3, height: 4, label: 0 },
    ]);
    expect(items[1]!.attributes).toEqual(new Map([['weight', 1]]));
    expect((await readFile(items[0]!.media!.path)).equals(await readFile(path))).toBe(true);
    const entries: string[] = [];
    await list({
      file: join(folder, 'train-000000.tar'),
      onReadEntry: (entry) => void entries.push(entry.path),
    });
    expect(entries).toEqual([
      'dots_in_name.png',
      'dots_in_name.json',
      'dots_in_name.cls',
      `${long}.png`,
      `${long}.json`,
    ]);
  });

  test('an entry that leads out is never taken', async () => {
    const [from, folder] = [fresh(), fresh()];
    await put(from, { 'x/a.png': 'x' });
    await create({ file: join(from, 's.tar'), cwd: join(from, 'x'), preservePaths: true }, ['../x/a.png']);
    await put(folder, { 'a-000.tar': await readFile(join(from, 's.tar')) });
    await writeFile(join(folder, 'b-000.tar'), '');
    const { items, reasons } = await readAll('webdataset', folder);
    expect(items).toEqual([]);
    expect(reasons.length).toBeGreaterThanOrEqual(1);
  });
});
