import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { indexedPng } from '../../files/png.ts';
import { decodeBitmap, encodeBitmap } from '../../masks.ts';
import type { Annotation, Mask } from '../../model/index.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();
const size = { width: 4, height: 2 };
const picture = sharp({ create: { ...size, channels: 3, background: '#123' } })
  .jpeg()
  .toBuffer();
const grey = (...values: number[]): Promise<Buffer> =>
  sharp(Buffer.from(values), { raw: { ...size, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
const shown = (part: Annotation): string => {
  const { label, counts, width, height } = part as Mask;
  return `${label} ${decodeBitmap(counts, width, height).join('')}`;
};

const read = async (folder: string) => {
  const { items, names, reasons } = await readAll('mask_dirs', folder);
  const found = items.map(({ subset, id, annotations }) => [subset, id, annotations.map(shown).sort()]);
  return { found, names, reasons };
};

describe('folders of pictures and masks', () => {
  test.each([
    ['images/a.jpg', 'masks/a.png', 'default'],
    ['img_dir/train/a.jpg', 'ann_dir/train/a.png', 'train'],
    ['train/images/a.jpg', 'train/labels/a.png', 'train'],
    ['train/a.jpg', 'train_masks/a_mask.png', 'train'],
    ['JPEGImages/val/a.jpg', 'SegmentationClassPNG/val/a.png', 'val'],
    ['a.jpg', 'a_mask.png', 'default'],
  ])('%s and %s', async (image, mask, subset) => {
    const folder = fresh();
    await put(folder, { [image]: await picture, [mask]: await grey(0, 255, 255, 0, 0, 0, 0, 0) });
    expect((await detectFormats(folder))[0]!.format.name).toBe('mask_dirs');
    expect(await read(folder)).toEqual({
      found: [[subset, 'a', ['0 01100000']]],
      names: ['object'],
      reasons: [],
    });
  });

  test('values with names, and what training passes over', async () => {
    const folder = fresh();
    const files = { 'images/a.jpg': await picture, 'masks/a.png': await grey(0, 1, 2, 2, 255, 255, 0, 7) };
    await put(folder, { ...files, 'classes.txt': 'background\nroad\ncar\n' });
    expect(await read(folder)).toEqual({
      found: [['default', 'a', ['0 01000000', '1 00110000', '2 00000001']]],
      names: ['road', 'car', 'class_7'],
      reasons: [
        'pixels of 255 belong to no class: training passes over them',
        'no list names the classes (classes.txt): they are called by their values',
      ],
    });
  });

  test("a palette's places, and colours with names", async () => {
    const folder = fresh();
    const palette = [
      [0, 0, 0],
      [200, 0, 0],
      [0, 200, 0],
    ] as const;
    await put(folder, {
      'images/a.jpg': await picture,
      'masks/a.png': indexedPng(Uint8Array.of(0, 1, 2, 2, 0, 0, 0, 0), 4, 2, palette),
    });
    const { names, found } = await read(folder);
    expect([names, found]).toEqual([
      ['class_1', 'class_2'],
      [['default', 'a', ['0 01000000', '1 00110000']]],
    ]);
    const coloured = fresh();
    const pixels = [0, 1, 2, 2, 0, 0, 0, 0].flatMap((index) => [...palette[index]!]);
    await put(coloured, {
      'images/a.jpg': await picture,
      'images/b.jpg': await picture,
      'masks/a.png': await sharp(Buffer.from(pixels), { raw: { ...size, channels: 3 } })
        .png()
        .toBuffer(),
      'masks/lost.png': await grey(0, 0, 0, 0, 0, 0, 0, 0),
      'masks/bad.png': 'no picture',
      'class_dict.csv': 'name,r,g,b\nVoid,0,0,0\nRoad,200,0,0\nCar,0,200,0\n',
    });
    expect(await read(coloured)).toEqual({
      found: [
        ['default', 'a', ['0 01000000', '1 00110000']],
        ['default', 'b', []],
        ['default', 'bad', []],
        ['default', 'lost', []],
      ],
      names: ['Road', 'Car'],
      reasons: expect.arrayContaining(['there is no picture for this mask']),
    });
  });

  test('pictures that are no masks are not taken for classes', async () => {
    const folder = fresh();
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => ((at * 7919) % 65_537) % 256));
    const raw = { width: 64, height: 64, channels: 3 as const };
    const png = await sharp(noise, { raw }).png().toBuffer();
    await put(folder, { 'images/a.jpg': await picture, 'labels/a.png': png });
    await expect(readAll('mask_dirs', folder)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
  });

  test('masks come back', async () => {
    const mask = (label: number, ...bits: number[]): Mask => ({
      ...shape,
      label,
      type: 'mask',
      ...size,
      counts: encodeBitmap(bits, size.width, size.height),
    });
    const annotations = [mask(0, 1, 1, 0, 0, 0, 0, 0, 0), mask(1, 0, 0, 0, 0, 0, 0, 1, 1)];
    const set = setOf(['a', 'b c'], [{ id: 'sub/x', subset: 'train', annotations }, { id: 'y' }], size);
    const { items, names, report } = await writeAndRead('mask_dirs', set, fresh());
    expect(report.problems.list).toEqual([]);
    expect(names).toEqual(['a', 'b c']);
    const found = items.map(({ subset, id, annotations: own }) => [subset, id, own.map(shown).sort()]);
    expect(found.sort()).toEqual([
      ['default', 'y', []],
      ['train', 'sub/x', ['0 11000000', '1 00000011']],
    ]);
  });
});
