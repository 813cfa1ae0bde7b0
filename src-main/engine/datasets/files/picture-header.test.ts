import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictureSize } from './folder.ts';
import { sizeInHeader } from './picture-header.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-header-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const blank = () => sharp({ create: { width: 37, height: 21, channels: 3, background: '#456' } });

describe('sizes out of headers', () => {
  test('equal what the decoder says, for every orientation', async () => {
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      const path = join(folder, `${orientation}.jpg`);
      await blank().withMetadata({ orientation }).jpeg().toFile(path);
      const { autoOrient } = await sharp(path).metadata();
      expect(sizeInHeader(path)).toEqual({ width: autoOrient.width, height: autoOrient.height });
    }
    await blank().jpeg({ progressive: true }).withIccProfile('p3').toFile(join(folder, 'p.jpg'));
    expect(sizeInHeader(join(folder, 'p.jpg'))).toEqual({ width: 37, height: 21 });
    await blank().png().toFile(join(folder, 'a.png'));
    expect(sizeInHeader(join(folder, 'a.png'))).toEqual({ width: 37, height: 21 });
  });

  test('of a BMP, which the decoder of the others knows not, lines up or down', async () => {
    const bmp = (header: number, width: number, height: number): Buffer => {
      const bytes = Buffer.alloc(14 + header + 32);
      bytes.write('BM', 'latin1');
      bytes.writeUInt32LE(header, 14);
      if (header === 12) {
        bytes.writeUInt16LE(width, 18);
        bytes.writeUInt16LE(height, 20);
      } else {
        bytes.writeInt32LE(width, 18);
        bytes.writeInt32LE(height, 22);
      }
      return bytes;
    };
    const path = join(folder, 'a.bmp');
    for (const [header, height] of [
      [40, 48],
      [40, -48],
      [124, 48],
      [12, 48],
    ] as const) {
      await writeFile(path, bmp(header, 64, height));
      expect(await pictureSize(path)).toEqual({ width: 64, height: 48 });
    }
    await writeFile(path, bmp(40, 0, 48));
    expect(await pictureSize(path)).toBeNull();
  });

  test('what is unusual is left to the decoder, what is broken has none', async () => {
    await blank().webp().toFile(join(folder, 'a.webp'));
    expect(sizeInHeader(join(folder, 'a.webp'))).toBeNull();
    expect(await pictureSize(join(folder, 'a.webp'))).toEqual({ width: 37, height: 21 });
    const turned = join(folder, 'turned.png');
    await blank().withMetadata({ orientation: 6 }).png().toFile(turned);
    expect(await pictureSize(turned)).toEqual({ width: 21, height: 37 });
    const jpeg = await blank().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    for (let length = 0; length < jpeg.length; length += 7) {
      const cut = join(folder, 'cut.jpg');
      await writeFile(cut, jpeg.subarray(0, length));
      expect([null, { width: 21, height: 37 }]).toContainEqual(sizeInHeader(cut));
    }
    await truncate(turned, 0);
    expect(await pictureSize(turned)).toBeNull();
    expect(sizeInHeader(join(folder, 'none.jpg'))).toBeNull();
  });
});
