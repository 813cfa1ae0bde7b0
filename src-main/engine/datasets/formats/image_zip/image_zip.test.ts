import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`pictures in a zip archive${whyNot}`, () => {
  test('as Datumaro reads them, with paths', async () => {
    const ours = await toGolden(await format('image_zip').read(corpus('image_zip')));
    for (const { media } of ours.items) media!.path = '';
    const theirs = readGolden('image_zip');
    // Of bytes in memory Datumaro takes the size before they are turned by EXIF, of files the size after it.
    theirs.items.find(({ id }) => id === 'exif_rot_05')!.media!.size_hw!.reverse();
    expect(differences(ours, theirs)).toEqual([]);
  });

  test('damage is told, and the rest is read', async () => {
    const folder = fresh();
    const bytes = await readFile(join(corpus('image_zip'), 'default.zip'));
    // The first picture's bytes, which lie after its head and name.
    const damaged = Buffer.from(bytes);
    damaged.fill(0, 60, 600);
    await put(folder, { 'train.zip': damaged, 'val.zip': bytes.subarray(0, 500) });
    const { items, reasons } = await readAll('image_zip', folder);
    expect(items.every(({ subset }) => subset === 'train')).toBe(true);
    expect(items.length).toBeGreaterThanOrEqual(22);
    expect(reasons.length).toBeGreaterThanOrEqual(1);
    expect(await detectFormats(folder)).not.toEqual([]);
  });
});

describe('zip archives', () => {
  test('none is an error', async () => {
    const folder = fresh();
    await put(folder, { 'a.txt': 'x' });
    await expect(readAll('image_zip', folder)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });

  test('pictures come back byte by byte, by subset; what is missing or there twice is told', async () => {
    const pictures = fresh();
    await put(pictures, { 'a.png': 'first', 'b.png': 'second' });
    const media = (name: string): { kind: 'image'; path: string; size: null } => ({
      kind: 'image',
      path: join(pictures, name),
      size: null,
    });
    const set = setOf(
      [],
      [
        { id: 'sub/имя', subset: 'train', media: media('a.png') },
        { id: 'b', subset: 'val', media: media('b.png') },
        { id: 'b', subset: 'val', media: media('a.png') },
        { id: 'c', subset: 'val', media: media('c.png') },
      ],
    );
    const [folder, again] = [fresh(), fresh()];
    const report = await format('image_zip').write(set, folder, { media: 'copy' });
    await format('image_zip').write(set, again, { media: 'copy' });
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'another picture of the subset has this name',
      'the picture is not there to be copied',
    ]);
    const { items, reasons } = await readAll('image_zip', folder);
    expect(reasons).toEqual([]);
    expect(items.map(({ id, subset }) => [subset, id])).toEqual([
      ['train', 'sub/имя'],
      ['val', 'b'],
    ]);
    expect(await readFile(items[0]!.media!.path, 'utf8')).toBe('first');
    expect(await readFile(items[1]!.media!.path, 'utf8')).toBe('second');
    expect(await readFile(join(folder, 'train.zip'))).toEqual(await readFile(join(again, 'train.zip')));
    expect((await detectFormats(folder))[0]!.format.name).toBe('image_zip');
  });
});
