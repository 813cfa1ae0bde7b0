import { Script } from 'node:vm';
import { RefineryError } from '../../../contract/errors.ts';
import { within } from '../../expressions/within.ts';

/** Milliseconds for one expression on the texts of one call; ten thousand usual ones take a few. */
const patience = 1_000;

const replacing = new Script('texts.map((text) => text.replace(pattern, replace))');
const finding = new Script(
  'texts.map((text) => { const found = pattern.exec(text); return found && (found[1] ?? found[0]); })',
);

/**
 * A regular expression of JavaScript's, with the flag u, that a person gave to a transform.
 *
 * @param name of the transform or option, for the words of an error.
 * @throws {RefineryError} `BAD_REQUEST` for none; later, from its methods, for one that takes too long.
 */
export class Pattern {
  private readonly name: string;
  private readonly expression: RegExp;

  constructor(name: string, source: string) {
    this.name = name;
    try {
      this.expression = new RegExp(source, 'gu');
    } catch (thrown) {
      throw new RefineryError(
        'BAD_REQUEST',
        `${name} is no regular expression: ${(thrown as Error).message}.`,
      );
    }
  }

  /** The texts with each match replaced; `$1` is the first group, `$<name>` a named one. */
  replaceIn(texts: readonly string[], replace: string): readonly string[] {
    return this.run<string[]>(replacing, { texts, replace, pattern: this.expression });
  }

  /** The first group of each text's first match, or the match; null where there is none. */
  findIn(texts: readonly string[]): readonly (string | null)[] {
    return this.run<(string | null)[]>(finding, { texts, pattern: new RegExp(this.expression, 'u') });
  }

  private run<Result>(script: Script, values: Readonly<Record<string, unknown>>): Result {
    const made = within<Result>(patience, script, values);
    if (made !== null) return made;
    throw new RefineryError('BAD_REQUEST', `${this.name}: looking for this expression takes too long.`, {
      hint: 'Write it without repetitions within repetitions: a+ instead of (a+)+.',
    });
  }
}
