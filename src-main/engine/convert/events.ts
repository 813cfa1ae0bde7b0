import { z } from 'zod';
import { Parity } from '../../contract/models.ts';

const ParityLine = Parity.extend({ event: z.literal('parity') });
export type ParityLine = z.infer<typeof ParityLine>;

const ScriptLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('stage'), stage: z.string(), fraction: z.number().min(0).max(1) }),
  ParityLine,
  z.object({
    event: z.literal('done'),
    passed: z.boolean(),
    /** Of Python and the packages that took part. */
    versions: z.record(z.string(), z.string()),
  }),
  z.object({ event: z.literal('error'), kind: z.string(), message: z.string() }),
]);
export type ScriptLine = z.infer<typeof ScriptLine>;

/**
 * Reads a line of the script. Python writes NaN and infinities as numbers, which JSON doesn't have: they become null,
 * and what is compared with them has not passed.
 *
 * @returns nothing for a line that a library printed.
 */
export function parseScriptLine(line: string): ScriptLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line.replace(/:\s*(?:-?Infinity|NaN)(?=[,}])/g, ': null'));
    return ScriptLine.safeParse(value).data;
  } catch {
    return undefined;
  }
}
