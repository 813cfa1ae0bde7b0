import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

/** A volume of NIfTI-1: a head of 348 bytes and 4 more, then the numbers. */
function volume(sides: readonly number[], code: 4 | 16, values: readonly number[]): Buffer {
  const size = code === 4 ? 2 : 4;
  const bytes = Buffer.alloc(352 + size * values.length);
  bytes.writeInt32LE(348, 0);
  for (const [at, side] of [sides.length, ...sides].entries()) bytes.writeInt16LE(side, 40 + 2 * at);
  bytes.writeInt16LE(code, 70);
  bytes.writeInt16LE(8 * size, 72);
  bytes.writeFloatLE(352, 108);
  bytes.writeFloatLE(1, 112);
  bytes.write('n+1\0', 344, 'latin1');
  for (const [at, value] of values.entries()) {
    if (code === 4) bytes.writeInt16LE(value, 352 + 2 * at);
    else bytes.writeFloatLE(value, 352 + 4 * at);
  }
  return bytes;
}

/** An array of NumPy's with bytes, row by row. */
function npy(shape: readonly number[], values: readonly number[]): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
  const start = `\x93NUMPY\x01\x00${String.fromCharCode(text.length, 0)}${text}`;
  return Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(values)]);
}

/** A list of texts as Python pickles it with protocol 0. */
const pickled = (texts: readonly string[]): string => `(l${texts.map((text) => `V${text}\na`).join('')}.`;

describe('BraTS', () => {
  const shown = volume([3, 2, 2], 16, [0, 1, 2, 3, 4, 5, 5, 5, 5, 10, 10, 10]);
  const classes = volume([3, 2, 2], 4, [0, 0, 1, 0, 2, 2, 0, 0, 0, 0, 0, 0]);

  test('slices are pictures, and each class of a slice a mask', async () => {
    const folder = fresh();
    await put(folder, {
      'imagesTr/one.nii.gz': gzipSync(shown),
      'labelsTr/one.nii.gz': gzipSync(classes),
      'imagesTs/two.nii': shown,
      labels: 'nothing\noedema\ncore\n',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('brats');
    const { items, names, reasons } = await readAll('brats', folder);
    expect(names).toEqual(['nothing', 'oedema', 'core']);
    expect(items.map(({ id, subset }) => `${subset}/${id}`)).toEqual([
      'train/one/000',
      'train/one/001',
      'test/two/000',
      'test/two/001',
    ]);
    expect(items[0]!.media!.size).toEqual({ width: 3, height: 2 });
    expect([...(await sharp(items[0]!.media!.path).extractChannel(0).raw().toBuffer())]).toEqual([
      0, 26, 51, 77, 102, 128,
    ]);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'mask', label: 2, counts: [3, 1, 1, 1] },
      { type: 'mask', label: 1, width: 3, height: 2, counts: [4, 1, 1] },
    ]);
    expect(items[1]!.annotations).toEqual([]);
    expect(reasons).toEqual([]);
  });

  test("the Decathlon's names, numbers without names, and damage", async () => {
    const folder = fresh();
    const files = { 'imagesTr/one.nii.gz': gzipSync(shown), 'labelsTr/one.nii.gz': gzipSync(classes) };
    await put(folder, { ...files, 'dataset.json': '{"labels": {"0": "background", "2": "core"}}' });
    expect((await readAll('brats', folder)).names).toEqual(['background', '1', 'core']);
    const bare = fresh();
    await put(bare, files);
    expect((await readAll('brats', bare)).names).toEqual(['0', '1', '2']);
    const damaged = fresh();
    await put(damaged, {
      'imagesTr/a.nii.gz': gzipSync(shown).subarray(0, 40),
      'imagesTr/b.nii': shown.subarray(0, 360),
      'imagesTr/c.nii': 'nothing',
      'imagesTr/d.nii.gz': gzipSync(shown),
      'labelsTr/d.nii.gz': gzipSync(volume([2, 2, 2], 4, Array(8).fill(1))),
      labels: 'a\n',
    });
    const { items, reasons } = await readAll('brats', damaged);
    expect(items.map(({ id }) => id)).toEqual(['d/000', 'd/001']);
    expect(reasons).toHaveLength(4);
    await expect(readAll('brats', fresh())).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

describe('BraTS, arrays of NumPy', () => {
  // A channel, two slices, three columns and two rows: columns come before rows.
  const shown = npy([1, 2, 3, 2], [0, 51, 102, 153, 204, 255, 0, 0, 0, 0, 0, 0]);
  const classes = npy([1, 2, 3, 2], [0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);

  test('slices lie as Datumaro turns them, with a mask for each class', async () => {
    const folder = fresh();
    await put(folder, {
      'val_ids.p': pickled(['one', '../two', 'gone']),
      'val_brain_bbox.p': 'boxes',
      'one_data_cropped.npy': shown,
      'one_label_cropped.npy': classes,
      labels: 'nothing\noedema\ncore\n',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('brats_numpy');
    const { items, names, reasons } = await readAll('brats_numpy', folder);
    expect(names).toEqual(['nothing', 'oedema', 'core']);
    expect(items.map(({ id }) => id)).toEqual(['one/000', 'one/001']);
    expect(items[0]!.media!.size).toEqual({ width: 3, height: 2 });
    const pixels = await sharp(items[0]!.media!.path).extractChannel(0).raw().toBuffer();
    expect([...pixels]).toEqual([0, 102, 204, 51, 153, 255]);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'mask', label: 1, counts: [1, 1, 4] },
      { type: 'mask', label: 2, counts: [4, 1, 1] },
    ]);
    expect(reasons).toHaveLength(3);
  });

  test('numbers for names, and damage', async () => {
    const folder = fresh();
    await put(folder, {
      'val_ids.p': pickled(['one', 'flat']),
      'one_data_cropped.npy': shown,
      'one_label_cropped.npy': classes,
      'flat_data_cropped.npy': npy([2, 2], [1, 2, 3, 4]),
    });
    const { items, names, reasons } = await readAll('brats_numpy', folder);
    expect(names).toEqual(['0', '1', '2']);
    expect(items).toHaveLength(2);
    expect(reasons).toEqual(['it has not the four sides channel, slice, column and row']);
    await put(folder, { 'val_ids.p': 'cos\nsystem\n(Vls\ntR.' });
    await expect(readAll('brats_numpy', folder)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    await expect(readAll('brats_numpy', fresh())).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});
