import type { RawPicture } from '../imaging/vips-file.ts';

/** Row-wise copies between pictures that lie in memory row by row. Every copy is one of whole runs of bytes. */

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The same memory as one value for each channel. */
export function valuesOf(bytes: Uint8Array, depth: RawPicture['depth']): Uint8Array | Uint16Array {
  return depth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}

/**
 * Copies a region between two pictures.
 *
 * @param pixelBytes bytes of one pixel, channels and depth included.
 * @param at where the region goes in the target.
 */
export function copyRegion(
  source: Uint8Array,
  sourceWidth: number,
  region: Region,
  target: Uint8Array,
  targetWidth: number,
  at: { x: number; y: number },
  pixelBytes: number,
): void {
  const length = region.width * pixelBytes;
  for (let row = 0; row < region.height; row += 1) {
    const from = ((region.y + row) * sourceWidth + region.x) * pixelBytes;
    const to = ((at.y + row) * targetWidth + at.x) * pixelBytes;
    target.set(source.subarray(from, from + length), to);
  }
}

/** Enlarges a picture's frame to a fixed size by repeating its last column and row. */
export function padTo(
  source: Uint8Array,
  width: number,
  height: number,
  fixed: { width: number; height: number },
  pixelBytes: number,
): Uint8Array {
  if (width === fixed.width && height === fixed.height) return source;
  const target = new Uint8Array(fixed.width * fixed.height * pixelBytes);
  for (let row = 0; row < fixed.height; row += 1) {
    const from = Math.min(row, height - 1) * width * pixelBytes;
    const to = row * fixed.width * pixelBytes;
    target.set(source.subarray(from, from + width * pixelBytes), to);
    const last = source.subarray(from + (width - 1) * pixelBytes, from + width * pixelBytes);
    for (let column = width; column < fixed.width; column += 1) target.set(last, to + column * pixelBytes);
  }
  return target;
}
