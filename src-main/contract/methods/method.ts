import { z } from 'zod';

/**
 * Who may call a method. `window`: everybody, also a page. `host`: only what owns the file system's side (the
 * desktop main process, the web server, the command line); these take or give paths.
 */
export type Audience = 'window' | 'host';

interface MethodDefinition<Input extends z.ZodType, Output extends z.ZodType> {
  readonly audience: Audience;
  readonly input: Input;
  readonly output: Output;
  /** Whether it may take as long as it takes: it reads whole sets, or waits for a person. Others are answered at once. */
  readonly lasts: boolean;
}

export function method<Input extends z.ZodType, Output extends z.ZodType>(
  audience: Audience,
  input: Input,
  output: Output,
): MethodDefinition<Input, Output> {
  return { audience, input, output, lasts: false };
}

/** {@link method} that {@link MethodDefinition.lasts}. */
export const lasting: typeof method = (audience, input, output) => ({
  ...method(audience, input, output),
  lasts: true,
});

export const nothing = z.object({});
export const done = z.object({});
