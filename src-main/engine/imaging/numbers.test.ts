import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grey, tiff } from './fixtures/tiff.ts';
import { thumbnail } from './preview.ts';
import { decode, readHeader } from './source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-numbers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const [width, height] = [8, 4];
const share = (pixel: number): number => pixel / (width * height - 1);
const all = Array.from({ length: width * height }, (_, pixel) => share(pixel));

async function read(values: Float32Array | Int32Array | Uint32Array | Int16Array): Promise<number[]> {
  const path = join(folder, `${Math.random()}.tif`);
  await writeFile(path, grey(values, width));
  const { info } = await readHeader(path);
  expect(info).toMatchObject({ depth: 32, channels: 1 });
  const pixels = await decode(path, info, await mkdtemp(join(folder, 'work-')));
  const bytes = await pixels.rows(0, height);
  await pixels.close();
  const rgb = new Uint16Array(new Uint8Array(bytes).buffer);
  expect(rgb.filter((_, index) => index % 3 === 2)).toEqual(rgb.filter((_, index) => index % 3 === 0));
  return [...rgb.filter((_, index) => index % 3 === 0)];
}

describe('a picture of 32-bit numbers', () => {
  const expected = all.map((value) => Math.round(value * 65_535));

  test('is read from black to white', async () => {
    expect(await read(Float32Array.from(all))).toEqual(expected);
    expect(await read(Int32Array.from(all, (value) => value * 0x7fff_ffff))).toEqual(expected);
    expect(await read(Uint32Array.from(all, (value) => value * 0xffff_ffff))).toEqual(expected);
  });

  test('is shown as it is read', async () => {
    const path = join(folder, 'shown.tif');
    await writeFile(path, grey(Float32Array.from(all), width));
    const { data, info } = await sharp(await thumbnail(path, 64))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([width, height]);
    expect([data[0]! < 20, data.at(-1)! > 235]).toEqual([true, true]);
  });

  test.each([
    ['floats above 1', Float32Array.from(all, (value) => value * 255), /from 0 to 255/],
    ['floats below 0', Float32Array.from(all, (value) => value - 0.5), /from -0.5 to 0.5/],
    ['something that is no number', Float32Array.from(all).fill(Number.NaN, 3, 4), /no numbers/],
    ['whole numbers that would all be black', Uint32Array.from(all, (value) => value * 4095), /to 4095/],
    ['negative whole numbers', Int32Array.from(all, (value) => (value - 0.5) * 0x7fff_ffff), /which of them/],
    ['signed 16-bit numbers', Int16Array.from(all, (value) => value * 0x7fff), /signed 16-bit/],
  ])('is refused where it holds %s', async (_, values, message) => {
    await expect(read(values)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('16 bits'),
    });
  });
});

describe('a TIFF that libvips reads wrong or not at all', () => {
  const bytes = new Uint8Array(width * height * 5).fill(100);
  test.each([
    ['Lab', tiff(bytes.subarray(0, width * height * 3), width, 3, 8), /Lab/],
    ['spot colours', tiff(bytes, width, 5, 2), /2 channels besides/],
    ['floats from white to black', tiff(Float32Array.from(all), width, 1, 0), /white to black/],
  ])('is refused with a sentence: %s', async (name, file, message) => {
    const path = join(folder, `${name}.tif`);
    await writeFile(path, file);
    await expect(readHeader(path)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('RGB'),
    });
  });
});
