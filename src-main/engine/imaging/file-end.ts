import { type FileHandle, open } from 'node:fs/promises';
import { readerOf } from './tiff-blocks.ts';
import { type Directory, readDirectory, readStart } from './tiff-directory.ts';

/** What a file is by its first bytes, and whether it is all there: asked only once it could not be read. */
export interface FileState {
  /** Undefined where it is of no format that is read. */
  readonly format: 'JPEG' | 'PNG' | 'GIF' | 'WebP' | 'TIFF' | 'AVIF' | 'HEIC' | undefined;
  readonly endsEarly: boolean;
}

/** Brands of HEVC pictures (ISO/IEC 23008-12, annex B.4). */
const hevcBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** Bytes that some programs leave behind the end of a picture. */
const slack = 4096;
/** Of a GIF that can't be read, as much is looked through. */
const mostBytes = 256 * 1024 * 1024;

/** @throws where the file can't be opened. */
export async function stateOf(path: string): Promise<FileState> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer: start } = await file.read(Buffer.alloc(16), 0, 16, 0);
  const format = formatOf(start);
  return { format, endsEarly: format !== undefined && (await endsEarly(file, size, start, format)) };
}

function formatOf(start: Buffer): FileState['format'] {
  const text = start.toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (text.startsWith('\x89PNG')) return 'PNG';
  if (text.startsWith('GIF8')) return 'GIF';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'WebP';
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return 'TIFF';
  if (text.slice(4, 8) !== 'ftyp') return undefined;
  const brand = text.slice(8, 12);
  if (hevcBrands.has(brand)) return 'HEIC';
  return ['avif', 'avis', 'mif1', 'msf1', 'miaf'].includes(brand) ? 'AVIF' : undefined;
}

async function endsEarly(
  file: FileHandle,
  size: number,
  start: Buffer,
  format: NonNullable<FileState['format']>,
): Promise<boolean> {
  switch (format) {
    case 'JPEG':
      return !(await tail(file, size)).includes('\xff\xd9', 0, 'latin1');
    case 'PNG':
      return !(await tail(file, size)).includes('IEND', 0, 'latin1');
    case 'GIF':
      return gifEndsEarly((await file.read(Buffer.alloc(Math.min(size, mostBytes)), 0, null, 0)).buffer);
    case 'WebP':
      return start.readUInt32LE(4) + 8 > size;
    case 'TIFF':
      return tiffEndsEarly(file, size);
    default:
      return boxesEndEarly(file, size);
  }
}

async function tail(file: FileHandle, size: number): Promise<Buffer> {
  const length = Math.min(size, slack);
  return (await file.read(Buffer.alloc(length), 0, length, size - length)).buffer;
}

/** Walks the blocks of a GIF (GIF89a, appendix B) to the trailer; a damaged one counts as whole. */
function gifEndsEarly(bytes: Buffer): boolean {
  const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at];
    // Extensions have a label, pictures a place, flags, colours and the size of a code; both have data in blocks.
    if (kind === 0x21) at += 2;
    else if (kind === 0x2c) at += 11 + tableBytes(bytes[at + 9] ?? 0);
    else return false;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
    at += 1;
  }
  return true;
}

/** Where strips and tiles lie, and how long they are (TIFF 6.0, sections 3 and 15). */
const [stripOffsets, stripBytes, tileOffsets, tileBytes] = [273, 279, 324, 325] as const;

/** More pages than this are not followed: a damaged file may point back to itself. */
const mostPages = 1000;

/** Whether a directory, or any pixels that it points to, would lie behind the end. */
async function tiffEndsEarly(file: FileHandle, size: number): Promise<boolean> {
  const read = readerOf(file);
  const start = await readStart(read);
  // The 64-bit kind has another directory.
  let offset = start?.first ?? 0;
  try {
    for (let page = 0; start && offset !== 0 && page < mostPages; page += 1) {
      // A value of any entry behind the end makes it throw.
      const directory = await readDirectory(read, offset, start.little);
      if (pixelsEnd(directory) > size) return true;
      offset = directory.next;
    }
    return false;
  } catch {
    return true;
  }
}

function pixelsEnd({ entries }: Directory): number {
  const numbers = (...tags: number[]): number[] => {
    const entry = entries.find(({ tag }) => tags.includes(tag));
    const bytes = entry?.type === 3 ? 2 : 4;
    return Array.from({ length: entry?.count ?? 0 }, (_, at) => entry!.value.readUIntLE(at * bytes, bytes));
  };
  const lengths = numbers(stripBytes, tileBytes);
  return numbers(stripOffsets, tileOffsets).reduce(
    (end, offset, at) => Math.max(end, offset + (lengths[at] ?? 0)),
    0,
  );
}

/** Whether a box at the top would end behind the file's end (ISO/IEC 14496-12, section 4.2). */
async function boxesEndEarly(file: FileHandle, size: number): Promise<boolean> {
  for (let at = 0; at + 8 <= size; ) {
    const { buffer: head } = await file.read(Buffer.alloc(16), 0, 16, at);
    const short = head.readUInt32BE(0);
    // 0: to the end of the file; 1: the length follows in 64 bits.
    if (short === 0) return false;
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8 || at + length > size) return length >= 8;
    at += length;
  }
  return false;
}
