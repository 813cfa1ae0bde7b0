import { closeSync, openSync, readSync } from 'node:fs';
import { isBlurred, parseLenient } from '../../files/json.ts';
import type { JsonSpans } from '../../files/json-spans.ts';
import { sliceOf } from '../../files/utf16.ts';
import { isRecord } from '../../model/index.ts';

/** A number by which entries name each other; text that is one means the same. */
export function keyOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) && String(number) === value ? number : value;
}

/** Reads entries whose numbers are too long: these become text, digit by digit. */
export class ExactEntries implements JsonSpans {
  readonly #path: string;
  #file: number | undefined;
  #slice: ReturnType<typeof sliceOf> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The entry of this place in the file, in bytes. */
  value(start: number, end: number): unknown {
    this.#file ??= openSync(this.#path, 'r');
    const bytes = Buffer.alloc(end - start);
    readSync(this.#file, bytes, 0, bytes.length, start);
    this.#slice ??= sliceOf(this.#path);
    const text = this.#slice(bytes, 0, bytes.length);
    try {
      return JSON.parse(text, digitsOf);
    } catch {
      // Python's NaN, which only the other reading takes.
      return parseLenient(text);
    }
  }

  record(start: number, end: number): Readonly<Record<string, unknown>> {
    const value = this.value(start, end);
    return isRecord(value) ? value : {};
  }

  /** {@link value} of each of these places, start and end in turn. */
  values(spans: ArrayLike<number>, onDamage: (start: number) => void): unknown[] {
    const values: unknown[] = [];
    for (let at = 0; at < spans.length; at += 2) {
      try {
        values.push(this.value(spans[at]!, spans[at + 1]!));
      } catch {
        onDamage(spans[at]!);
      }
    }
    return values;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const digitsOf = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  isBlurred(value) ? (context?.source ?? value) : value;
