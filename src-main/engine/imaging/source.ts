import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { PictureInfo } from '../../contract/upscale.ts';
import { hevcError, sourceError, tooLarge } from './errors.ts';
import { readExtras } from './extras.ts';
import { isLossless } from './lossless.ts';
import type { SourceMetadata } from './metadata.ts';
import { numbersOf, refuseOddNumbers, scaleNumbers } from './numbers.ts';
import { refuseOddTiff } from './odd-tiff.ts';
import { readTiffBlocks } from './tiff-blocks.ts';
import { type RawPicture, setBlocks, VipsFileReader } from './vips-file.ts';

// Each file is read once; a cache would only take memory from inference.
sharp.cache(false);

/** Pixels of a source above which it must be allowed explicitly: 16,384 squared. */
export const pixelLimit = 16_384 * 16_384;

/** Decoded sources above this go to disk instead of memory, in bytes. */
const memoryLimit = 256 * 1024 * 1024;

/** The first picture of a file, any size of it. Values stay as they are, and the profile goes along. */
const asStored = { limitInputPixels: false, failOn: 'error', page: 0, pages: 1, ignoreIcc: true } as const;

export interface SourceHeader {
  readonly info: PictureInfo;
  readonly metadata: SourceMetadata;
}

/**
 * Reads what the header says.
 *
 * @throws {RefineryError} one of the `INPUT_…` codes.
 */
export async function readHeader(path: string): Promise<SourceHeader> {
  try {
    await refuseOddTiff(path);
    // Any size: only the header is read, and the limit has an error of its own.
    const metadata = await sharp(path, { limitInputPixels: false, page: 0 }).metadata();
    if (metadata.compression === 'hevc') throw hevcError(basename(path));
    refuseOddNumbers(path, metadata);
    const { size } = await stat(path);
    const extras = await readExtras(path, metadata.format);
    const blocks = { ...(await withTiffBlocks(path, metadata)), ...(extras.icc ? { icc: extras.icc } : {}) };
    const lossy = !(await isLossless(path, metadata.format));
    return { info: describe(metadata, size, extras.frames, lossy), metadata: { ...blocks, extras } };
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

/** The blocks of metadata in a file that we wrote. @throws {RefineryError} one of the `INPUT_…` codes. */
export async function readBlocks(path: string): Promise<Metadata> {
  try {
    return await withTiffBlocks(path, await sharp(path, { limitInputPixels: false, page: 0 }).metadata());
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

/** libvips doesn't see all that TIFF files hold. */
async function withTiffBlocks(path: string, metadata: Metadata): Promise<Metadata> {
  return metadata.format === 'tiff' ? { ...metadata, ...(await readTiffBlocks(path)) } : metadata;
}

function describe(metadata: Metadata, bytes: number, frames: number, lossy: boolean): PictureInfo {
  const { width, height } = metadata.autoOrient ?? metadata;
  const pages = Math.max(metadata.pages ?? 1, frames);
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
  const depth = depthOf(metadata);
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
    lossy,
    bytes,
    remarks,
  };
}

/** Bits that a channel has in the file: AVIF's 10 and 12 are read as 16. */
function depthOf(metadata: Metadata): PictureInfo['depth'] {
  if (numbersOf(metadata)) return 32;
  if (metadata.depth !== 'ushort') return 8;
  const { format, bitsPerSample } = metadata;
  return format === 'heif' && (bitsPerSample === 10 || bitsPerSample === 12) ? bitsPerSample : 16;
}

/** Decoded pixels: RGB or RGBA, row by row, upright. */
export interface Pixels extends RawPicture {
  /** The same pixels as a file that libvips reads right, where it doesn't the source. */
  readonly readable?: string;
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
 * @param greyProfile of a grey source whose values are to become sRGB's.
 */
export async function decode(
  path: string,
  info: PictureInfo,
  workFolder: string,
  greyProfile?: Buffer,
): Promise<Pixels> {
  const depth = info.depth === 8 ? 8 : 16;
  const channels = info.alpha ? 4 : 3;
  const picture = { width: info.width, height: info.height, channels, depth } as const;
  if (info.depth === 32) return decodeNumbers(path, picture, workFolder);
  const rowBytes = info.width * channels * (depth / 8);
  if (greyProfile) {
    const readable = await greyWithProfile(path, greyProfile, workFolder);
    // Four channels: what sharp converts by its profile.
    return { ...(await decode(readable, { ...info, channels: 4 }, workFolder)), readable };
  }
  const image = (): Sharp =>
    // CMYK has no way into an RGB network.
    sharp(path, { ...asStored, ignoreIcc: info.channels !== 4 })
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
    return await openFile(file, picture);
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

async function openFile(file: string, picture: RawPicture): Promise<Pixels> {
  const reader = await VipsFileReader.open(file, picture.width * picture.channels * (picture.depth / 8));
  return { ...picture, rows: (top, count) => reader.rows(top, count), close: () => reader.close() };
}

/** A grey picture in 8 bits that carries its profile where libvips finds it, whatever the source told it by. */
async function greyWithProfile(path: string, icc: Buffer, workFolder: string): Promise<string> {
  const file = join(workFolder, 'grey.v');
  try {
    const { width, height, channels } = await sharp(path, asStored)
      .autoOrient()
      .toColourspace('b-w')
      .toFile(file);
    await setBlocks(file, width * height * channels, { icc });
    return file;
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

/** Decodes a picture of 32-bit numbers, by way of files: such pictures are rare and large. */
async function decodeNumbers(path: string, picture: RawPicture, workFolder: string): Promise<Pixels> {
  const [asIs, readable] = [join(workFolder, 'numbers.v'), join(workFolder, 'source.v')];
  try {
    const metadata = await sharp(path, asStored).metadata();
    const kind = numbersOf(metadata);
    if (!kind || !metadata.space) throw new Error(`Not a picture of 32-bit numbers: ${metadata.depth}`);
    // Asked for the colours that it has, sharp changes nothing.
    const { channels } = await sharp(path, asStored).autoOrient().toColourspace(metadata.space).toFile(asIs);
    await scaleNumbers(path, asIs, kind, channels, { file: readable, picture });
    await rm(asIs, { force: true });
    return { ...(await openFile(readable, picture)), readable };
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
