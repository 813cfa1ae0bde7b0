import { constants, type FileHandle, open } from 'node:fs/promises';
import type { MetadataBlocks } from './metadata.ts';

/**
 * libvips' own uncompressed format (`.v`): a header of 64 bytes, the pixels row by row, then XML with metadata. It
 * takes rows as they come, holds profiles and EXIF as they are, and is read back without a copy in memory.
 * Source: `libvips/iofuncs/vips.c` describes the layout.
 */

export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** 3 for RGB, 4 with alpha. */
  readonly channels: 3 | 4;
  readonly depth: 8 | 16;
}

const headerSize = 64;
/** The magic of files with the least significant byte first. */
const magic = 0x08f2a6b6;
const resolutionAt = 32;
/** Pixels of an inch where nothing is known, as libvips and most programs take it. */
export const usualDensity = 72;
const formats = { 8: 0, 16: 2 } as const;
const interpretations = { 8: 22, 16: 25 } as const;

function header({ width, height, channels, depth }: RawPicture): Buffer {
  const bytes = Buffer.alloc(headerSize);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeInt32LE(width, 4);
  bytes.writeInt32LE(height, 8);
  bytes.writeInt32LE(channels, 12);
  bytes.writeInt32LE(depth, 16);
  bytes.writeInt32LE(formats[depth], 20);
  bytes.writeInt32LE(interpretations[depth], 28);
  resolution(usualDensity).copy(bytes, resolutionAt);
  return bytes;
}

/** Pixels of a millimetre, across and down. */
function resolution(density: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(density / 25.4, 0);
  bytes.writeFloatLE(density / 25.4, 4);
  return bytes;
}

function trailer(blocks: MetadataBlocks): Buffer {
  const names = { exif: 'exif-data', icc: 'icc-profile-data', xmp: 'xmp-data', iptc: 'iptc-data' } as const;
  const fields = Object.entries(names).flatMap(([key, name]) => {
    const block = blocks[key as keyof typeof names];
    return block ? [`<field type="VipsBlob" name="${name}">${block.toString('base64')}</field>`] : [];
  });
  const xml = `<?xml version="1.0"?>\n<root xmlns="http://www.vips.ecs.soton.ac.uk/vips/8.18.0"><header></header><meta>${fields.join('')}</meta></root>\n`;
  return Buffer.from(xml);
}

/**
 * Gives a file that libvips wrote other metadata.
 *
 * @param pixelBytes of all its pixels together.
 */
export async function setBlocks(path: string, pixelBytes: number, blocks: MetadataBlocks): Promise<void> {
  await using file = await open(path, 'r+');
  const end = headerSize + pixelBytes;
  const bytes = trailer(blocks);
  await file.truncate(end);
  await file.write(bytes, 0, bytes.length, end);
}

/** Writes rows, in any order of strips, into a `.v` file: a new one, or over all that one holds. */
export class VipsFileWriter {
  readonly #file: FileHandle;
  readonly #rowBytes: number;
  readonly #picture: RawPicture;

  private constructor(file: FileHandle, picture: RawPicture) {
    this.#file = file;
    this.#picture = picture;
    this.#rowBytes = picture.width * picture.channels * (picture.depth / 8);
  }

  static async create(path: string, picture: RawPicture): Promise<VipsFileWriter> {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT);
    const writer = new VipsFileWriter(file, picture);
    await file.truncate(headerSize + writer.#rowBytes * picture.height);
    await file.write(header(picture), 0, headerSize, 0);
    return writer;
  }

  /** @param rows whole rows, the first of which is row `top`. */
  async write(rows: Buffer, top: number): Promise<void> {
    let done = 0;
    while (done < rows.length) {
      const position = headerSize + top * this.#rowBytes + done;
      done += (await this.#file.write(rows, done, rows.length - done, position)).bytesWritten;
    }
  }

  async finish(blocks: MetadataBlocks): Promise<void> {
    if (blocks.density) await this.#file.write(resolution(blocks.density), 0, 8, resolutionAt);
    const bytes = trailer(blocks);
    await this.#file.write(bytes, 0, bytes.length, headerSize + this.#rowBytes * this.#picture.height);
    await this.#file.close();
  }

  /** Ends without a finished file; the caller removes it. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

/** Reads rows of a `.v` file that libvips wrote: for sources too large to hold in memory. */
export class VipsFileReader {
  readonly #file: FileHandle;
  readonly #rowBytes: number;

  private constructor(file: FileHandle, rowBytes: number) {
    this.#file = file;
    this.#rowBytes = rowBytes;
  }

  static async open(path: string, rowBytes: number): Promise<VipsFileReader> {
    return new VipsFileReader(await open(path, 'r'), rowBytes);
  }

  async rows(top: number, count: number): Promise<Buffer> {
    const rows = Buffer.allocUnsafe(count * this.#rowBytes);
    let done = 0;
    while (done < rows.length) {
      const position = headerSize + top * this.#rowBytes + done;
      const { bytesRead } = await this.#file.read(rows, done, rows.length - done, position);
      if (bytesRead === 0) throw new Error('The intermediate file ended too early.');
      done += bytesRead;
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
