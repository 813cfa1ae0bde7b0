import { readFile } from 'node:fs/promises';
import { RefineryError } from '../../../../contract/errors.ts';
import type { Size } from '../../model/index.ts';

const headerSize = 54;

/** Largest side; a header that says more is damaged. */
const longest = 32_768;

/** A picture with three bytes a pixel, red first, row by row from the top. */
export interface Rgb extends Size {
  readonly pixels: Uint8Array;
}

/**
 * Reads a Windows bitmap of 24 or 32 bits without compression, which is how ICDAR's masks come; sharp reads none.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED` for another kind, `INPUT_TRUNCATED` where the file ends early.
 */
export async function readBmp(path: string): Promise<Rgb> {
  const bytes = await readFile(path);
  const unsupported = (why: string): RefineryError =>
    new RefineryError('INPUT_UNSUPPORTED', `The bitmap ${path} can't be read: ${why}.`);
  if (bytes.length < headerSize || bytes.toString('latin1', 0, 2) !== 'BM') throw unsupported('it is none');
  const start = bytes.readUInt32LE(10);
  const width = bytes.readInt32LE(18);
  const tall = bytes.readInt32LE(22);
  const depth = bytes.readUInt16LE(28);
  const compression = bytes.readUInt32LE(30);
  if ((depth !== 24 && depth !== 32) || (compression !== 0 && compression !== 3)) {
    throw unsupported(`it has ${depth} bits a pixel or is compressed`);
  }
  // Rows go upwards, and downwards where the height is negative.
  const height = Math.abs(tall);
  if (width <= 0 || height === 0 || width > longest || height > longest)
    throw unsupported('its size is not one');
  const each = depth / 8;
  const stride = Math.ceil((width * each) / 4) * 4;
  if (start + stride * height > bytes.length) {
    throw new RefineryError('INPUT_TRUNCATED', `The bitmap ${path} ends early.`);
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const row = start + stride * (tall > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x += 1) {
      const from = row + x * each;
      pixels.set([bytes[from + 2]!, bytes[from + 1]!, bytes[from]!], (y * width + x) * 3);
    }
  }
  return { width, height, pixels };
}

/** A bitmap of 24 bits. */
export function bmpBytes({ width, height, pixels }: Rgb): Uint8Array {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(headerSize + stride * height);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(headerSize, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  bytes.writeUInt32LE(stride * height, 34);
  for (let y = 0; y < height; y += 1) {
    const row = headerSize + stride * (height - 1 - y);
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      bytes.set([pixels[from + 2]!, pixels[from + 1]!, pixels[from]!], row + x * 3);
    }
  }
  return bytes;
}
