/**
 * Directories of a TIFF structure (TIFF 6.0, section 2), read whole and written anew somewhere else: entries of
 * twelve bytes, with values that lie elsewhere, and directories below them.
 */

export interface Entry {
  readonly tag: number;
  /** Kind of value, 1 to 12. */
  readonly type: number;
  /** Values, not bytes. */
  readonly count: number;
  /** Little-endian. */
  readonly value: Buffer;
}

export interface Directory {
  readonly entries: readonly Entry[];
  /** Directories below, by the tag that points to them. */
  readonly children: ReadonlyMap<number, Directory>;
  /** Where the next one starts; 0 for none. */
  readonly next: number;
}

/** Gives bytes of a structure, from its start; fewer where it ends. */
export type ReadBytes = (offset: number, length: number) => Promise<Buffer>;

/** EXIF's, GPS's and interoperability's directories. */
export const directoryTags = { exif: 0x8769, gps: 0x8825, interoperability: 0xa005 } as const;
const pointers: ReadonlySet<number> = new Set(Object.values(directoryTags));

/** Bytes of a value, by type. */
const sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
/** Bytes that are turned together where the order differs: a rational is two numbers. */
const units = [0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8];

/** Longest value that is taken: a thumbnail or a maker's note is far below. */
const mostBytes = 16 * 1024 * 1024;

/** @returns the order of bytes and where the first directory starts, or undefined where this is no plain TIFF. */
export async function readStart(
  read: ReadBytes,
): Promise<{ readonly little: boolean; readonly first: number } | undefined> {
  const head = await read(0, 8);
  const order = head.toString('latin1', 0, 2);
  if (head.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const little = order === 'II';
  const magic = little ? head.readUInt16LE(2) : head.readUInt16BE(2);
  return magic === 42 ? { little, first: little ? head.readUInt32LE(4) : head.readUInt32BE(4) } : undefined;
}

/** @throws where the structure is damaged. */
export async function readDirectory(
  read: ReadBytes,
  offset: number,
  little: boolean,
  wanted: (tag: number) => boolean = () => true,
  depth = 0,
): Promise<Directory> {
  const short = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const long = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  const count = short(await read(offset, 2), 0);
  const table = await read(offset + 2, count * 12 + 4);
  const entries: Entry[] = [];
  const children = new Map<number, Directory>();
  for (let at = 0; at < count * 12; at += 12) {
    const tag = short(table, at);
    const type = short(table, at + 2);
    const number = long(table, at + 4);
    const size = (sizes[type] ?? 0) * number;
    if (!wanted(tag) || size === 0 || size > mostBytes) continue;
    if (pointers.has(tag)) {
      if (depth < 3)
        children.set(tag, await readDirectory(read, long(table, at + 8), little, undefined, depth + 1));
      continue;
    }
    const value = Buffer.from(
      size <= 4 ? table.subarray(at + 8, at + 8 + size) : await read(long(table, at + 8), size),
    );
    if (value.length < size) throw new Error(`The value of entry ${tag} lies outside of the file.`);
    const unit = units[type] ?? 1;
    if (!little && unit > 1) {
      for (let start = 0; start < size; start += unit) value.subarray(start, start + unit).reverse();
    }
    entries.push({ tag, type, count: number, value });
  }
  const end = count * 12;
  return { entries, children, next: table.length >= end + 4 ? long(table, end) : 0 };
}

/** A directory with all that belongs to it, little-endian, for a place `base` bytes from the structure's start. */
export function writeDirectory(directory: Directory, base: number): Buffer {
  const entries = [
    ...directory.entries.map((entry) => ({ ...entry, child: undefined })),
    ...[...directory.children].map(([tag, child]) => ({
      tag,
      type: 4,
      count: 1,
      value: Buffer.alloc(4),
      child,
    })),
  ].sort((a, b) => a.tag - b.tag);
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  table.writeUInt16LE(entries.length, 0);
  table.writeUInt32LE(directory.next, table.length - 4);
  const parts: Buffer[] = [table];
  let end = table.length;
  const append = (bytes: Buffer): number => {
    // Values start at even places.
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    parts.push(padded);
    end += padded.length;
    return base + end - padded.length;
  };
  for (const [index, { tag, type, count, value, child }] of entries.entries()) {
    const at = 2 + index * 12;
    table.writeUInt16LE(tag, at);
    table.writeUInt16LE(type, at + 2);
    table.writeUInt32LE(count, at + 4);
    if (child) table.writeUInt32LE(append(writeDirectory(child, base + end)), at + 8);
    else if (value.length <= 4) value.copy(table, at + 8);
    else table.writeUInt32LE(append(value), at + 8);
  }
  return Buffer.concat(parts);
}
