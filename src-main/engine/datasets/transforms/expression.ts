import type { RefineryError } from '../../../contract/errors.ts';
import { type Token, tokens, wrong } from './tokens.ts';
import { compare, truth, type Value } from './values.ts';

/** Gives the value of a field; undefined for one that there isn't. */
export type Fields = (name: string) => Value | undefined;

/** A parsed expression. */
export type Expression = (fields: Fields) => Value;

/**
 * Parses a condition such as
 *
 *     label in ["cat", "dog"] and area >= 100 and not attributes.occluded == true
 *
 * It can compute and compare, and nothing else: there are no calls, no loops and no way to anything but the fields.
 * From weakest to strongest: `or`; `and`; `not`; `==` `!=` `<` `<=` `>` `>=` `in` `contains` `like`; `+` `-`; `*` `/`.
 * Texts are in single or double quotes, lists in brackets. `like` compares with a pattern in which `*` is any text and
 * `?` any character. A field that is missing is null, and comparing null by size gives false.
 *
 * @throws {RefineryError} `BAD_REQUEST` with the place of what can't be read, or a name that is no field.
 */
export function parseExpression(text: string, isField: (name: string) => boolean): Expression {
  return new Parser(text, isField).whole();
}

const deepest = 100;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #isField: (name: string) => boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, isField: (name: string) => boolean) {
    this.#text = text;
    this.#tokens = tokens(text);
    this.#isField = isField;
  }

  whole(): Expression {
    const expression = this.#or();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(...texts: readonly string[]): string | null {
    const { kind, text } = this.#next;
    if ((kind !== 'sign' && kind !== 'name') || !texts.includes(text)) return null;
    this.#at += 1;
    return text;
  }

  #unexpected(): RefineryError {
    return wrong(this.#text, this.#next.at, `${this.#next.text} is not expected`);
  }

  #or(): Expression {
    this.#depth += 1;
    if (this.#depth > deepest) throw wrong(this.#text, this.#next.at, 'it is nested too deeply');
    let left = this.#and();
    while (this.#take('or')) {
      const [one, other] = [left, this.#and()];
      left = (fields) => truth(one(fields)) || truth(other(fields));
    }
    this.#depth -= 1;
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#take('and')) {
      const [one, other] = [left, this.#not()];
      left = (fields) => truth(one(fields)) && truth(other(fields));
    }
    return left;
  }

  #not(): Expression {
    let turns = false;
    let negated = false;
    while (this.#take('not')) {
      turns = !turns;
      negated = true;
    }
    const inner = this.#comparison();
    return negated ? (fields) => truth(inner(fields)) !== turns : inner;
  }

  #comparison(): Expression {
    const left = this.#sum();
    const sign = this.#take('==', '=', '!=', '<=', '>=', '<', '>', 'in', 'contains', 'like');
    if (sign === null) return left;
    const right = this.#sum();
    return (fields) => compare(sign, left(fields), right(fields));
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#take('+', '-'); sign !== null; sign = this.#take('+', '-')) {
      const [one, other, plus] = [left, this.#product(), sign === '+'];
      left = (fields) => {
        const [a, b] = [one(fields), other(fields)];
        if (plus && typeof a === 'string' && typeof b === 'string') return a + b;
        return typeof a === 'number' && typeof b === 'number' ? (plus ? a + b : a - b) : null;
      };
    }
    return left;
  }

  #product(): Expression {
    let left = this.#unary();
    for (let sign = this.#take('*', '/'); sign !== null; sign = this.#take('*', '/')) {
      const [one, other, times] = [left, this.#unary(), sign === '*'];
      left = (fields) => {
        const [a, b] = [one(fields), other(fields)];
        return typeof a === 'number' && typeof b === 'number' ? (times ? a * b : a / b) : null;
      };
    }
    return left;
  }

  #unary(): Expression {
    let sign = 1;
    while (this.#take('-')) sign = -sign;
    const inner = this.#primary();
    if (sign === 1) return inner;
    return (fields) => {
      const value = inner(fields);
      return typeof value === 'number' ? -value : null;
    };
  }

  #primary(): Expression {
    if (this.#take('(')) {
      const inner = this.#or();
      if (!this.#take(')')) throw this.#unexpected();
      return inner;
    }
    if (this.#take('[')) {
      const entries: Expression[] = [];
      while (!this.#take(']')) {
        if (entries.length > 0 && !this.#take(',')) throw this.#unexpected();
        entries.push(this.#or());
      }
      return (fields) => entries.map((entry) => entry(fields));
    }
    const token = this.#next;
    this.#at += 1;
    switch (token.kind) {
      case 'number': {
        const value = Number(token.text);
        return () => value;
      }
      case 'text': {
        const value = token.text.slice(1, -1).replace(/\\(.)/gsu, '$1');
        return () => value;
      }
      case 'name':
        return this.#named(token);
      default:
        this.#at -= 1;
        throw this.#unexpected();
    }
  }

  #named({ text, at }: Token): Expression {
    if (text === 'true' || text === 'false') return () => text === 'true';
    if (text === 'null') return () => null;
    // attributes["a name with spaces"] is the field `attributes.a name with spaces`.
    const name = text.replace(
      /\["((?:[^"\\]|\\.)*)"\]$/u,
      (_, inner: string) => `.${inner.replace(/\\(.)/gsu, '$1')}`,
    );
    if (!this.#isField(name)) throw wrong(this.#text, at, `there is no field ${text}`);
    return (fields) => fields(name) ?? null;
  }
}
