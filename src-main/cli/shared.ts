import { styleText } from 'node:util';
import { type ErrorValue, toErrorValue } from '../contract/errors.ts';

/** What the process ends with. */
export const exitCodes = { good: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** An error as a person reads it in a terminal. */
export function describeError(error: ErrorValue): string {
  return error.hint ? `${error.message} ${styleText('dim', error.hint)}` : error.message;
}

/** Reports what a command could not do at all, and gives its exit code. */
export function reportFailure(thrown: unknown, json: boolean): number {
  const error = toErrorValue(thrown);
  if (json) printJson({ event: 'error', error });
  else console.error(`${styleText('red', 'Failed')}  ${describeError(error)}`);
  return exitCodes.someFailed;
}
