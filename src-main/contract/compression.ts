import { z } from 'zod';

/** Step and value; what is not a finite number is left out. */
export const SeriesPoint = z.tuple([z.number(), z.number()]);
export type SeriesPoint = z.infer<typeof SeriesPoint>;

export const RunChart = z.object({
  id: z.string(),
  title: z.string(),
  /** `share`: 0..1, shown in percent. */
  unit: z.enum(['share', 'number']),
  series: z.array(z.object({ name: z.string(), points: z.array(SeriesPoint) })),
});
export type RunChart = z.infer<typeof RunChart>;

const Kept = z.object({ kept: z.int(), dense: z.int(), ids: z.array(z.int()).nullable() });

/** One training with JPQD, as a page shows it. */
export const RunView = z.object({
  /** Handle of its folder. */
  id: z.string(),
  name: z.string(),
  location: z.string(),
  /** Optimizer steps. */
  step: z.number(),
  maxSteps: z.number().nullable(),
  stepsPerSecond: z.number().nullable(),
  /** Milliseconds. */
  timeLeft: z.number().nullable(),
  stages: z.array(z.object({ kind: z.string(), from: z.number(), to: z.number().nullable() })),
  stage: z.string(),
  /** Why sparsity fell when structured masking came. */
  explanation: z.string().nullable(),
  /** Figures worth a line of their own. */
  figures: z.array(z.object({ label: z.string(), value: z.string() })),
  charts: z.array(RunChart),
  layers: z.array(
    z.object({
      layer: z.int(),
      heads: Kept.nullable(),
      feedForward: Kept.nullable(),
      denseParameters: z.number(),
      prunedParameters: z.number(),
    }),
  ),
  advice: z.array(
    z.object({
      id: z.string(),
      severity: z.enum(['error', 'warning', 'note']),
      title: z.string(),
      evidence: z.array(z.object({ text: z.string(), where: z.string() })),
      change: z.string(),
    }),
  ),
  problems: z.array(z.object({ file: z.string(), message: z.string() })),
});
export type RunView = z.infer<typeof RunView>;
