import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateSync } from 'node:zlib';

/** Chunks of a PNG (PNG, third edition, section 5): length, type, data and a checksum. */

export interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Longest data that is taken: far more than texts have. */
const mostBytes = 16 * 1024 * 1024;
/** Most text that a compressed chunk may hold. */
const mostText = 64 * 1024 * 1024;

/** Bytes that are read at once: pixels come in thousands of pieces of a few kilobytes. */
const windowBytes = 1024 * 1024;

/** Chunks of other types than the pixels'. Those of a damaged file are read as far as they go. */
export async function readChunks(file: FileHandle): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const { size } = await file.stat();
  const window = { start: 0, bytes: Buffer.alloc(0) };
  const read = async (at: number, length: number): Promise<Buffer> => {
    if (at < window.start || at + length > window.start + window.bytes.length) {
      const bytes = Buffer.alloc(Math.max(length, Math.min(windowBytes, size - at)));
      await file.read(bytes, 0, bytes.length, at);
      Object.assign(window, { start: at, bytes });
    }
    return window.bytes.subarray(at - window.start, at - window.start + length);
  };
  if (!(await read(0, 8)).equals(signature)) return [];
  for (let at = 8; at + 12 <= size; ) {
    const head = await read(at, 8);
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, 8);
    if (type === 'IEND' || at + 12 + length > size) break;
    if (type !== 'IDAT' && type !== 'fdAT' && length <= mostBytes)
      chunks.push({ type, data: await read(at + 8, length) });
    at += 12 + length;
  }
  return chunks;
}

export interface Text {
  readonly keyword: string;
  /** Undefined where it can't be read. */
  readonly text: string | undefined;
}

/** @returns undefined for chunks of other types than the three that hold text. */
export function keywordOf({ type, data }: Chunk): string | undefined {
  const end = data.indexOf(0);
  if (end < 0 || !['tEXt', 'zTXt', 'iTXt'].includes(type)) return undefined;
  return data.toString('latin1', 0, end);
}

/** {@link keywordOf} with the text, which may have to be inflated. */
export function textOf(chunk: Chunk): Text | undefined {
  const { type, data } = chunk;
  const keyword = keywordOf(chunk);
  if (keyword === undefined) return undefined;
  const rest = data.subarray(keyword.length + 1);
  if (type === 'tEXt') return { keyword, text: rest.toString('latin1') };
  if (type === 'zTXt') return { keyword, text: inflate(rest.subarray(1))?.toString('latin1') };
  // Two bytes on compression, then language and keyword, each with its end.
  const language = rest.indexOf(0, 2);
  const text = rest.subarray(rest.indexOf(0, language + 1) + 1);
  return { keyword, text: (rest[0] === 1 ? inflate(text) : text)?.toString('utf8') };
}

function inflate(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: mostText });
  } catch {
    return undefined;
  }
}

function chunkBytes({ type, data }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

/** Puts chunks that may stand anywhere, such as texts, before the end of a PNG. */
export async function appendChunks(path: string, chunks: readonly Chunk[]): Promise<void> {
  const end = chunkBytes({ type: 'IEND', data: Buffer.alloc(0) });
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const place = size - end.length;
  const { buffer: tail } = await file.read(Buffer.alloc(end.length), 0, end.length, place);
  if (!tail.equals(end)) throw new Error('The PNG does not end as it should.');
  const bytes = Buffer.concat([...chunks.map(chunkBytes), end]);
  await file.write(bytes, 0, bytes.length, place);
}
