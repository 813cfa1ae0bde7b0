import { styleText } from 'node:util';
import { type ErrorValue, toErrorValue } from '../contract/errors.ts';
import { connectClient, type EngineClient, serve } from '../contract/wire.ts';
import { memoryCarriers } from '../engine/host/carriers/memory.ts';
import { userFolders } from '../engine/host/folders.ts';
import { readVersion } from '../engine/host/version.ts';

/** What the process ends with. */
export const exitCodes = { good: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs work with an engine in this process, reached over the same contract as from a window. Its queue and settings
 * live only as long: two commands at a time, or a command beside an open window, don't disturb each other.
 */
export async function withEngine<Result>(
  resources: string,
  work: (engine: EngineClient) => Promise<Result>,
): Promise<Result> {
  // Commands that need no engine start without its weight: half a second and 50 MB.
  const { createEngine } = await import('../engine/host/engine.ts');
  const [near, far] = memoryCarriers();
  const engine = await createEngine({
    folders: userFolders(resources),
    version: readVersion(resources),
    transient: true,
    emit: (name, payload) => connection.emit(name, payload),
  });
  const connection = serve(far, engine.handlers, 'host');
  const client = connectClient(near);
  try {
    return await work(client);
  } finally {
    await engine.close();
    client.close();
  }
}

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
