import { z } from 'zod';
import { ErrorValue } from './errors.ts';

/** Step and value; what is not a finite number is left out. */
export const SeriesPoint = z.tuple([z.number(), z.number()]);
export type SeriesPoint = z.infer<typeof SeriesPoint>;

export const RunChart = z.object({
  id: z.string(),
  title: z.string(),
  /** `share`: 0..1, shown in percent. */
  unit: z.enum(['share', 'number']),
  series: z.array(z.object({ name: z.string(), points: z.array(SeriesPoint) })),
  /** Whether its series add up, so that they may be laid on top of each other. */
  adds: z.boolean(),
  /** What to know before reading it. */
  note: z.string().nullable(),
});
export type RunChart = z.infer<typeof RunChart>;

/** What a drawing of a chart is made of. */
export const ChartDrawing = z.object({
  title: z.string().max(300),
  xLabel: z.string().max(100),
  series: z
    .array(z.object({ name: z.string().max(500), points: z.array(SeriesPoint).max(100_000) }))
    .max(100),
  /** Stages behind the curves; null reaches to the end. */
  bands: z.array(z.object({ name: z.string(), from: z.number(), to: z.number().nullable() })).max(1000),
});
export type ChartDrawing = z.infer<typeof ChartDrawing>;

/** Sparsity of each layer over time, 0..1; null where nothing is known. */
export const HeatMapView = z.object({
  layers: z.array(z.string()),
  steps: z.array(z.number()),
  values: z.array(z.array(z.number().nullable())),
});

/** What of the saved model is quantized, and why not the rest. */
export const QuantizationView = z.object({
  /** From which file. */
  file: z.string(),
  classes: z.array(
    z.object({
      name: z.string(),
      operations: z.int(),
      quantized: z.int(),
      parameters: z.number(),
      quantizedParameters: z.number(),
    }),
  ),
  /** Layers whose weights, or whose inputs, stayed in float. */
  floatWeights: z.array(z.string()),
  floatInputs: z.array(z.string()),
  /** Scopes that the configuration leaves out, with the operations of NNCF's log that they match. */
  ignored: z.array(z.object({ pattern: z.string(), operations: z.array(z.string()) })),
  /** Operations in float that no scope explains. */
  unexplained: z.array(z.string()),
});
export type QuantizationView = z.infer<typeof QuantizationView>;

export const WeightRangeView = z.object({
  module: z.string(),
  type: z.string(),
  least: z.number(),
  greatest: z.number(),
  /** 0..1 */
  zeros: z.number(),
  /** Part of the 8-bit codes' range that is in use; null for float. */
  codesUsed: z.number().nullable(),
});
export type WeightRangeView = z.infer<typeof WeightRangeView>;

const Kept = z.object({ kept: z.int(), dense: z.int(), ids: z.array(z.int()).nullable() });

/** One training with JPQD, as a page shows it. */
export const RunView = z.object({
  /** Handle of its folder. */
  id: z.string(),
  name: z.string(),
  location: z.string(),
  /** Part of its files that was read by now, 0..1; null when all is. */
  reading: z.number().nullable(),
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
  heatMap: HeatMapView.nullable(),
  layers: z.array(
    z.object({
      layer: z.int(),
      name: z.string(),
      heads: Kept.nullable(),
      feedForward: Kept.nullable(),
      denseParameters: z.number(),
      prunedParameters: z.number(),
    }),
  ),
  /** Tensors whose histograms were logged. */
  histograms: z.int(),
  quantization: QuantizationView.nullable(),
  /** The metric of quality, and what it may lose. */
  metric: z
    .object({
      key: z.string(),
      last: z.number(),
      best: z.number(),
      bestStep: z.number(),
      /** The worst value that is allowed; null where nothing is asked. */
      limit: z.number().nullable(),
      met: z.boolean().nullable(),
    })
    .nullable(),
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

export const compareAxes = ['step', 'epoch', 'time'] as const;

/** How trainings are laid over each other. */
export const CompareChoices = z.object({
  axis: z.enum(compareAxes).default('step'),
  /** 0..1, as TensorBoard's slider. */
  smoothing: z.number().min(0).max(0.999).default(0),
  /** Part of the values that a chart leaves out of its range at either end. */
  clip: z.number().min(0).max(0.49).default(0),
});
export type CompareChoices = z.infer<typeof CompareChoices>;

export const paretoCosts = ['bytes', 'parameters', 'sparsity', 'latency', 'throughput'] as const;
export type ParetoCost = (typeof paretoCosts)[number];

/** Curves of one metric over each other. */
export const OverlayView = z.object({
  metric: z.string(),
  curves: z.array(z.object({ run: z.int(), points: z.array(SeriesPoint) })),
  range: z.tuple([z.number(), z.number()]).nullable(),
  /** What to know before comparing. */
  note: z.string().nullable(),
});
export type OverlayView = z.infer<typeof OverlayView>;

/** Several trainings against each other. Runs are named by their place in `runs`. */
export const ComparisonView = z.object({
  runs: z.array(z.string()),
  /** All that any of them logged, those first that people look at. */
  metrics: z.array(z.string()),
  settings: z.array(
    z.object({
      group: z.string(),
      name: z.string(),
      values: z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])),
      differs: z.boolean(),
    }),
  ),
  pareto: z
    .object({
      metric: z.string(),
      lowerIsBetter: z.boolean(),
      candidates: z.array(
        z.object({
          run: z.int(),
          checkpoint: z.string(),
          step: z.number().nullable(),
          metric: z.number(),
          costs: z.partialRecord(z.enum(paretoCosts), z.number()),
        }),
      ),
      /** For each cost, places of the candidates that no other beats in both. */
      fronts: z.record(z.enum(paretoCosts), z.array(z.int())),
    })
    .nullable(),
});
export type ComparisonView = z.infer<typeof ComparisonView>;

/** How far measuring models is, and what is known by now. */
export const MeasureView = z.object({
  id: z.string(),
  /** Part of the whole that is over, 0..1. */
  fraction: z.number(),
  /** What is measured now; null at the end. */
  now: z.string().nullable(),
  /** Texts, the heads first. */
  cells: z.array(z.array(z.string())),
  /** Under what the figures were taken. */
  conditions: z.array(z.string()),
  markdown: z.string(),
  csv: z.string(),
  error: ErrorValue.nullable(),
});
export type MeasureView = z.infer<typeof MeasureView>;
