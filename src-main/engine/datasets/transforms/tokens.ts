import { RefineryError } from '../../../contract/errors.ts';

/** A piece of an expression, and where it is. */
export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const longest = 10_000;

/** The pieces of an expression; the last says that it ends. */
export function tokens(text: string): Token[] {
  if (text.length > longest) throw new RefineryError('BAD_REQUEST', 'The expression is too long.');
  const found: Token[] = [];
  const pattern =
    /\s+|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<name>[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*(?:\["(?:[^"\\]|\\.)*"\])?)|(?<sign>==|!=|<=|>=|[<>=()[\],+\-*/])/uy;
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw wrong(text, at, `${JSON.stringify(text[at])} can't stand here`);
    for (const kind of ['number', 'text', 'name', 'sign'] as const) {
      const part = match.groups?.[kind];
      if (part !== undefined) found.push({ kind, text: part, at });
    }
    at += match[0].length;
  }
  found.push({ kind: 'end', text: 'the end', at });
  return found;
}

export function wrong(text: string, at: number, why: string): RefineryError {
  return new RefineryError('BAD_REQUEST', `The condition ${JSON.stringify(text)}: at ${at + 1}, ${why}.`, {
    hint: 'For example: label in ["cat", "dog"] and area >= 100',
  });
}
