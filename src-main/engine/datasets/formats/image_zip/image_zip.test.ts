import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch } from '../common/testing.ts';

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
});
