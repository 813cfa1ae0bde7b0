import { open } from 'node:fs/promises';
import { RefineryError } from '../../../contract/errors.ts';
import { damagedEntry, emptyFile, noteFile, noteLink } from './notes.ts';
import { refuseNoFile } from './stats.ts';
import { sliceText } from './text.ts';
import { Utf16File } from './utf16.ts';

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

/** Entries of one field that follow each other in the file. */
export interface JsonBatch {
  readonly key: string;
  /** Place of the first in the array, or -1 for a field that holds no array. */
  readonly index: number;
  /** Whole entries, or what {@link OneField} asks of them. */
  readonly values: readonly unknown[];
  /** Start and end of each in turn, in bytes of the file. */
  readonly spans: readonly number[];
}

/**
 * A list of whose elements only one field is asked. The rest is not looked into, and damage in it is for those to find who
 * read it.
 */
export interface OneField {
  readonly key: string;
  readonly field: string;
}

/** What an element is that is no object, where a field of it is asked. */
export const noObject = Symbol('no object');

const chunkSize = 256 * 1024;

/** Bytes that are parsed at once: one call for many entries costs a third of a call for each. */
const batchSize = 128 * 1024;

/** Most bytes of one entry. */
const mostEntry = 256 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openingBracket = 0x5b;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
/** A bracket's code with this bit is the code of the brace of its kind. */
const braceBit = 0x20;
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Where in a value the reading stands: how deep in its own brackets, and whether in a string. */
interface Inner {
  depth: number;
  quoted: boolean;
}

/**
 * Looks for the end of a value: the place of `separator`, or of a closing bracket that is not its own. It looks at every
 * byte of a file and is kept apart, where the compiler makes the most of it.
 *
 * @returns the place, or `to` and beyond (after a backslash) where the value goes on.
 */
function endOfValue(bytes: Uint8Array, from: number, to: number, inner: Inner, separator: number): number {
  let { depth, quoted } = inner;
  let at = from;
  for (; at < to; at += 1) {
    const byte = bytes[at]!;
    if (quoted) {
      if (byte === backslash) at += 1;
      else if (byte === quote) quoted = false;
    } else if (byte === quote) quoted = true;
    else if ((byte | braceBit) === openingBrace) depth += 1;
    else if ((byte | braceBit) === closingBrace) {
      if (depth === 0) break;
      depth -= 1;
    } else if (byte === separator && depth === 0) break;
  }
  inner.depth = depth;
  inner.quoted = quoted;
  return at;
}

/** {@link jsonBatches}, entry by entry. */
export async function* jsonEntries(
  path: string,
  keys: Pick<ReadonlySet<string>, 'has'>,
): AsyncGenerator<JsonEntry> {
  for await (const { key, index, values, spans } of jsonBatches(path, keys)) {
    for (const [at, value] of values.entries()) {
      const place = index < 0 ? -1 : index + at;
      yield { key, index: place, value, start: spans[2 * at]!, end: spans[2 * at + 1]! };
    }
  }
}

/** Most digits of a whole number that is sure to be told from its neighbours. */
const mostDigits = 15;

/** A whole number out of plain digits, or -1 where it is written otherwise or too long. */
function plainNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || to - from > mostDigits) return -1;
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = 10 * number + digit;
  }
  return number;
}

/** Whether a name in quotes that starts at a place is this one. */
function isNamed(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index += 1) if (bytes[at + index] !== name[index]) return false;
  return true;
}

/**
 * A field of an object that is text, without parsing the rest; of several of its name the first. A whole number beyond
 * what a number tells apart is the text of its digits.
 *
 * @param name the field's name as it is written, in quotes.
 * @returns undefined where it has none, or one that is damaged.
 */
function fieldIn(path: string, bytes: Buffer, from: number, to: number, name: Uint8Array): unknown {
  let at = from;
  while (at < to && isBlank(bytes[at]!)) at += 1;
  if (bytes[at] !== openingBrace) return noObject;
  const inner: Inner = { depth: 0, quoted: false };
  for (at += 1; at < to; at += 1) {
    while (at < to && isBlank(bytes[at]!)) at += 1;
    const isAsked = isNamed(bytes, at, name);
    at = endOfValue(bytes, at, to, inner, colon) + 1;
    if (!isAsked) {
      at = endOfValue(bytes, at, to, inner, comma);
      continue;
    }
    while (at < to && isBlank(bytes[at]!)) at += 1;
    let end = endOfValue(bytes, at, to, inner, comma);
    while (end > at && isBlank(bytes[end - 1]!)) end -= 1;
    const number = plainNumber(bytes, at, end);
    return number >= 0 ? number : exactOf(sliceText(path, bytes, at, end));
  }
  return undefined;
}

/** Whether a whole number is beyond what a number tells apart: 20240501123045123456 and …457 are one. */
export const isBlurred = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);

function exactOf(text: string): unknown {
  try {
    const value = parseLenient(text);
    return isBlurred(value) ? text : value;
  } catch {
    return undefined;
  }
}

/**
 * Reads a JSON object from a file of any size and hands out the fields that are asked for: whole values, and arrays
 * element by element. Only some elements are in memory at a time, so that a file with a million annotations costs no more
 * than a small one. Python's `NaN` and `Infinity`, which are not JSON, become null.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the file ends early or isn't an object.
 */
export async function* jsonBatches(
  path: string,
  keys: Pick<ReadonlySet<string>, 'has'>,
  only?: OneField,
): AsyncGenerator<JsonBatch> {
  const bad = (why: string): RefineryError =>
    new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as JSON: ${why}.`);
  refuseNoFile(path);
  noteLink(path);
  const file = await open(path, 'r');
  const utf16 = Utf16File.open(path, chunkSize);
  const asked = only === undefined ? null : Buffer.from(JSON.stringify(only.field));
  try {
    // `held` are the bytes from file position `origin` on that an unfinished piece still needs.
    let buffer = Buffer.allocUnsafe(2 * chunkSize);
    let held = buffer.subarray(0, 0);
    let origin = 0;
    let cursor = 0;
    let depth = 0;
    let key: string | undefined;
    let wanted = false;
    let inArray = false;
    let index = -1;
    let hasValue = false;
    // Where the current piece (a key, a value or an element) starts, from `origin`; -1 for none.
    let start = -1;
    const inner: Inner = { depth: 0, quoted: false };
    // Places of wanted entries that are not parsed yet, from `origin`.
    let pending: number[] = [];
    const flush = function* (): Generator<JsonBatch> {
      const places = pending;
      pending = [];
      const first = index - places.length / 2;
      const nameOf = (at: number): string => (inArray ? `${key}[${first + at}]` : key!);
      const parts =
        asked !== null && inArray && key === only?.key
          ? [{ from: 0, values: fieldsOf(path, held, places, asked) }]
          : parseBatch(path, held, origin, places, nameOf, bad);
      for (const { from, values } of parts) {
        const spans = places
          .slice(2 * from, 2 * (from + values.length))
          .map((place) => utf16?.placeInFile(origin + place, held, origin) ?? origin + place);
        yield { key: key!, index: inArray ? first + from : -1, values, spans };
      }
    };
    for (;;) {
      const keep = start < 0 || !(wanted || key === undefined) ? cursor : start;
      // What is still needed moves to the front of the one buffer; a new one for each piece would fill the memory.
      const rest = Math.max(0, held.length - keep);
      utf16?.placeInFile(origin + Math.min(keep, held.length), held, origin);
      const decoded = await utf16?.next();
      const room = decoded?.length ?? chunkSize;
      if (rest + room > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * (rest + room));
        buffer.copy(larger, 0, keep, held.length);
        buffer = larger;
      } else buffer.copyWithin(0, keep, held.length);
      const bytesRead =
        decoded?.copy(buffer, rest) ??
        (await file.read(buffer, rest, chunkSize, origin + held.length)).bytesRead;
      // An escaped character may be the first of what was just read.
      const skipped = cursor - keep;
      origin += Math.min(keep, held.length);
      if (start >= 0) start = 0;
      cursor = keep > held.length ? keep - held.length : skipped;
      held = buffer.subarray(0, rest + bytesRead);
      if (bytesRead === 0) break;
      if (held.length > mostEntry) throw bad('one of its entries is too large');
      while (cursor < held.length) {
        if (start >= 0) {
          cursor = endOfValue(held, cursor, held.length, inner, key === undefined ? colon : comma);
          if (cursor >= held.length) break;
          if (key === undefined) {
            if (held[cursor] !== colon) throw bad('a value without a name');
            key = String(parse(sliceText(path, held, start, cursor), origin + start, bad));
            wanted = keys.has(key);
            cursor += 1;
          } else {
            if (inArray) index += 1;
            if (wanted) pending.push(start, cursor);
          }
          start = -1;
          if (pending.length > 0 && (!inArray || cursor - pending[0]! >= batchSize)) yield* flush();
          continue;
        }
        const byte = held[cursor]!;
        if (isBlank(byte)) cursor += 1;
        else if (depth === 0) {
          const byteOrderMark = origin + cursor < 3 && byte >= 0xbb;
          if (!byteOrderMark && byte !== openingBrace) throw bad('it is not an object');
          if (!byteOrderMark) depth = 1;
          hasValue ||= !byteOrderMark;
          cursor += 1;
        } else if (byte === comma) {
          cursor += 1;
          if (!inArray) key = undefined;
        } else if ((byte | braceBit) === closingBrace) {
          yield* flush();
          depth -= 1;
          if (depth < 0) throw bad('a bracket too many');
          inArray = false;
          key = undefined;
          index = -1;
          cursor += 1;
        } else if (byte === openingBracket && depth === 1 && key !== undefined) {
          depth = 2;
          inArray = true;
          index = 0;
          cursor += 1;
        } else {
          start = cursor;
          inner.depth = 0;
          inner.quoted = false;
        }
      }
      yield* flush();
    }
    if (depth === 0 && !hasValue) throw bad(emptyFile);
    if (depth !== 0) throw bad('it ends early');
  } finally {
    await utf16?.close();
    await file.close();
  }
}

function fieldsOf(path: string, held: Buffer, places: readonly number[], name: Uint8Array): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < places.length; at += 2) {
    values.push(fieldIn(path, held, places[at]!, places[at + 1]!, name));
  }
  return values;
}

/**
 * Parses entries that follow each other. They are taken together at first: what reads as an array of as many values was
 * split where JSON splits it. Where that fails, each is read for itself.
 */
function* parseBatch(
  path: string,
  held: Buffer,
  origin: number,
  places: readonly number[],
  nameOf: (at: number) => string,
  bad: (why: string) => RefineryError,
): Generator<{ readonly from: number; readonly values: readonly unknown[] }> {
  const count = places.length / 2;
  if (count === 0) return;
  const together = parsedTogether(sliceText(path, held, places[0]!, places.at(-1)!), count);
  if (together !== null) yield { from: 0, values: together };
  else {
    for (let from = 0; from < count; from += 1) {
      const text = sliceText(path, held, places[2 * from]!, places[2 * from + 1]!);
      const start = origin + places[2 * from]!;
      try {
        yield { from, values: [parseLenient(text)] };
      } catch {
        // Of a set that is read, one damaged entry costs no other.
        if (!noteFile(path, damagedEntry, `${nameOf(from)}, byte ${start}`)) throw damagedAt(start, bad);
      }
    }
  }
}

/** The values of a text with commas between them, or null where it is not that many. */
export function parsedTogether(text: string, count: number): readonly unknown[] | null {
  try {
    const values = parseLenient(`[${text}]`) as readonly unknown[];
    return values.length === count ? values : null;
  } catch {
    return null;
  }
}

/** @param at where the text starts in the file, in bytes. */
function parse(text: string, at: number, bad: (why: string) => RefineryError): unknown {
  try {
    return parseLenient(text);
  } catch {
    throw damagedAt(at, bad);
  }
}

const damagedAt = (at: number, bad: (why: string) => RefineryError): RefineryError =>
  bad(`what starts at byte ${at} is damaged`);

/**
 * `JSON.parse` that also takes what Python writes for numbers that are none. They become null.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` with a sentence for a person.
 */
export function parseLenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (!/NaN|Infinity/.test(text)) throw noJson(text, thrown);
    // A string is matched first and put back as it is, so that a caption with the word in it stays.
    const strings = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;
    const plain = text.replace(strings, (piece) => (piece.startsWith('"') ? piece : 'null'));
    try {
      return JSON.parse(plain);
    } catch (cause) {
      throw noJson(plain, cause);
    }
  }
}

/** What is wrong with a text that is no JSON. The engine knows the place, and says it in words for programmers. */
function noJson(text: string, cause: unknown): RefineryError {
  const { message } = cause as Error;
  const [, position, line, column] = /at position (\d+)(?: \(line (\d+) column (\d+)\))?/.exec(message) ?? [];
  let why = 'it is no JSON';
  if (!/\S/.test(text)) why = emptyFile;
  else if (message.includes('end of JSON') || Number(position) >= text.trimEnd().length)
    why = 'it ends early';
  else if (line !== undefined) why = `it is no JSON at line ${line}, column ${column}`;
  return new RefineryError('INPUT_CORRUPT', why, { cause });
}
