import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Size } from '../model/index.ts';

/** Bytes that are read at once; where a picture is as usual, its size lies in the first of them. */
const windowSize = 4096;

/** Most parts of a file that are looked at on the way to its size. */
const mostParts = 64;

/** For one picture after the other: each is done with before the next is begun. */
const bytes = Buffer.allocUnsafeSlow(windowSize);

/** Bytes of a file by their place, of which only a window is in memory. */
class Window {
  readonly #file: number;
  #start = 0;
  #length = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** Where the bytes of a place are among {@link bytes} until the next call, or -1 at the end of the file. */
  at(place: number, length: number): number {
    if (place < this.#start || place + length > this.#start + this.#length) {
      this.#start = place;
      this.#length = readSync(this.#file, bytes, 0, windowSize, place);
      if (this.#length < length) return -1;
    }
    return place - this.#start;
  }

  /** Text of one byte a character, or empty at the end of the file. */
  text(place: number, length: number): string {
    const at = this.at(place, length);
    return at < 0 ? '' : bytes.toString('latin1', at, at + length);
  }
}

/**
 * A JPEG's, PNG's or BMP's size as it is shown, turned by EXIF, from a few bytes at its start. A set has a hundred thousand
 * pictures, and a decoder takes fifty times as long to say it. Null for everything that is not as usual: a decoder knows.
 *
 * Source: ITU-T T.81 annex B, PNG specification section 5, Exif 2.3 section 4.6, Windows' BITMAPINFOHEADER.
 */
export function sizeInHeader(path: string): Size | null {
  let file: number;
  try {
    // Opening a pipe must not wait for somebody to write into it.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const window = new Window(file);
    const head = window.at(0, 24);
    if (head < 0) return null;
    if (bytes.readUInt16BE(head) === 0xffd8) return jpegSize(window);
    if (bytes.readUInt16BE(head) === 0x424d) return bmpSize(window);
    return window.text(0, 8) === '\x89PNG\r\n\x1a\n' ? pngSize(window) : null;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** The lines of a BMP go up, or down where the height is negative. The decoder of all other pictures knows none. */
function bmpSize(window: Window): Size | null {
  const header = window.at(14, 12);
  if (header < 0) return null;
  const length = bytes.readUInt32LE(header);
  const old = length === 12;
  if (!old && (length < 16 || length > 1024)) return null;
  const width = old ? bytes.readUInt16LE(header + 4) : bytes.readInt32LE(header + 4);
  const height = Math.abs(old ? bytes.readUInt16LE(header + 6) : bytes.readInt32LE(header + 8));
  return width > 0 && height > 0 ? { width, height } : null;
}

function pngSize(window: Window): Size | null {
  const header = window.at(12, 12);
  if (header < 0 || window.text(12, 4) !== 'IHDR') return null;
  const size = { width: bytes.readUInt32BE(header + 4), height: bytes.readUInt32BE(header + 8) };
  let place = 33;
  for (let part = 0; part < mostParts; part += 1) {
    const chunk = window.at(place, 8);
    const type = window.text(place + 4, 4);
    if (chunk < 0 || type === 'eXIf') return null;
    if (type === 'IDAT') return size.width > 0 && size.height > 0 ? size : null;
    place += 12 + bytes.readUInt32BE(chunk);
  }
  return null;
}

function jpegSize(window: Window): Size | null {
  let place = 2;
  let orientation = 1;
  for (let part = 0; part < mostParts; part += 1) {
    const segment = window.at(place, 4);
    if (segment < 0 || bytes[segment] !== 0xff) return null;
    const marker = bytes[segment + 1]!;
    const length = bytes.readUInt16BE(segment + 2);
    // Frames of all codings, without the tables that have numbers among theirs.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const frame = window.at(place + 5, 4);
      if (frame < 0) return null;
      const [height, width] = [bytes.readUInt16BE(frame), bytes.readUInt16BE(frame + 2)];
      if (width === 0 || height === 0) return null;
      return orientation >= 5 ? { width: height, height: width } : { width, height };
    }
    if (marker === 0xe1) {
      const found = orientationAt(window, place + 4, length - 2);
      if (found === null) return null;
      orientation = found;
    }
    // No segment that may come before the frame is without a length.
    if (length < 2 || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda)) return null;
    place += 2 + length;
  }
  return null;
}

/** The orientation in an APP1 segment: 1 to 8, 1 where it has none, null where it can't be read here. */
function orientationAt(window: Window, place: number, length: number): number | null {
  if (length < 14 || window.text(place, 6) !== 'Exif\0\0') return 1;
  const tiff = place + 6;
  const order = window.text(tiff, 8).slice(0, 2);
  const little = order === 'II';
  if (!little && order !== 'MM') return null;
  const number = (at: number, size: 2 | 4): number => {
    const read = window.at(at, size);
    if (read < 0) throw new RangeError('the file ends');
    return little ? bytes.readUIntLE(read, size) : bytes.readUIntBE(read, size);
  };
  const directory = tiff + number(tiff + 4, 4);
  const entries = number(directory, 2);
  if (entries > 200 || directory > place + length) return null;
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + 12 * entry;
    if (number(at, 2) !== 0x0112) continue;
    const value = number(at + 8, 2);
    return number(at + 2, 2) === 3 && value >= 1 && value <= 8 ? value : null;
  }
  return 1;
}
