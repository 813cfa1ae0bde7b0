import { readFile } from 'node:fs/promises';
import { RefineryError } from '../../../contract/errors.ts';
import type { Size } from '../model/index.ts';
import { headOf } from './folder.ts';

/** Pixels row by row from the top, one byte a channel: grey, red green blue, or with how opaque they are. */
export interface Bitmap extends Size {
  readonly channels: 1 | 3 | 4;
  readonly pixels: Uint8Array;
}

/** Most pixels, as many as sharp reads of other pictures. */
const mostPixels = 0x3fff * 0x3fff;

/** Bytes up to the end of the shortest header. */
const leastHeader = 26;

/** With the header of today. */
const leastInfo = 54;

type Bytes = readonly number[];

const unsupported = (why: string): RefineryError =>
  new RefineryError('INPUT_UNSUPPORTED', `The bitmap can't be read: ${why}.`);
const truncated = (): RefineryError => new RefineryError('INPUT_TRUNCATED', 'The bitmap ends early.');

/**
 * Reads a Windows bitmap (BMP) without compression; sharp reads none. Null for a file that is none.
 *
 * Source: Windows' BITMAPCOREHEADER, BITMAPINFOHEADER and BITMAPV5HEADER.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED` for one that is compressed or damaged, `INPUT_TRUNCATED` where it ends early.
 */
export async function readBmp(path: string): Promise<Bitmap | null> {
  if ((await headOf(path, 2)) !== 'BM') return null;
  const bytes = await readFile(path);
  if (bytes.length < leastHeader) throw truncated();
  const start = bytes.readUInt32LE(10);
  const length = bytes.readUInt32LE(14);
  const old = length === 12;
  if (!old && bytes.length < leastInfo) throw truncated();
  const width = old ? bytes.readUInt16LE(18) : bytes.readInt32LE(18);
  const tall = old ? bytes.readInt16LE(20) : bytes.readInt32LE(22);
  const depth = bytes.readUInt16LE(old ? 24 : 28);
  const compression = old ? 0 : bytes.readUInt32LE(30);
  const masks = compression === 0 ? 0 : compression === 6 || length >= 56 ? 70 : 66;
  if (bytes.length < masks) throw truncated();
  const height = Math.abs(tall);
  if (width <= 0 || height === 0 || width * height > mostPixels) throw unsupported('its size is not one');
  if (![0, 3, 6].includes(compression)) throw unsupported('it is compressed');
  if (![1, 4, 8, 16, 24, 32].includes(depth)) throw unsupported(`it has ${depth} bits a pixel`);
  const stride = Math.ceil((width * depth) / 32) * 4;
  if (start + stride * height > bytes.length) throw truncated();
  const colours = depth <= 8 ? palette(bytes, 14 + length, old ? 3 : 4, start, 2 ** depth) : [];
  const fields = depth === 16 || depth === 32 ? fieldsOf(bytes, length, depth, compression) : [];
  const isGrey = depth <= 8 && colours.every(([red, green, blue]) => red === green && green === blue);
  const channels = isGrey ? 1 : fields.length === 4 ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    // Rows go upwards, and downwards where the height is negative.
    const row = start + stride * (tall > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x += 1) {
      const to = (y * width + x) * channels;
      if (depth <= 8) {
        const shift = 8 - depth - ((x * depth) % 8);
        const index = (bytes[row + ((x * depth) >> 3)]! >> shift) & (2 ** depth - 1);
        const colour = colours[index] ?? [0, 0, 0];
        for (let channel = 0; channel < channels; channel += 1) pixels[to + channel] = colour[channel]!;
      } else if (depth === 24) {
        for (let channel = 0; channel < 3; channel += 1)
          pixels[to + channel] = bytes[row + x * 3 + 2 - channel]!;
      } else {
        const value = depth === 16 ? bytes.readUInt16LE(row + x * 2) : bytes.readUInt32LE(row + x * 4);
        for (const [channel, { shift, most }] of fields.entries()) {
          pixels[to + channel] = Math.round((((value >>> shift) & most) * 255) / most);
        }
      }
    }
  }
  return { width, height, channels, pixels };
}

function palette(bytes: Buffer, at: number, each: number, end: number, most: number): readonly Bytes[] {
  const count = Math.min(most, Math.floor((end - at) / each));
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const from = at + index * each;
    return [bytes[from + 2]!, bytes[from + 1]!, bytes[from]!];
  });
}

/** Which of a pixel's bits are its red, green and blue, and how opaque it is where the header says that. */
function fieldsOf(
  bytes: Buffer,
  length: number,
  depth: number,
  compression: number,
): readonly { readonly shift: number; readonly most: number }[] {
  const usual = depth === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const alpha = length >= 56 || compression === 6;
  const masks =
    compression === 0 ? usual : [54, 58, 62, ...(alpha ? [66] : [])].map((at) => bytes.readUInt32LE(at));
  if (masks.slice(0, 3).includes(0)) throw unsupported('it lacks a colour');
  return masks
    .filter((mask) => mask !== 0)
    .map((mask) => {
      const shift = 31 - Math.clz32(mask & -mask);
      return { shift, most: mask >>> shift };
    });
}
