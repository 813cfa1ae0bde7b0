import { createContext, Script } from 'node:vm';

/** Milliseconds that trying one expression on a model's layers may take; a usual one takes a tenth of one. */
const patience = 100;

/** What took longer, so that an editor that looks again at each change stops once for it; forgotten when many come. */
const slow = new Set<string>();
const mostSlow = 1_000;

const trial = new Script('names.filter((name) => expression.test(name))');

/** Python's expressions for scopes are JavaScript's too, apart from rare ones. */
export function expressionOf(scope: string): RegExp | undefined {
  try {
    return new RegExp(scope.slice('{re}'.length));
  } catch {
    return undefined;
  }
}

/**
 * The names in which an expression is found. Nested repetitions such as `(a+)+$` may take years on a long name, and nothing
 * but a limit of time tells them for sure: the engine goes on after {@link patience}.
 *
 * @returns null where looking was given up.
 */
export function namesWith(expression: RegExp, names: readonly string[]): readonly string[] | null {
  const { source } = expression;
  if (slow.has(source)) return null;
  try {
    const context = createContext({ expression, names });
    return [...(trial.runInContext(context, { timeout: patience }) as Iterable<string>)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    if (slow.size >= mostSlow) slow.clear();
    slow.add(source);
    return null;
  }
}
