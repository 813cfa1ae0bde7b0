import { type FileHandle, open } from 'node:fs/promises';
import {
  type Directory,
  directoryTags,
  type Entry,
  type ReadBytes,
  readDirectory,
  readStart,
  writeDirectory,
} from './tiff-directory.ts';

/**
 * EXIF and IPTC in TIFF files. libvips neither reads nor writes the first, which is no block there but a part of the
 * file's directory (EXIF 2.32, section 4.6.3), and cuts the second short. Elsewhere IPTC is a resource of Photoshop's
 * (Adobe Photoshop File Formats, image resource section); TIFF has a tag for these too.
 */

export interface TiffBlocks {
  /** As JPEG carries it, with its `Exif` mark. */
  readonly exif?: Buffer;
  /** As JPEG carries it, with its `Photoshop 3.0` mark. */
  readonly iptc?: Buffer;
}

/** What a camera or a person writes into a picture's main directory, next to how its pixels are stored. */
const description: ReadonlySet<number> = new Set([
  0x010e, // title
  0x010f, // maker
  0x0110, // camera
  0x0112, // orientation
  0x0131, // software
  0x0132, // time
  0x013b, // artist
  0x8298, // copyright
  directoryTags.exif,
  directoryTags.gps,
]);

const orientation = 0x0112;
const iptcTag = 0x83bb;
const photoshopTag = 0x8649;
const exifMark = Buffer.from('Exif\0\0', 'latin1');
const photoshopMark = Buffer.from('Photoshop 3.0\0', 'latin1');
/** The resource that holds IPTC, without a name. */
const iptcResource = Buffer.from('8BIM\x04\x04\0\0', 'latin1');
const tiffHeader = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);

export const readerOf =
  (file: FileHandle): ReadBytes =>
  async (offset, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };

const inMemory =
  (bytes: Buffer): ReadBytes =>
  async (offset, length) =>
    bytes.subarray(offset, offset + length);

const withoutMark = (block: Buffer, mark: Buffer): Buffer =>
  block.subarray(0, mark.length).equals(mark) ? block.subarray(mark.length) : block;

/** @returns what a TIFF tells of its first picture, in the blocks that other formats carry. */
export async function readTiffBlocks(path: string): Promise<TiffBlocks> {
  const file = await open(path, 'r');
  try {
    const read = readerOf(file);
    const start = await readStart(read);
    if (!start) return {};
    const wanted = (tag: number): boolean => description.has(tag) || tag === iptcTag || tag === photoshopTag;
    const found = await readDirectory(read, start.first, start.little, wanted);
    const entries = found.entries.filter(({ tag }) => description.has(tag));
    const tells = found.children.size > 0 || entries.some(({ tag }) => tag !== orientation);
    const iptc = iptcOf(found.entries);
    return {
      ...(tells
        ? {
            exif: Buffer.concat([
              exifMark,
              tiffHeader,
              writeDirectory({ ...found, entries, next: 0 }, tiffHeader.length),
            ]),
          }
        : {}),
      ...(iptc ? { iptc } : {}),
    };
  } catch {
    // A damaged directory has nothing that could be kept; whether the picture can be read is asked elsewhere.
    return {};
  } finally {
    await file.close();
  }
}

function iptcOf(entries: readonly Entry[]): Buffer | undefined {
  const photoshop = entries.find(({ tag }) => tag === photoshopTag)?.value;
  if (photoshop?.includes(iptcResource)) return Buffer.concat([photoshopMark, photoshop]);
  const plain = entries.find(({ tag }) => tag === iptcTag)?.value;
  if (!plain) return undefined;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(plain.length);
  return Buffer.concat([photoshopMark, iptcResource, length, plain, Buffer.alloc(plain.length % 2)]);
}

/** The plain records in a block of Photoshop's resources. */
function plainIptc(resources: Buffer): Buffer | undefined {
  const at = resources.indexOf(iptcResource);
  if (at < 0) return undefined;
  const start = at + iptcResource.length + 4;
  return resources.subarray(start, start + resources.readUInt32BE(start - 4));
}

/**
 * Puts blocks into a TIFF that has none of them: a new directory behind the pictures, and the file's start points to
 * it. Pixels are not touched.
 *
 * @throws where the file is no little-endian TIFF of less than 4 GB, which is what this program writes.
 */
export async function addTiffBlocks(path: string, { exif, iptc }: TiffBlocks): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const start = await readStart(readerOf(file));
    if (!start?.little) throw new Error('The file is not a TIFF of the kind that is written here.');
    const own = await readDirectory(readerOf(file), start.first, true);
    const more = exif ? await readBlock(withoutMark(exif, exifMark)) : undefined;
    const added = [...(more?.entries ?? []), ...(iptc ? iptcEntries(withoutMark(iptc, photoshopMark)) : [])];
    // IPTC as libvips writes it lacks most of its end.
    const kept = own.entries.filter(({ tag }) => tag !== iptcTag && tag !== photoshopTag);
    const has = new Set(kept.map(({ tag }) => tag));
    const { size } = await file.stat();
    const place = size + (size % 2);
    const bytes = writeDirectory(
      {
        entries: [...kept, ...added.filter(({ tag }) => !has.has(tag))],
        children: new Map([...(more?.children ?? []), ...own.children]),
        next: own.next,
      },
      place,
    );
    if (place + bytes.length > 0xffff_ffff) throw new Error('The file is too large for another directory.');
    await file.write(bytes, 0, bytes.length, place);
    const pointer = Buffer.alloc(4);
    pointer.writeUInt32LE(place);
    await file.write(pointer, 0, 4, 4);
  } finally {
    await file.close();
  }
}

async function readBlock(exif: Buffer): Promise<Directory> {
  const start = await readStart(inMemory(exif));
  if (!start) throw new Error('The EXIF block is damaged.');
  return readDirectory(inMemory(exif), start.first, start.little, (tag) => description.has(tag));
}

function iptcEntries(resources: Buffer): Entry[] {
  const plain = plainIptc(resources);
  const bytes = (tag: number, value: Buffer): Entry => ({ tag, type: 7, count: value.length, value });
  return [bytes(photoshopTag, resources), ...(plain ? [bytes(iptcTag, plain)] : [])];
}
