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
}

export function method<Input extends z.ZodType, Output extends z.ZodType>(
  audience: Audience,
  input: Input,
  output: Output,
): MethodDefinition<Input, Output> {
  return { audience, input, output };
}

export const nothing = z.object({});
export const done = z.object({});
