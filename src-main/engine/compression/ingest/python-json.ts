import type { FileProblem, Parsed } from '../types.ts';

const literals: ReadonlyArray<readonly [string, unknown]> = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
];
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blank = /\s*(?:(?:\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)\s*)*/y;
const text = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
/** Deeper than any file of a training, and far less than the stack takes. */
const deepest = 200;

class JsonFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads JSON as Python's `json` writes it, with NaN, Infinity and -Infinity, and as jstyleson reads it, with comments
 * and trailing commas. `JSON.parse` refuses a trainer_state.json from before warm-up, where the importance threshold
 * is the bare token -Infinity.
 *
 * @returns the value, or one problem with its line and column.
 */
export function parsePythonJson(source: string): Parsed<unknown> {
  const body = source.startsWith('\uFEFF') ? source.slice(1) : source;
  if (body.trim() === '') return { problems: [problem('The file is empty.', body, 0)] };
  try {
    // Strict JSON, which most files are, is read many times faster so.
    return { value: JSON.parse(body) as unknown, problems: [] };
  } catch {
    return parseLoosely(body);
  }
}

function parseLoosely(body: string): Parsed<unknown> {
  let at = 0;

  function skip(): void {
    blank.lastIndex = at;
    blank.exec(body);
    at = Math.max(at, blank.lastIndex);
  }
  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(body)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }
  function string(): string {
    const start = at;
    const found = take(text);
    if (found === undefined) throw new JsonFault('A text in quotes was expected.', start);
    try {
      return JSON.parse(found) as string;
    } catch {
      throw new JsonFault('This text has a character or an escape that JSON does not allow.', start);
    }
  }
  function members(close: string, member: () => void): void {
    at++;
    for (skip(); body[at] !== close; skip()) {
      member();
      skip();
      if (body[at] === ',') at++;
      else if (body[at] !== close) throw new JsonFault(unexpected(body, at, `, or ${close}`), at);
    }
    at++;
  }
  function value(depth: number): unknown {
    if (depth > deepest) throw new JsonFault('Lists and objects are nested too deeply.', at);
    skip();
    if (body[at] === '{') {
      const object: Array<[string, unknown]> = [];
      members('}', () => {
        const key = string();
        skip();
        if (body[at] !== ':') throw new JsonFault(unexpected(body, at, ':'), at);
        at++;
        object.push([key, value(depth + 1)]);
      });
      return Object.fromEntries(object);
    }
    if (body[at] === '[') {
      const list: unknown[] = [];
      members(']', () => list.push(value(depth + 1)));
      return list;
    }
    if (body[at] === '"') return string();
    const digits = take(number);
    if (digits !== undefined) return Number(digits);
    const literal = literals.find(([word]) => body.startsWith(word, at));
    if (!literal) throw new JsonFault(unexpected(body, at, 'a value'), at);
    at += literal[0].length;
    return literal[1];
  }

  try {
    const result = value(0);
    skip();
    if (at < body.length) throw new JsonFault('There is more after the end.', at);
    return { value: result, problems: [] };
  } catch (thrown) {
    if (thrown instanceof JsonFault) return { problems: [problem(thrown.message, body, thrown.offset)] };
    // The engine's own limits, such as on a text of hundreds of megabytes.
    if (thrown instanceof RangeError) return { problems: [problem(thrown.message, body, at)] };
    throw thrown;
  }
}

function unexpected(body: string, at: number, wanted: string): string {
  return at >= body.length ? 'The file ends too early.' : `${wanted} was expected, not ${body[at]}.`;
}

function problem(message: string, body: string, offset: number): FileProblem {
  const before = body.slice(0, offset).split('\n');
  const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  return { severity: 'error', message, place };
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads JSON whose outermost value must be an object. */
export function parseJsonObject(source: string): Parsed<JsonObject> {
  const { value, problems } = parsePythonJson(source);
  if (problems.length > 0) return { problems };
  if (isObject(value)) return { value, problems };
  return {
    problems: [{ severity: 'error', message: 'An object was expected here.', place: { path: '$' } }],
  };
}

export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;
export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Leaves out what is undefined, as exact optional properties want it. */
export function present<Fields extends Record<string, unknown>>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
