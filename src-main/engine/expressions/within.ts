import { type Context, createContext, type Script } from 'node:vm';

/**
 * Runs a script on some values for a while. Nested repetitions such as `(a+)+$` may take years on a long text, and nothing
 * but a limit of time tells them for sure. A call costs some 0.2 ms, so many texts go into one.
 *
 * @returns null where it was given up.
 */
export function within<Result>(
  milliseconds: number,
  script: Script,
  values: Readonly<Record<string, unknown>>,
): Result | null {
  const context: Context = createContext({ ...values });
  try {
    return script.runInContext(context, { timeout: Math.max(1, Math.ceil(milliseconds)) }) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return null;
  }
}
