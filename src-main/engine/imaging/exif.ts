/**
 * Changes to an EXIF block in place: a TIFF structure (TIFF 6.0, section 2; EXIF 2.32, section 4.6) of directories
 * with 12-byte entries. Nothing is moved, so that offsets inside maker notes stay right.
 */

const tags = {
  orientation: 0x0112,
  exifDirectory: 0x8769,
  gpsDirectory: 0x8825,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
} as const;

/** Entries that tell where, with what or by whom a picture was taken. */
const privateTags: ReadonlyMap<number, string> = new Map([
  [0x013c, "computer's name"],
  // What is in here a second time is not looked through.
  [0x02bc, 'XMP inside'],
  [0x83bb, 'IPTC inside'],
  [0x8649, "Photoshop's records inside"],
  [0x8825, 'position'],
  [0x927c, "the camera maker's notes"],
  [0xa420, 'unique picture number'],
  [0xa430, "camera owner's name"],
  [0xa431, "camera's serial number"],
  [0xa435, "lens's serial number"],
  [0xc62f, "camera's serial number"],
]);

const header = Buffer.from('Exif\0\0', 'latin1');

const typeSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

class Tiff {
  readonly bytes: Buffer;
  readonly start: number;
  readonly little: boolean;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.start = bytes.subarray(0, 6).equals(header) ? 6 : 0;
    const order = bytes.toString('latin1', this.start, this.start + 2);
    if (order !== 'II' && order !== 'MM') throw new Error('not a TIFF structure');
    this.little = order === 'II';
  }

  short(offset: number): number {
    return this.little
      ? this.bytes.readUInt16LE(this.start + offset)
      : this.bytes.readUInt16BE(this.start + offset);
  }

  long(offset: number): number {
    return this.little
      ? this.bytes.readUInt32LE(this.start + offset)
      : this.bytes.readUInt32BE(this.start + offset);
  }

  setShort(offset: number, value: number): void {
    if (this.little) this.bytes.writeUInt16LE(value, this.start + offset);
    else this.bytes.writeUInt16BE(value, this.start + offset);
  }

  setLong(offset: number, value: number): void {
    if (this.little) this.bytes.writeUInt32LE(value, this.start + offset);
    else this.bytes.writeUInt32BE(value, this.start + offset);
  }

  /** Offsets of the entries of a directory. */
  entries(directory: number): number[] {
    const count = this.short(directory);
    return Array.from({ length: count }, (_, index) => directory + 2 + index * 12);
  }

  find(directory: number, tag: number): number | undefined {
    return this.entries(directory).find((entry) => this.short(entry) === tag);
  }

  /** Erases an entry's value, wherever it lies, and takes the entry out of its directory. */
  remove(directory: number, entry: number): void {
    const size = (typeSizes[this.short(entry + 2)] ?? 1) * this.long(entry + 4);
    if (size > 4) {
      const from = this.start + this.long(entry + 8);
      this.bytes.fill(0, from, Math.min(from + size, this.bytes.length));
    }
    const count = this.short(directory);
    const end = directory + 2 + count * 12;
    // The rest of the directory moves up, the address of the next one too.
    this.bytes.copyWithin(this.start + entry, this.start + entry + 12, this.start + end + 4);
    this.setShort(directory, count - 1);
  }

  /** Erases a directory whose entry is about to be removed. */
  eraseDirectory(directory: number): void {
    for (const entry of this.entries(directory).reverse()) this.remove(directory, entry);
  }
}

export interface ExifChange {
  /** Size of the picture that the block is for from now on. */
  readonly width: number;
  readonly height: number;
  /** Takes out what {@link privateTags} names. */
  readonly removePrivate: boolean;
}

/**
 * The block for the new picture: upright, of the new size, without the small preview of the old one.
 *
 * @returns a changed copy and what was taken out, or undefined when the block is damaged.
 */
export function rewriteExif(
  block: Buffer,
  change: ExifChange,
): { exif: Buffer; removed: string[] } | undefined {
  try {
    const tiff = new Tiff(Buffer.from(block));
    const removed = new Set<string>();
    const main = tiff.long(4);
    const orientation = tiff.find(main, tags.orientation);
    if (orientation !== undefined) tiff.setShort(orientation + 8, 1);
    // The directory after the main one describes the preview inside the file.
    tiff.setLong(main + 2 + tiff.short(main) * 12, 0);

    const exifEntry = tiff.find(main, tags.exifDirectory);
    const directories = exifEntry === undefined ? [main] : [main, tiff.long(exifEntry + 8)];
    for (const directory of directories) {
      if (change.removePrivate) removePrivate(tiff, directory, removed);
      setSize(tiff, directory, tags.pixelWidth, change.width);
      setSize(tiff, directory, tags.pixelHeight, change.height);
    }
    return { exif: tiff.bytes, removed: [...removed] };
  } catch {
    return undefined;
  }
}

function removePrivate(tiff: Tiff, directory: number, removed: Set<string>): void {
  for (const [tag, what] of privateTags) {
    // Some programs write an entry twice.
    for (let entry = tiff.find(directory, tag); entry !== undefined; entry = tiff.find(directory, tag)) {
      if (tag === tags.gpsDirectory) tiff.eraseDirectory(tiff.long(entry + 8));
      tiff.remove(directory, entry);
      removed.add(what);
    }
  }
}

function setSize(tiff: Tiff, directory: number, tag: number, value: number): void {
  const entry = tiff.find(directory, tag);
  if (entry === undefined) return;
  const isShort = tiff.short(entry + 2) === 3;
  if (!isShort) tiff.setLong(entry + 8, value);
  else if (value <= 0xffff) tiff.setShort(entry + 8, value);
  else tiff.remove(directory, entry);
}
