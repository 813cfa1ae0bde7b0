import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Entry, fromRandomAccessReaderPromise, openPromise, RandomAccessReader } from 'yauzl';
import { RefineryError } from '../../../contract/errors.ts';
import { headBytes, headText } from '../files/folder.ts';
import type { Unpacking } from './unpacking.ts';

/** The bits of a Unix file mode that say what kind of file it is. */
const kindBits = 0o170000;
const regular = 0o100000;
const directory = 0o040000;

/** Unpacks a zip file entry by entry. Sizes and checksums are checked by yauzl while the bytes come. */
export async function unpackZip(path: string, unpacking: Unpacking): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry()) {
      await unpacking.passed(entry.compressedSize);
      if (!unpacking.wants(entry.fileName, kindOf(entry))) continue;
      if (entry.isEncrypted()) {
        throw new RefineryError('INPUT_UNSUPPORTED', 'The archive is encrypted.', {
          hint: 'Unpack it with its password, and open the folder.',
        });
      }
      const file = unpacking.create(entry.fileName);
      try {
        for await (const bytes of await zip.openReadStreamPromise(entry)) file.write(bytes as Buffer);
      } finally {
        file.close();
      }
    }
  } finally {
    zip.close();
  }
}

/** Bytes that are read at once where entries are listed: a file's entry is a hundred. */
const ahead = 1 << 20;

/** Reads a file through a window: asking the thread pool twice for each of a hundred thousand entries takes seconds. */
class WindowReader extends RandomAccessReader {
  readonly #file: number;
  readonly #window = Buffer.allocUnsafe(ahead);
  #from = 0;
  #to = 0;

  constructor(file: number) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let failure: Error | null = null;
    try {
      if (length > ahead) readSync(this.#file, buffer, offset, length, position);
      else {
        if (position < this.#from || position + length > this.#to) {
          this.#from = position;
          this.#to = position + readSync(this.#file, this.#window, 0, ahead, position);
        }
        this.#window.copy(buffer, offset, position - this.#from, position - this.#from + length);
      }
    } catch (thrown) {
      failure = thrown as Error;
    }
    callback(failure);
  }

  override _readStreamForRange(): never {
    throw new Error('Contents are not read here.');
  }
}

/** Goes through the entries of a zip file, which stand together at its end. */
export async function listZip(
  path: string,
  takes: (name: string, isFolder: boolean) => boolean,
): Promise<(name: string) => Promise<string>> {
  const taken = new Map<string, Entry>();
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const zip = await fromRandomAccessReaderPromise(new WindowReader(file), size, { lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      if (takes(entry.fileName, kindOf(entry) === 'folder')) taken.set(entry.fileName, entry);
    }
  } finally {
    closeSync(file);
  }
  return async (name) => {
    const entry = taken.get(name);
    return entry === undefined ? '' : headOf(path, entry);
  };
}

/** The first characters of a file in a zip file; empty where they can't be read. */
async function headOf(path: string, entry: Entry, bytes = headBytes): Promise<string> {
  if (entry.isEncrypted()) return '';
  const zip = await openPromise(path, { lazyEntries: true });
  try {
    let head = Buffer.alloc(0);
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      head = Buffer.concat([head, chunk as Buffer]);
      if (head.length >= bytes) break;
    }
    return headText(head.subarray(0, bytes));
  } catch {
    return '';
  } finally {
    zip.close();
  }
}

function kindOf({ fileName, externalFileAttributes }: Entry): 'file' | 'folder' | 'other' {
  if (fileName.endsWith('/')) return 'folder';
  // Zeros where the archive was made on Windows.
  const kind = (externalFileAttributes >>> 16) & kindBits;
  if (kind === directory) return 'folder';
  return kind === 0 || kind === regular ? 'file' : 'other';
}
