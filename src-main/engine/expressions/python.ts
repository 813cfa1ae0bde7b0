/**
 * What Python makes of a regular expression: one to search with, `fault` where `re.compile` refuses it, or `beyond` where
 * Python understands it and nothing here can stand for it: back-references, which fail in Python and hold in JavaScript
 * for a group that took no part, atomic groups, possessive repetitions, conditions, verbose mode, flags for
 * a part, `\N{…}`.
 */
export type PythonExpression =
  | { readonly expression: RegExp }
  | { readonly fault: string }
  | { readonly beyond: string };

/** https://docs.python.org/3.11/library/re.html#regular-expression-syntax, as JavaScript says it in a set, with the flag v. */
const classes: Readonly<Record<'unicode' | 'ascii', Readonly<Record<string, string>>>> = {
  unicode: {
    d: '\\p{Nd}',
    s: '\\t-\\r\\x1c-\\x20\\x85\\p{Zs}\\u2028\\u2029',
    w: '\\p{L}\\p{N}_',
  },
  ascii: { d: '0-9', s: '\\t-\\r\\x20', w: 'A-Za-z0-9_' },
};
const controls: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const mostRepetitions = 4_294_967_294;

class Fault extends Error {}
class Beyond extends Error {}

interface Part {
  /** In a set, or alone. */
  readonly source: string;
  /** A character's code point; missing for a class such as `\d`, which begins and ends no range. */
  readonly code?: number;
}

/** Part of what is made, and how many characters it takes at least and at most: a look-behind needs one width. */
interface Piece {
  readonly source: string;
  readonly least: number;
  readonly most: number;
}

/** Reads an expression from its beginning to its end, group by group. */
class Reader {
  private at = 0;
  private readonly groups = new Set<string>();
  private readonly flags: ReadonlySet<string>;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.flags = this.globalFlags();
  }

  read(): RegExp {
    const { source } = this.alternatives();
    if (this.at < this.text.length) throw new Fault('A parenthesis is closed that was never opened.');
    return new RegExp(source, this.flags.has('i') ? 'iv' : 'v');
  }

  private take(expected: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(expected.source, `${expected.flags}y`);
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found) this.at = sticky.lastIndex;
    return found;
  }

  private globalFlags(): ReadonlySet<string> {
    const flags = new Set<string>();
    for (;;) {
      const found = this.take(/\(\?([aiLmsux]+)\)/);
      if (!found) return flags;
      for (const flag of found[1] ?? '') flags.add(flag);
      if (flags.has('L')) throw new Fault('The flag L is for bytes, not for text.');
      if (flags.has('a') && flags.has('u')) throw new Fault('The flags a and u don’t go together.');
      if (flags.has('x')) throw new Beyond('verbose mode');
    }
  }

  private alternatives(): Piece {
    let made = this.sequence();
    while (this.take(/\|/)) {
      const other = this.sequence();
      made = {
        source: `${made.source}|${other.source}`,
        least: Math.min(made.least, other.least),
        most: Math.max(made.most, other.most),
      };
    }
    return made;
  }

  private sequence(): Piece {
    const made: Piece[] = [];
    /** Whether what was made last can be repeated. */
    let repeatable = false;
    while (this.at < this.text.length && !/[|)]/.test(this.text[this.at]!)) {
      if (this.take(/\(\?#/)) {
        if (!this.take(/[^)]*\)/)) throw new Fault('A comment isn’t closed.');
        continue;
      }
      const repetition = this.repetition();
      if (repetition !== undefined) {
        const last = repeatable ? made.pop() : undefined;
        if (last === undefined) throw new Fault('There is nothing to repeat.');
        made.push({
          source: last.source + repetition.source,
          least: Math.min(last.least * repetition.least, mostRepetitions),
          most: last.most === 0 ? 0 : Math.min(last.most * repetition.most, mostRepetitions + 1),
        });
        repeatable = false;
        continue;
      }
      const place = this.place();
      repeatable = place === undefined;
      made.push(place === undefined ? this.atom() : { source: place, least: 0, most: 0 });
    }
    return {
      source: made.map((one) => one.source).join(''),
      least: made.reduce((sum, one) => sum + one.least, 0),
      most: made.reduce((sum, one) => sum + one.most, 0),
    };
  }

  private repetition(): Piece | undefined {
    const found = this.take(/([*+?])|\{(?=[0-9,])([0-9]*)(,?)([0-9]*)\}/);
    if (!found) return undefined;
    const [, sign, first = '', comma = '', second = ''] = found;
    const lazy = this.take(/\?/) ? '?' : '';
    if (lazy === '' && this.take(/\+/)) throw new Beyond('possessive repetitions');
    if (sign) return { source: sign + lazy, least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity };
    const least = Number(first);
    const most = comma === '' ? least : second === '' ? Infinity : Number(second);
    if (least > most) throw new Fault('A repetition’s least is more than its most.');
    if (Math.max(least, most === Infinity ? 0 : most) > mostRepetitions)
      throw new Fault('A repetition is too large.');
    const source = `{${least}${comma}${most === Infinity || comma === '' ? '' : most}}${lazy}`;
    return { source, least, most };
  }

  /** A place between characters, which can’t be repeated. */
  private place(): string | undefined {
    const found = this.take(/[$^]|\\[ABZb]/)?.[0];
    const word = `[${this.classes['w']}]`;
    switch (found) {
      case '^':
        return this.flags.has('m') ? '(?:^|(?<=\\n))' : '^';
      case '$':
        return this.flags.has('m') ? '(?:$|(?=\\n))' : '(?=\\n?$)';
      case '\\A':
        return '^';
      case '\\Z':
        return '$';
      case '\\b':
        return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      // Python before 3.14 finds no \B in a text without characters.
      case '\\B':
        return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?!^$))`;
      default:
        return undefined;
    }
  }

  private atom(): Piece {
    if (this.take(/\(/)) return this.group();
    return { source: this.one(), least: 1, most: 1 };
  }

  /** What stands for one character. */
  private one(): string {
    if (this.take(/\./)) return this.flags.has('s') ? '[^]' : '[^\\n]';
    if (this.take(/\[/)) return this.set();
    if (this.take(/\\/)) {
      if (this.take(/N\{/)) throw new Beyond('characters by their names');
      if (!/^[0-7]{3}/.test(this.text.slice(this.at)) && /[1-9]/.test(this.text[this.at] ?? '')) {
        throw new Beyond('back-references');
      }
      return `[${this.escape().source}]`;
    }
    return `[${characterOf(this.character())}]`;
  }

  private character(): number {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw new Fault('The expression ends too early.');
    this.at += String.fromCodePoint(code).length;
    return code;
  }

  private group(): Piece {
    const begin = this.groupBegin();
    const inside = this.alternatives();
    if (!this.take(/\)/)) throw new Fault('A parenthesis isn’t closed.');
    const source = `${begin}${inside.source})`;
    if (!/^\(\?<?[=!]/.test(begin)) return { ...inside, source };
    if (begin.startsWith('(?<') && inside.least !== inside.most)
      throw new Fault('A look-behind needs a fixed width.');
    // JavaScript repeats no look-around by itself.
    return { source: `(?:${source})`, least: 0, most: 0 };
  }

  private groupBegin(): string {
    if (!this.take(/\?/)) return '(?:';
    const plain = this.take(/[:=!]/)?.[0];
    if (plain) return `(?${plain}`;
    const behind = this.take(/<[=!]/)?.[0];
    if (behind) return `(?${behind}`;
    const name = this.take(/P<([^>]*)>/)?.[1];
    if (name !== undefined) {
      if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name))
        throw new Fault(`“${name}” is no name of a group.`);
      if (this.groups.has(name)) throw new Fault(`Two groups are called “${name}”.`);
      this.groups.add(name);
      return '(?:';
    }
    if (this.take(/P=/)) throw new Beyond('back-references');
    if (this.take(/\(/)) throw new Beyond('conditions');
    if (this.take(/>/)) throw new Beyond('atomic groups');
    // V8 (Node 24) has them, but lets (?i:…) leak out of a repetition that is repeated lazily.
    if (this.take(/[aimsux]*(?:-[imsx]+)?:/)) throw new Beyond('flags of a group');
    if (this.take(/[aiLmsux]+\)/)) throw new Fault('Flags for all stand at the beginning only.');
    throw new Fault('A group begins with what Python doesn’t know.');
  }

  private set(): string {
    const negated = this.take(/\^/) ? '^' : '';
    let made = '';
    for (let first = true; first || !this.take(/\]/); first = false) {
      const from = this.member();
      if (!this.take(/-(?!\])/)) {
        made += from.source;
        continue;
      }
      const to = this.member();
      if (from.code === undefined || to.code === undefined)
        throw new Fault('A range in a set ends in a class.');
      if (from.code > to.code) throw new Fault('A range in a set ends before it begins.');
      made += `${characterOf(from.code)}-${characterOf(to.code)}`;
    }
    return `[${negated}${made}]`;
  }

  private member(): Part {
    if (this.at >= this.text.length) throw new Fault('A set isn’t closed.');
    if (this.take(/\\(?=N\{)/)) throw new Beyond('characters by their names');
    if (this.take(/\\/)) return this.escape();
    const code = this.character();
    return { source: characterOf(code), code };
  }

  private get classes(): Readonly<Record<string, string>> {
    return classes[this.flags.has('a') ? 'ascii' : 'unicode'];
  }

  /** What stands behind a backslash: a class or a character, in a set or alone. */
  private escape(): Part {
    const octal = this.take(/0[0-7]{0,2}|[0-7]{1,3}/)?.[0];
    const code = octal === undefined ? this.escapedCode() : Number.parseInt(octal, 8);
    if (typeof code !== 'number') return { source: code };
    if (octal !== undefined && code > 0o377) throw new Fault('An octal character is above 0o377.');
    if (code > 0x10ffff) throw new Fault('A character has a number above 10FFFF.');
    return { source: characterOf(code), code };
  }

  private escapedCode(): number | string {
    const letter = String.fromCodePoint(this.character());
    const digits = hexDigits[letter];
    if (digits !== undefined) {
      const found = this.take(new RegExp(`[0-9a-fA-F]{${digits}}`));
      if (!found) throw new Fault(`\\${letter} needs ${digits} hexadecimal digits.`);
      return Number.parseInt(found[0], 16);
    }
    const members = this.classes[letter.toLowerCase()];
    if (members !== undefined && /[dswDSW]/.test(letter)) {
      return letter === letter.toLowerCase() ? members : `[^${members}]`;
    }
    if (controls[letter] !== undefined) return controls[letter];
    if (/[A-Za-z0-9]/.test(letter)) throw new Fault(`Python doesn’t know \\${letter}.`);
    return letter.codePointAt(0)!;
  }
}

const characterOf = (code: number): string =>
  /\w/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\u{${code.toString(16)}}`;

/**
 * An expression as Python’s `re` (3.11) reads it, so that searching with it finds the same. Groups are for grouping alone:
 * what they caught isn’t told.
 */
export function pythonExpression(text: string): PythonExpression {
  try {
    return { expression: new Reader(text).read() };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    if (error instanceof Beyond) return { beyond: error.message };
    throw error;
  }
}
