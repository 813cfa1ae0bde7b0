import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { noteFile, noteLink } from './notes.ts';
import { refuseNoFile } from './stats.ts';

/**
 * What a decoder puts for bytes that are no character. Text without it is UTF-8; only where it is found the bytes are
 * looked at, as a set has a hundred thousand small files and nearly all of them are ASCII.
 */
const replacement = '\ufffd';

/** What is told of a text in an older encoding: Windows' is the likeliest, and each of its bytes is a character. */
export const notUtf8 =
  'the text is not UTF-8: it is read as Windows-1252, in which letters other than Western European ones are wrong';

/** The bytes 0x80 to 0x9f of Windows-1252; those that it leaves free stay control characters. */
const windowsLetters = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Windows-1252 by hand: Node's decoder takes it for Latin-1 unless it is asked to stream. */
const fromWindows = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (letter) => windowsLetters[letter.charCodeAt(0) - 0x80]!);

/** Decodes the pieces of a text one after the other; `goes on` where another follows. */
type Decoder = (bytes: Buffer, goesOn: boolean) => string;

/** @throws {RangeError} for an encoding that is not known. */
function decoderOf(encoding: string): Decoder {
  const decoder = new TextDecoder(encoding);
  return decoder.encoding === 'windows-1252'
    ? fromWindows
    : (bytes, goesOn) => decoder.decode(bytes, { stream: goesOn });
}

const isReplaced = (text: string): boolean => text.includes(replacement);

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/** The text of a whole file that was decoded as UTF-8, without its byte order mark; `again` reads the bytes. */
export function checkedText(path: string, text: string, again: () => Buffer): string {
  return isReplaced(text) ? decodedText(path, again()) : withoutMark(text);
}

/** The text of a whole file without its byte order mark: UTF-8, UTF-16 where it has that one's mark, or Windows-1252. */
export function decodedText(path: string, bytes: Buffer): string {
  const encoding = markedEncoding(bytes);
  if (encoding !== null) return new TextDecoder(encoding).decode(bytes);
  if (isUtf8(bytes)) return withoutMark(bytes.toString('utf8'));
  noteFile(path, notUtf8);
  return fromWindows(bytes);
}

/** Text from the middle of a file, which begins and ends at ASCII. */
export function sliceText(path: string, bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return isReplaced(text) ? decodedText(path, bytes.subarray(start, end)) : text;
}

/** The start of a file as text. A character that is cut in two is left out. */
export function headText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!isReplaced(text)) return withoutMark(text);
  const encoding = markedEncoding(bytes);
  if (encoding !== null) return new TextDecoder(encoding).decode(bytes, { stream: true });
  const whole = bytes.subarray(0, bytes.length - cutBytes(bytes));
  return isUtf8(whole) ? withoutMark(whole.toString('utf8')) : fromWindows(bytes);
}

/** UTF-16 by its byte order mark; null for everything else. */
export function markedEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

/** The text of a whole XML file, which may say its encoding itself. One that is UTF-8 in spite of that is read so. */
export function checkedXml(path: string, text: string, again: () => Buffer): string {
  if (!isReplaced(text)) return text;
  const bytes = again();
  const declared = declaredDecoder(bytes);
  return declared === null ? decodedText(path, bytes) : declared(bytes, false);
}

/** A decoder for the encoding that an XML file says it has; null where it says UTF-8, nothing, or one that is not known. */
function declaredDecoder(bytes: Buffer): Decoder | null {
  const head = bytes.toString('latin1', 0, 256);
  const name = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  if (name === undefined || /^utf-?(8|16)/i.test(name)) return null;
  try {
    return decoderOf(name);
  } catch {
    return null;
  }
}

interface ChunkOptions {
  readonly chunkSize?: number;
  /** The file may say its encoding itself, as XML does. */
  readonly isXml?: boolean;
}

/**
 * A file of any size piece by piece as UTF-8, none of which ends within a character: as it is, or from UTF-16 where it
 * has that one's mark, or else from Windows-1252 from the first piece on that is no UTF-8, which is told.
 */
export async function* utf8Chunks(path: string, options: ChunkOptions = {}): AsyncGenerator<Buffer> {
  const { chunkSize: highWaterMark = 64 * 1024, isXml = false } = options;
  refuseNoFile(path);
  noteLink(path);
  let decoder: Decoder | null = null;
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of createReadStream(path, { highWaterMark }) as AsyncIterable<Buffer>) {
    if (isFirst) {
      const encoding = markedEncoding(chunk);
      if (encoding !== null) decoder = decoderOf(encoding);
      else if (isXml) decoder = declaredDecoder(chunk);
    }
    isFirst = false;
    if (decoder === null) {
      const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.length - cutBytes(bytes);
      const whole = bytes.subarray(0, end);
      rest = bytes.subarray(end);
      if (isUtf8(whole)) {
        yield whole;
        continue;
      }
      noteFile(path, notUtf8);
      decoder = fromWindows;
      yield Buffer.from(decoder(bytes, true));
    } else yield Buffer.from(decoder(chunk, true));
  }
  if (decoder !== null) yield Buffer.from(decoder(Buffer.alloc(0), false));
  else if (rest.length > 0) {
    noteFile(path, notUtf8);
    yield Buffer.from(fromWindows(rest));
  }
}

/** How many bytes at the end are the beginning of a character of UTF-8 that goes on behind them. */
function cutBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? back : 0;
  }
  return 0;
}
