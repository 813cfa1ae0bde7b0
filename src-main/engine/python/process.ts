import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { RefineryError } from '../../contract/errors.ts';

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Gets each line of the standard output. */
  readonly onLine?: (line: string) => void;
}

export interface ProcessEnd {
  /** 127 where the program could not be started. */
  readonly code: number;
  /** The last of what it said on its standard error, or why it could not be started. */
  readonly errors: string;
}

const keptErrors = 6_000;

/**
 * Runs a program to its end. Its standard input stays open as long as this process lives: a program that reads it
 * notices when we are gone.
 *
 * @throws {RefineryError} `CANCELLED` when the signal is aborted, after the program and all that it started have ended.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  { env = {}, signal, onLine }: ProcessOptions = {},
): Promise<ProcessEnd> {
  if (signal?.aborted) throw cancelled();
  const ownGroup = process.platform !== 'win32';
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    // Ctrl+C in a terminal reaches us alone, and we end the whole group.
    detached: ownGroup,
  });
  child.stdin.on('error', () => undefined);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrors);
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => onLine?.(line));
  const stop = (): void => {
    try {
      if (ownGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number>((resolve) => {
      child.once('error', (error) => {
        errors = error.message;
        resolve(127);
      });
      child.once('close', (status) => resolve(status ?? 1));
    });
    if (signal?.aborted) throw cancelled();
    return { code, errors: errors.trim() };
  } finally {
    signal?.removeEventListener('abort', stop);
    lines.close();
  }
}

function cancelled(): RefineryError {
  return new RefineryError('CANCELLED', 'Cancelled.');
}
