import { type FileHandle, open } from 'node:fs/promises';
import { readerOf } from './tiff-blocks.ts';
import { readDirectory, readStart } from './tiff-directory.ts';

/** Formats, as sharp names them, whose pixels are always as they were. */
const lossless: ReadonlySet<string> = new Set(['png', 'gif', 'raw', 'vips']);

/**
 * Whether a picture's compression kept every pixel. Of a TIFF and a WebP that is said in the file (TIFF 6.0, section 8;
 * RFC 9649, section 2). Of an AVIF, the sign is that its values are kept as red, green and blue (matrix 0 of ITU-T H.273):
 * encoders do that where nothing may be lost, and nowhere else.
 *
 * @param format as sharp names it.
 */
export async function isLossless(path: string, format: string | undefined): Promise<boolean> {
  if (format !== 'webp' && format !== 'heif' && format !== 'tiff') return lossless.has(format ?? '');
  await using file = await open(path, 'r');
  if (format === 'webp') return await webpIsLossless(file);
  return format === 'heif' ? await avifIsLossless(file) : await tiffIsLossless(file);
}

/** Chunks before that of the pixels: a profile, and what the file is made of. */
const mostChunks = 64;

async function webpIsLossless(file: FileHandle): Promise<boolean> {
  for (let at = 12, turn = 0; turn < mostChunks; turn += 1) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, at);
    const type = buffer.toString('latin1', 0, 4);
    if (bytesRead < 8 || type === 'VP8 ') return false;
    if (type === 'VP8L') return true;
    const size = buffer.readUInt32LE(4);
    // The chunks of an animation's frame lie in the frame's, behind sixteen bytes on where it goes.
    at += type === 'ANMF' ? 24 : 8 + size + (size % 2);
  }
  return false;
}

/** The properties of an AVIF stand before its pixels. */
const mostProperties = 64 * 1024;

async function avifIsLossless(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(mostProperties), 0, mostProperties, 0);
  const at = buffer.subarray(0, bytesRead).indexOf('colrnclx', 0, 'latin1');
  return at >= 0 && at + 14 <= bytesRead && buffer.readUInt16BE(at + 12) === 0;
}

const compressionTag = 259;

/** JPEG (old and new), of DNG, JPEG 2000 (Aperio's and plain), JPEG XR, WebP and JPEG XL in a TIFF. */
const lossyTiff: ReadonlySet<number> = new Set([
  6, 7, 34892, 33003, 33004, 33005, 34712, 22610, 50001, 52546,
]);

async function tiffIsLossless(file: FileHandle): Promise<boolean> {
  const read = readerOf(file);
  try {
    const start = await readStart(read);
    if (start === undefined) return true;
    const { entries } = await readDirectory(read, start.first, start.little, (tag) => tag === compressionTag);
    const value = entries[0]?.value;
    return value === undefined || value.length < 2 || !lossyTiff.has(value.readUInt16LE(0));
  } catch {
    return true;
  }
}
