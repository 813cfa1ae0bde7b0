import { decodeBitmap, encodeBitmap } from '../../masks.ts';
import type { Mask, Size } from '../../model/index.ts';

/** How many bits a run's length has, by the two bits in front of it, as Label Studio chooses them. */
const sizes = [3, 4, 8, 16] as const;
const wordSize = 8;

/**
 * Reads Label Studio's run lengths, which come from the package rle-pack: a stream of bits, highest first, with the
 * number of values (32 bits), the bits of a value less one (5), four sizes of lengths less one (4 each), and then
 * pieces: one bit for a run or single values, two for the size, the length less one, and the value or values. The values
 * are those of a picture with red, green, blue and alpha, and a pixel is inside where alpha is not 0.
 *
 * @returns COCO's run lengths, or null where the bits are damaged or for another size.
 */
export function decodeBrush(bytes: readonly unknown[], { width, height }: Size): number[] | null {
  const bits = new BitReader(bytes);
  const count = bits.read(32);
  const word = bits.read(5) + 1;
  const lengths = [bits.read(4) + 1, bits.read(4) + 1, bits.read(4) + 1, bits.read(4) + 1];
  if (count !== width * height * 4 || bits.damaged) return null;
  const bitmap = new Uint8Array(width * height);
  for (let at = 0; at < count; ) {
    const isRun = bits.read(1) === 1;
    const end = at + 1 + bits.read(lengths[bits.read(2)]!);
    if (end > count || bits.damaged) return null;
    if (isRun) {
      // The alpha of a pixel is the last of its four values, so that a pixel counts whose last value is in the run.
      if (bits.read(word) !== 0) bitmap.fill(1, at >> 2, end >> 2);
      at = end;
    } else {
      for (; at < end; at += 1) if (bits.read(word) !== 0 && at % 4 === 3) bitmap[at >> 2] = 1;
    }
    if (bits.damaged) return null;
  }
  return encodeBitmap(bitmap, width, height);
}

/** The inverse of {@link decodeBrush}: all four values of a pixel inside are 255. */
export function encodeBrush({ counts, width, height }: Mask): number[] {
  const bitmap = decodeBitmap(counts, width, height);
  const bits = new BitWriter();
  bits.write(bitmap.length * 4, 32);
  bits.write(wordSize - 1, 5);
  for (const size of sizes) bits.write(size - 1, 4);
  for (let at = 0; at < bitmap.length; ) {
    let end = at + 1;
    while (end < bitmap.length && bitmap[end] === bitmap[at]) end += 1;
    for (let left = (end - at) * 4; left > 0; ) {
      const piece = Math.min(left, 2 ** sizes[3]);
      const size = sizes.findIndex((each) => piece <= 2 ** each);
      bits.write(1, 1);
      bits.write(size, 2);
      bits.write(piece - 1, sizes[size]!);
      bits.write(bitmap[at] === 1 ? 255 : 0, wordSize);
      left -= piece;
    }
    at = end;
  }
  return bits.bytes();
}

class BitReader {
  /** True once bits were asked for that are not there, or a byte is none. */
  damaged = false;
  readonly #bytes: readonly unknown[];
  #at = 0;

  constructor(bytes: readonly unknown[]) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      const byte = this.#bytes[this.#at >> 3];
      if (typeof byte !== 'number' || !(byte >= 0 && byte <= 255)) {
        this.damaged = true;
        return 0;
      }
      const held = 8 - (this.#at & 7);
      const taken = Math.min(held, left);
      value = value * 2 ** taken + ((byte >> (held - taken)) & ((1 << taken) - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }
}

class BitWriter {
  readonly #bytes: number[] = [];
  #at = 0;

  write(value: number, count: number): void {
    for (let left = count - 1; left >= 0; left -= 1) {
      if ((this.#at & 7) === 0) this.#bytes.push(0);
      const bit = Math.floor(value / 2 ** left) % 2;
      if (bit === 1) this.#bytes[this.#bytes.length - 1]! |= 128 >> (this.#at & 7);
      this.#at += 1;
    }
  }

  bytes(): number[] {
    return this.#bytes;
  }
}
