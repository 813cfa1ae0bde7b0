import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { PictureInfo } from '../../contract/upscale.ts';
import { sourceError, tooLarge } from './errors.ts';
import { readTiffBlocks } from './tiff-blocks.ts';
import { type RawPicture, VipsFileReader } from './vips-file.ts';

// Each file is read once; a cache would only take memory from inference.
sharp.cache(false);

/** Pixels of a source above which it must be allowed explicitly: 16,384 squared. */
export const pixelLimit = 16_384 * 16_384;

/** Decoded sources above this go to disk instead of memory, in bytes. */
const memoryLimit = 256 * 1024 * 1024;

const lossless = new Set(['png', 'tiff', 'gif', 'raw', 'vips']);

export interface SourceHeader {
  readonly info: PictureInfo;
  readonly metadata: Metadata;
}

/**
 * Reads what the header says.
 *
 * @throws {RefineryError} one of the `INPUT_…` codes.
 */
export async function readHeader(path: string): Promise<SourceHeader> {
  try {
    // Any size: only the header is read, and the limit has an error of its own.
    const metadata = await sharp(path, { limitInputPixels: false, page: 0 }).metadata();
    const { size } = await stat(path);
    return { info: describe(metadata, size), metadata: await withTiffBlocks(path, metadata) };
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

/** libvips doesn't see all that TIFF files hold. */
async function withTiffBlocks(path: string, metadata: Metadata): Promise<Metadata> {
  return metadata.format === 'tiff' ? { ...metadata, ...(await readTiffBlocks(path)) } : metadata;
}

function describe(metadata: Metadata, bytes: number): PictureInfo {
  const { width, height } = metadata.autoOrient ?? metadata;
  const pages = metadata.pages ?? 1;
  const alpha = metadata.hasAlpha ?? false;
  const remarks: string[] = [];
  if (pages > 1) {
    remarks.push(
      metadata.format === 'tiff' || metadata.format === 'heif'
        ? `${pages} pages: the first is used.`
        : `${pages} frames: the first is used.`,
    );
  }
  if (metadata.space === 'cmyk') remarks.push('CMYK: the colours are converted to sRGB.');
  const depth =
    metadata.depth === 'ushort' ? 16 : metadata.depth === 'float' || metadata.depth === 'uint' ? 32 : 8;
  if (depth === 32) remarks.push('32 bits a channel: the result has 16.');
  return {
    width: width ?? 0,
    height: height ?? 0,
    format:
      metadata.format === 'heif' && metadata.compression === 'av1' ? 'avif' : (metadata.format ?? 'unknown'),
    depth,
    channels: (metadata.channels ?? 3) - (alpha ? 1 : 0),
    alpha,
    pages,
    lossy: !lossless.has(metadata.format ?? ''),
    bytes,
    remarks,
  };
}

/** Decoded pixels: RGB or RGBA, row by row, upright. */
export interface Pixels extends RawPicture {
  /** Whole rows from `top`; the buffer may be a view. */
  rows(top: number, count: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws {RefineryError} `INPUT_TOO_LARGE` where a small file may be meant to fill the memory. */
export function checkLimit(path: string, info: PictureInfo, allowHuge: boolean): void {
  if (allowHuge || info.width * info.height <= pixelLimit) return;
  throw tooLarge(basename(path), info.width, info.height);
}

/**
 * Decodes a source: upright, as RGB or RGBA, in 8 or 16 bits, with the values of its own profile (CMYK is converted).
 *
 * @param workFolder where a source goes that is too large for memory.
 */
export async function decode(path: string, info: PictureInfo, workFolder: string): Promise<Pixels> {
  const depth = info.depth === 8 ? 8 : 16;
  const channels = info.alpha ? 4 : 3;
  const picture = { width: info.width, height: info.height, channels, depth } as const;
  const rowBytes = info.width * channels * (depth / 8);
  const image = (): Sharp =>
    sharp(path, {
      limitInputPixels: false,
      failOn: 'error',
      page: 0,
      pages: 1,
      // Values stay as they are and the profile goes along; but CMYK has no way into an RGB network.
      ignoreIcc: info.channels !== 4,
    })
      .autoOrient()
      .toColourspace(depth === 16 ? 'rgb16' : 'srgb');
  try {
    if (rowBytes * info.height <= memoryLimit) {
      const { data, info: got } = await image()
        .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
        .toBuffer({
          resolveWithObject: true,
        });
      check(got, picture);
      return {
        ...picture,
        rows: async (top, count) => data.subarray(top * rowBytes, (top + count) * rowBytes),
        close: async () => undefined,
      };
    }
    const file = join(workFolder, 'source.v');
    check(await image().toFile(file), picture);
    const reader = await VipsFileReader.open(file, rowBytes);
    return { ...picture, rows: (top, count) => reader.rows(top, count), close: () => reader.close() };
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

function check(got: { width: number; height: number; channels: number }, wanted: RawPicture): void {
  if (got.width === wanted.width && got.height === wanted.height && got.channels === wanted.channels) return;
  throw new RefineryError('INPUT_CORRUPT', 'The picture is not of the size and kind that its header tells.', {
    details: JSON.stringify({ got, wanted }),
  });
}
