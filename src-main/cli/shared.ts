import { styleText } from 'node:util';
import { InvalidArgumentError } from 'commander';
import { type ErrorValue, toErrorValue } from '../contract/errors.ts';

/** What the process ends with. */
export const exitCodes = { good: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** An error as a person reads it in a terminal. */
export function describeError(error: ErrorValue): string {
  const message = plainText(error.message);
  return error.hint ? `${message} ${styleText('dim', plainText(error.hint))}` : message;
}

/** Text of files for a terminal, which would obey what looks like a command in it. */
export const plainText = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);

/**
 * Prints a line that has names out of files in it: colours stay, and all else that a terminal would obey becomes visible.
 */
export function say(line: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys.
  console.log(line.replaceAll(/\x1b(?!\[\d+m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g, plainText));
}

/** A number with what it counts: `1 item`, `2 items`. */
export const counted = (number: number, singular: string): string =>
  `${number} ${singular}${number === 1 ? '' : 's'}`;

/** A name or path. An empty one, as a shell's variable that is not set gives it, would be the folder that one is in. */
export function parseName(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** Several of them. */
export const parseNames = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  parseName(text),
];

/** What stands below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ refinery ${line}`).join('\n')}`;

/**
 * Calls back at Ctrl+C, and when the system or the terminal wants an end. What is half written is removed when the work lets
 * go; who can't wait for that asks a third time.
 *
 * @returns what makes it stop listening.
 */
export function listenForStop(onStop: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let asked = 0;
  const hear = (): void => {
    asked += 1;
    if (asked > 2) process.exit(exitCodes.interrupted);
    onStop();
  };
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.removeListener(signal, hear);
  };
}

/** Reports what a command could not do at all, and gives its exit code. */
export function reportFailure(thrown: unknown, json: boolean): number {
  const error = toErrorValue(thrown);
  if (json) printJson({ event: 'error', error });
  else console.error(`${styleText('red', 'Failed')}  ${describeError(error)}`);
  return error.code === 'BAD_REQUEST' ? exitCodes.usage : exitCodes.someFailed;
}
