import { sharp } from '../../files/sharp.ts';
import { boundsOf, decodeBitmap, encodeBitmap } from '../../masks.ts';
import type { Mask, Size } from '../../model/index.ts';

/** Pictures with more pixels than this are no masks. */
const mostPixels = 2 ** 29;

/** A number for each pixel. */
export interface Grey extends Size {
  /** Row by row. */
  readonly values: Uint8Array | Uint16Array;
}

/**
 * The numbers of a mask picture with one channel of 8 or 16 bits.
 *
 * @throws where the file can't be read as a picture.
 */
export async function readGrey(path: string): Promise<Grey> {
  const { depth } = await sharp(path, { limitInputPixels: mostPixels }).metadata();
  const wide = depth === 'ushort';
  const picture = sharp(path, { limitInputPixels: mostPixels })
    .removeAlpha()
    .toColourspace(wide ? 'grey16' : 'b-w');
  const { data, info } = await picture
    .extractChannel(0)
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const values = wide ? new Uint16Array(data.buffer, data.byteOffset, data.length >> 1) : data;
  return { width: info.width, height: info.height, values };
}

/** A PNG of one channel with 16 bits. */
export async function grey16Png(values: Uint16Array, { width, height }: Size): Promise<Uint8Array> {
  return sharp(values, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}

/**
 * Where a mask picture isn't black or is opaque: 1 for every pixel of which a channel is not 0, row by row.
 *
 * @param size the picture's that it belongs to; a mask of another size is stretched to it, pixels taken as they are.
 */
export async function readBitmap(
  file: string | Buffer,
  size: Size | null,
): Promise<Size & { bitmap: Uint8Array }> {
  let picture = sharp(file, { limitInputPixels: mostPixels }).toColourspace('srgb');
  const { width, height } = await sharp(file, { limitInputPixels: mostPixels }).metadata();
  if (size !== null && (size.width !== width || size.height !== height)) {
    picture = picture.resize({ ...size, fit: 'fill', kernel: 'nearest' });
  }
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const bitmap = new Uint8Array(info.width * info.height);
  for (let place = 0; place < bitmap.length; place += 1) {
    for (let channel = 0; channel < info.channels; channel += 1) {
      if (data[place * info.channels + channel] !== 0) {
        // An opaque background is no mask: alpha counts only where it isn't full.
        if (channel === info.channels - 1 && (info.channels === 2 || info.channels === 4)) {
          if (data[place * info.channels + channel] === 255) continue;
        }
        bitmap[place] = 1;
      }
    }
  }
  return { width: info.width, height: info.height, bitmap };
}

/** Counts the masks as lost of which nothing is left in a mask picture, because others lie on all of them. */
export function loseCovered(
  drawn: Iterable<number>,
  values: Iterable<number>,
  lose: (reason: string) => void,
  what = 'a mask',
): void {
  const left = new Set(values);
  for (const number of drawn) if (!left.has(number)) lose(`${what} that others cover as a whole`);
}

/** COCO's run lengths of a small bitmap (row by row) whose first pixel lies at a place in the picture; the rest is cut off. */
export function placedCounts(
  { width, height, bitmap }: Size & { readonly bitmap: Uint8Array },
  [left, top]: readonly [left: number, top: number],
  size: Size,
): number[] {
  const whole = new Uint8Array(size.width * size.height);
  const [from, to] = [Math.max(0, -left), Math.min(width, size.width - left)];
  for (let y = Math.max(0, -top); y < Math.min(height, size.height - top) && from < to; y += 1) {
    const row = bitmap.subarray(y * width + from, y * width + to);
    whole.set(row, (top + y) * size.width + left + from);
  }
  return encodeBitmap(whole, size.width, size.height);
}

/** The inverse of {@link placedCounts}: what is in a mask's smallest box, 1 for inside; null for a mask without pixels. */
export function cutOut(
  mask: Mask,
): (Size & { readonly x: number; readonly y: number; readonly bitmap: Uint8Array }) | null {
  const bounds = boundsOf(mask);
  if (bounds === null) return null;
  const { x, y, width, height } = bounds;
  const whole = decodeBitmap(mask.counts, mask.width, mask.height);
  const bitmap = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const from = (y + row) * mask.width + x;
    bitmap.set(whole.subarray(from, from + width), row * width);
  }
  return { ...bounds, bitmap };
}

/** A bitmap as a PNG of one channel, 255 for inside. */
export function bitmapPng({
  width,
  height,
  bitmap,
}: Size & { readonly bitmap: Uint8Array }): Promise<Buffer> {
  return sharp(
    bitmap.map((inside) => inside * 255),
    { raw: { width, height, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
