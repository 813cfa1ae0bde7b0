import { closeSync, openSync, readSync } from 'node:fs';
import { markedEncoding, sliceText, utf8Chunks } from './text.ts';

/** The text of a part of a file's bytes, which begins and ends at ASCII. */
type Slice = (bytes: Buffer, start: number, end: number) => string;

/** How parts of a file are decoded: by its byte order mark. @throws {Error} of the system where it can't be opened. */
export function sliceOf(path: string): Slice {
  const encoding = encodingOf(path);
  if (encoding === null) return (bytes, start, end) => sliceText(path, bytes, start, end);
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
}

function encodingOf(path: string): ReturnType<typeof markedEncoding> {
  const file = openSync(path, 'r');
  try {
    const mark = Buffer.alloc(2);
    return readSync(file, mark, 0, 2, 0) === 2 ? markedEncoding(mark) : null;
  } finally {
    closeSync(file);
  }
}

/** Bytes of the mark, which is no part of the text. */
const markBytes = 2;

/** A file in UTF-16 as UTF-8, piece by piece, and where places of that lie in the file. */
export class Utf16File {
  readonly #chunks: AsyncGenerator<Buffer>;
  /** A place in the UTF-8, and the same in the file. */
  #place = 0;
  #inFile = markBytes;

  private constructor(path: string, chunkSize: number) {
    this.#chunks = utf8Chunks(path, { chunkSize });
  }

  /** Null for a file that has no mark of UTF-16. */
  static open(path: string, chunkSize: number): Utf16File | null {
    return encodingOf(path) === null ? null : new Utf16File(path, chunkSize);
  }

  /** The next piece; an empty one at the end. */
  async next(): Promise<Buffer> {
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done) return Buffer.alloc(0);
      if (value.length > 0) return value;
    }
  }

  /**
   * Where a place of the UTF-8 lies in the file. Places are asked for in their order.
   *
   * @param held the text that is in memory, from the place `origin` on, back to the place that was asked for last.
   */
  placeInFile(place: number, held: Buffer, origin: number): number {
    this.#inFile += 2 * held.toString('utf8', this.#place - origin, place - origin).length;
    this.#place = place;
    return this.#inFile;
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }
}
