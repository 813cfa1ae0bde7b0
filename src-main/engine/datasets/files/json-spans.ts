import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { parsedTogether, parseLenient } from './json.ts';
import { sliceOf } from './utf16.ts';

/** Files up to this many bytes stay in memory between the two passes. */
const inMemory = 4 * 1024 * 1024;

/** Bytes that are read ahead where entries are asked for in the order of the file. */
const ahead = 256 * 1024;

/** Most bytes between two entries in a row: a comma, and the blanks of an indented file. */
const mostBetween = 64;

/** Reads entries again by their place in the file. Close it when done. */
export interface JsonSpans {
  /**
   * The entries of these places, start and end of each in turn. Those that follow each other are parsed together.
   *
   * @param onDamage is told of each that can't be read, where it starts in the file, in bytes; it is left out.
   */
  values(spans: ArrayLike<number>, onDamage: (start: number) => void): unknown[];
  close(): void;
}

export function openSpans(path: string): JsonSpans {
  const { textOf, close } = openText(path);
  return {
    values: (spans, onDamage) => {
      const values: unknown[] = [];
      for (let from = 0; from < spans.length; ) {
        let to = from + 2;
        while (to < spans.length && follows(spans[to - 1]!, spans[to]!)) to += 2;
        const row = to - from > 2 ? textOf(spans[from]!, spans[to - 1]!) : '';
        const together = row === '' ? null : parsedTogether(row, (to - from) / 2);
        if (together !== null) for (const value of together) values.push(value);
        else {
          for (let at = from; at < to; at += 2) {
            try {
              values.push(parseLenient(textOf(spans[at]!, spans[at + 1]!)));
            } catch {
              onDamage(spans[at]!);
            }
          }
        }
        from = to;
      }
      return values;
    },
    close,
  };
}

const follows = (end: number, start: number): boolean => start > end && start - end <= mostBetween;

function openText(path: string): { textOf(start: number, end: number): string; close(): void } {
  const slice = sliceOf(path);
  if (statSync(path).size <= inMemory) {
    const whole = readFileSync(path);
    return { textOf: (start, end) => slice(whole, start, end), close: () => undefined };
  }
  // Small reads of a file that the system has just cached: asking the thread pool would cost ten times as much.
  const file = openSync(path, 'r');
  let buffer = Buffer.allocUnsafe(ahead);
  let from = 0;
  let to = 0;
  return {
    textOf: (start, end) => {
      if (start < from || end > to) {
        // Most files have a picture's entries in a row and the pictures in turn; some have them at random.
        const inTurn = start >= from && start <= to + ahead;
        const length = Math.max(end - start, inTurn ? ahead : 0);
        if (length > buffer.length) buffer = Buffer.allocUnsafe(length);
        from = start;
        to = start + readSync(file, buffer, 0, length, start);
      }
      return slice(buffer, start - from, end - from);
    },
    close: () => closeSync(file),
  };
}
