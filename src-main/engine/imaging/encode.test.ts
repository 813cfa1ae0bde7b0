import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UpscaleSettings } from '../../contract/upscale.ts';
import { encode } from './encode.ts';
import { VipsFileWriter } from './vips-file.ts';

const [width, height] = [128, 64];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-encode-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A ramp in steps of 7 from 1000, the same in all colours; transparency falls by one from pixel to pixel. */
async function ramp(channels: 3 | 4): Promise<string> {
  const values = Uint16Array.from({ length: width * height * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    return index % channels === 3 ? 65_535 - pixel : 1000 + pixel * 7;
  });
  const path = join(folder, `ramp${channels}-${Math.random()}.v`);
  const writer = await VipsFileWriter.create(path, { width, height, channels, depth: 16 });
  await writer.write(Buffer.from(values.buffer), 0);
  await writer.finish({});
  return path;
}

describe('sixteen bits of grey', () => {
  test.each([
    ['png', 3],
    ['png', 4],
    ['tiff', 3],
    ['tiff', 4],
  ] as const)(
    'are written into %s to the last bit (%i channels of the network)',
    async (format, channels) => {
      const path = join(folder, `${channels}.${format}`);
      const source = await ramp(channels);
      const target = { format, extension: `.${format}`, depth: 16, lossless: false, losses: [] } as const;
      await encode(source, path, { ...target, losses: [] }, UpscaleSettings.parse({}), {
        width,
        height,
        resample: false,
        grey: true,
        alpha: channels === 4,
        profileOnly: true,
      });
      const { depth, channels: written } = await sharp(path).metadata();
      expect([depth, written]).toEqual(['ushort', channels - 2]);
      const data = await sharp(path).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
      const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
      const grey = values.filter((_, index) => index % (channels - 2) === 0);
      expect([...grey]).toEqual(Array.from({ length: width * height }, (_, pixel) => 1000 + pixel * 7));
      if (channels === 4) expect(values.at(-1)).toBe(65_535 - width * height + 1);
    },
  );
});
