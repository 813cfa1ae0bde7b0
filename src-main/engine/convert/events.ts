import { z } from 'zod';

/** One comparison of OpenVINO with PyTorch on the same numbers. */
export const ParityLine = z.object({
  event: z.literal('parity'),
  part: z.enum(['unet', 'decoder', 'run']),
  /** Size and timestep, or what of the run was compared. */
  what: z.string(),
  maxAbs: z.number().nullable(),
  meanAbs: z.number().nullable(),
  /** Largest difference in parts of the largest value. */
  relative: z.number().nullable(),
  /** What is accepted of `relative`; null where the figure only informs. */
  limit: z.number().nullable(),
  passed: z.boolean(),
});
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
