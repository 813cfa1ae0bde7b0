import { RefineryError } from '../../contract/errors.ts';

/**
 * Cuts a command line into arguments as a POSIX shell does: at white space, quotes keep together, a backslash takes what
 * follows as it is, also the end of a line. Nothing is expanded.
 *
 * @throws {RefineryError} `BAD_REQUEST` for a quote that isn't closed.
 */
export function splitArguments(text: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote === "'") {
      if (character === quote) quote = '';
      else current += character;
    } else if (character === '\\') {
      at += 1;
      const next = text[at] ?? '';
      // A line that goes on.
      if (next === '\n' || next === '') continue;
      if (quote === '"' && !'"\\$`'.includes(next)) current += '\\';
      current = (current ?? '') + next;
    } else if (quote === '"') {
      if (character === quote) quote = '';
      else current += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      current ??= '';
    } else if (/\s/.test(character)) {
      if (current !== undefined) found.push(current);
      current = undefined;
    } else {
      current = (current ?? '') + character;
    }
  }
  if (quote !== '') {
    throw new RefineryError('BAD_REQUEST', 'A quote in the arguments isn’t closed.', {
      hint: `Close it with ${quote}.`,
    });
  }
  return current === undefined ? found : [...found, current];
}

/** Places in the arguments that stand for what was chosen beside them. */
export interface Placeholders {
  readonly output: string;
  readonly config: string | undefined;
}

/**
 * Puts the chosen places in for `{output}` and `{config}`.
 *
 * @throws {RefineryError} `BAD_REQUEST` when the output is named nowhere, or a configuration is asked for and there is none.
 */
export function fillArguments(text: string, { output, config }: Placeholders): string[] {
  const parts = splitArguments(text);
  if (!parts.some((part) => part.includes('{output}'))) {
    throw new RefineryError('BAD_REQUEST', 'The arguments don’t say where the training writes to.', {
      hint: 'Add --output_dir {output}.',
    });
  }
  return parts.map((part) => {
    if (part.includes('{config}') && config === undefined) {
      throw new RefineryError('BAD_REQUEST', 'The arguments ask for a configuration, and none is chosen.', {
        hint: 'Choose one, or take {config} out.',
      });
    }
    return part.replaceAll('{output}', output).replaceAll('{config}', config ?? '');
  });
}
