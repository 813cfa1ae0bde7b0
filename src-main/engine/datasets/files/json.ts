import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { RefineryError } from '../../../contract/errors.ts';

/** One entry of a file's outermost object: a field, or one element of a field that holds an array. */
export interface JsonEntry {
  readonly key: string;
  /** Place in the array, or -1 for a field that holds no array. */
  readonly index: number;
  readonly value: unknown;
  /** Where its text lies in the file, in bytes. */
  readonly start: number;
  readonly end: number;
}

const chunkSize = 1 << 20;

/** Most bytes of one entry. */
const mostEntry = 256 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Reads a JSON object from a file of any size and hands out the fields that are asked for: whole values, and arrays
 * element by element. Only one element is in memory at a time, so that a file with a million annotations costs no more
 * than a small one. Python's `NaN` and `Infinity`, which are not JSON, become null.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the file ends early or isn't an object.
 */
export async function* jsonEntries(path: string, keys: ReadonlySet<string>): AsyncGenerator<JsonEntry> {
  const file = await open(path, 'r');
  try {
    // `held` are the bytes from file position `origin` on that an unfinished piece still needs.
    let buffer = Buffer.allocUnsafe(2 * chunkSize);
    let held = buffer.subarray(0, 0);
    let origin = 0;
    let cursor = 0;
    let depth = 0;
    let inString = false;
    let escaped = false;
    let key: string | undefined;
    let inArray = false;
    let index = -1;
    // Where the current piece (a key, a value or an element) starts, from `origin`; -1 for none.
    let start = -1;
    const bad = (why: string): RefineryError =>
      new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as JSON: ${why}.`);
    for (;;) {
      const keep = start < 0 ? cursor : start;
      // What is still needed moves to the front of the one buffer; a new one for each piece would fill the memory.
      const rest = held.length - keep;
      if (rest + chunkSize > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * (rest + chunkSize));
        buffer.copy(larger, 0, keep, held.length);
        buffer = larger;
      } else buffer.copyWithin(0, keep, held.length);
      const { bytesRead } = await file.read(buffer, rest, chunkSize, origin + held.length);
      if (bytesRead === 0) {
        held = buffer.subarray(0, rest);
        origin += keep;
        break;
      }
      held = buffer.subarray(0, rest + bytesRead);
      if (held.length > mostEntry) throw bad('one of its entries is too large');
      origin += keep;
      cursor -= keep;
      if (start >= 0) start = 0;
      for (; cursor < held.length; cursor += 1) {
        const byte = held[cursor]!;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) inString = false;
          continue;
        }
        const level = inArray ? 2 : 1;
        const ends = depth === level && (byte === comma || isClosing(byte));
        if (ends) {
          if (start >= 0 && key !== undefined) {
            if (keys.has(key)) {
              const text = held.toString('utf8', start, cursor);
              yield { key, index, value: parse(text, bad), start: origin + start, end: origin + cursor };
            }
          } else if (start >= 0) throw bad('a value without a name');
          start = -1;
          if (inArray) index += 1;
          else key = undefined;
        }
        if (byte === comma && depth === level) continue;
        if (isClosing(byte)) {
          depth -= 1;
          if (inArray && depth === 1) {
            inArray = false;
            key = undefined;
            index = -1;
          }
          if (depth < 0) throw bad('a bracket too many');
          continue;
        }
        if (depth === 1 && key === undefined && byte === colon) {
          if (start < 0) throw bad('a value without a name');
          key = String(parse(held.toString('utf8', start, cursor), bad));
          start = -1;
          continue;
        }
        const blank = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
        if (blank) continue;
        if (depth === 0) {
          const byteOrderMark = origin + cursor < 3 && byte >= 0xbb;
          if (byteOrderMark) continue;
          if (byte !== 0x7b) throw bad('it is not an object');
          depth = 1;
          continue;
        }
        if (byte === 0x5b && depth === 1 && start < 0 && key !== undefined) {
          depth = 2;
          inArray = true;
          index = 0;
          continue;
        }
        if (start < 0) start = cursor;
        if (isOpening(byte)) depth += 1;
        else if (byte === quote) inString = true;
      }
    }
    if (depth !== 0 || origin + held.length === 0) throw bad('it ends early');
  } finally {
    await file.close();
  }
}

function parse(text: string, bad: (why: string) => RefineryError): unknown {
  try {
    return parseLenient(text);
  } catch (thrown) {
    throw bad(thrown instanceof Error ? thrown.message : 'a value is damaged');
  }
}

/** `JSON.parse` that also takes what Python writes for numbers that are none. They become null. */
export function parseLenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (!/NaN|Infinity/.test(text)) throw thrown;
    // A string is matched first and put back as it is, so that a caption with the word in it stays.
    const strings = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;
    return JSON.parse(text.replace(strings, (piece) => (piece.startsWith('"') ? piece : 'null')));
  }
}

/** Files up to this many bytes stay in memory between the two passes. */
const inMemory = 4 * 1024 * 1024;

/** Bytes that are read ahead where entries are asked for in the order of the file. */
const ahead = 256 * 1024;

/** Reads entries again by their place in the file. Close it when done. */
export interface JsonSpans {
  at(start: number, end: number): unknown;
  close(): void;
}

export function openSpans(path: string): JsonSpans {
  if (statSync(path).size <= inMemory) {
    const whole = readFileSync(path);
    return { at: (start, end) => parseLenient(whole.toString('utf8', start, end)), close: () => undefined };
  }
  // Small reads of a file that the system has just cached: asking the thread pool would cost ten times as much.
  const file = openSync(path, 'r');
  let buffer = Buffer.allocUnsafe(ahead);
  let from = 0;
  let to = 0;
  return {
    at: (start, end) => {
      if (start < from || end > to) {
        // Most files have a picture's entries in a row and the pictures in turn; some have them at random.
        const inTurn = start >= from && start <= to + ahead;
        const length = Math.max(end - start, inTurn ? ahead : 0);
        if (length > buffer.length) buffer = Buffer.allocUnsafe(length);
        from = start;
        to = start + readSync(file, buffer, 0, length, start);
      }
      return parseLenient(buffer.toString('utf8', start - from, end - from));
    },
    close: () => closeSync(file),
  };
}
