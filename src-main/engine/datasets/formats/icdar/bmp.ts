import type { Size } from '../../model/index.ts';

const headerSize = 54;

/** A picture with three bytes a pixel, red first, row by row from the top. */
export interface Rgb extends Size {
  readonly pixels: Uint8Array;
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
