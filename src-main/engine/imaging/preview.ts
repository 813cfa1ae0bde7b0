import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import type { MediaFile } from '../../contract/files.ts';
import { sourceError } from './errors.ts';
import { numbersOf } from './numbers.ts';
import { decode, readHeader } from './source.ts';

/** Formats that every browser engine in use shows, colours and orientation included. */
const shown: Readonly<Record<string, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
};

/** Longest side of a copy for the screen; larger pictures are shown smaller. */
const longestSide = 8_192;

/** Pixels above which a browser is given a smaller copy. */
const pixelLimit = 120_000_000;

const metadataOf = (path: string): Promise<Metadata> =>
  sharp(path, { page: 0, failOn: 'none', limitInputPixels: false }).metadata();

/** Gives a picture as a file that libvips reads right: itself, or a copy of one that holds 32-bit numbers. */
async function withReadable<Result>(
  path: string,
  metadata: Metadata,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (!numbersOf(metadata)) return use(path);
  const folder = await mkdtemp(join(tmpdir(), 'refinery-preview-'));
  try {
    const { info } = await readHeader(path);
    const pixels = await decode(path, info, folder);
    await pixels.close();
    return await use(pixels.readable ?? path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A small upright picture, as WebP. */
export async function thumbnail(path: string, maximum: number): Promise<Buffer> {
  try {
    return await withReadable(path, await metadataOf(path), (file) =>
      sharp(file, { page: 0, failOn: 'none', limitInputPixels: false })
        .autoOrient()
        .resize(maximum, maximum, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 78, effort: 2 })
        .toBuffer(),
    );
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}

/** The file itself where a browser can show it, else a copy that it can, made once. */
export async function display(path: string, cacheFolder: string): Promise<MediaFile> {
  try {
    const metadata = await metadataOf(path);
    const { format, width = 0, height = 0, pages = 1 } = metadata;
    const mime = shown[format ?? ''];
    if (mime && pages === 1 && width * height <= pixelLimit) return { path, mime };
    const { size, mtimeMs } = await stat(path);
    const key = createHash('sha256').update(`${path}\0${size}\0${mtimeMs}`).digest('hex').slice(0, 32);
    const folder = join(cacheFolder, 'display');
    const copy = join(folder, `${key}.png`);
    if (!(await stat(copy).catch(() => undefined))) {
      await mkdir(folder, { recursive: true });
      const temporary = `${copy}.${process.pid}.part`;
      try {
        await withReadable(path, metadata, (file) =>
          sharp(file, { page: 0, failOn: 'none', limitInputPixels: false })
            .autoOrient()
            .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
            .png({ compressionLevel: 1 })
            .toFile(temporary),
        );
        await rename(temporary, copy);
      } finally {
        await rm(temporary, { force: true });
      }
    }
    return { path: copy, mime: 'image/png' };
  } catch (thrown) {
    throw await sourceError(path, thrown);
  }
}
