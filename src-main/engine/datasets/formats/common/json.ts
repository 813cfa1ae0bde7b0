import { RefineryError } from '../../../../contract/errors.ts';
import { parseLenient } from '../../files/json.ts';
import { damagedEntry, emptyFile, noteFile } from '../../files/notes.ts';
import { utf8Chunks } from '../../files/text.ts';

const chunkSize = 1 << 20;
const mostElement = 256 * 1024 * 1024;

/**
 * Reads a JSON file whose outermost value is an array, element by element: only one is in memory at a time. In place of one
 * that is damaged, which is told, there is undefined.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the file ends early or isn't an array.
 */
export async function* jsonElements(path: string): AsyncGenerator<unknown> {
  const bad = (why: string): RefineryError =>
    new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as JSON: ${why}.`);
  let index = -1;
  const parse = (text: string): unknown => {
    index += 1;
    try {
      return parseLenient(text);
    } catch {
      if (noteFile(path, damagedEntry, `[${index}]`)) return undefined;
      throw bad(`its element ${index} is damaged`);
    }
  };
  let held = Buffer.alloc(0);
  let [cursor, start, depth] = [0, -1, 0];
  let [inString, escaped, isFirst] = [false, false, true];
  for await (const chunk of utf8Chunks(path, { chunkSize })) {
    const keep = start < 0 ? cursor : start;
    held = Buffer.concat([held.subarray(keep), chunk]);
    if (held.length > mostElement) throw bad('one of its elements is too large');
    cursor -= keep;
    if (start >= 0) start = 0;
    if (isFirst && held[0] === 0xef) cursor = 3;
    isFirst = false;
    for (; cursor < held.length; cursor += 1) {
      const byte = held[cursor]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === 0x5c) escaped = true;
        else if (byte === 0x22) inString = false;
        continue;
      }
      if (byte <= 0x20) continue;
      const [opens, closes] = [byte === 0x7b || byte === 0x5b, byte === 0x7d || byte === 0x5d];
      if (depth === 0) {
        if (byte !== 0x5b) throw bad('it is not an array');
        depth = 1;
        continue;
      }
      if (depth === 1 && (closes || byte === 0x2c)) {
        if (start >= 0) yield parse(held.toString('utf8', start, cursor));
        start = -1;
        if (!closes) continue;
        // Nothing but space may follow the array, and what follows it is not looked at.
        return;
      }
      if (start < 0) start = cursor;
      if (byte === 0x22) inString = true;
      else if (opens) depth += 1;
      else if (closes) depth -= 1;
    }
  }
  throw bad(depth === 0 ? emptyFile : 'it ends early');
}
