import { z } from 'zod';
import { FileHandle, FileHandleId } from './files.ts';

/** Longest text of a configuration that is edited. */
export const configLimit = 1_000_000;
export const ConfigText = z.string().max(configLimit);

const SuggestedScope = z.object({ pattern: z.string(), count: z.int() });

/** What scopes are tried on: a model's real layers. */
export const ModelLayersView = z.object({
  layers: z.array(z.object({ name: z.string(), shape: z.array(z.number()) })),
  /** Names of what scopes of quantization match; the layers are among them. */
  operations: z.array(z.string()),
  /** Scopes that its names suggest, with how many layers each matches. */
  suggestions: z.array(SuggestedScope),
  operationSuggestions: z.array(SuggestedScope),
  epochs: z.number().nullable(),
  stepsPerEpoch: z.number().nullable(),
  /** Where the names are from. */
  note: z.string(),
});
export type ModelLayersView = z.infer<typeof ModelLayersView>;

export const ConfigPresetView = z.object({
  id: z.string(),
  title: z.string(),
  note: z.string(),
  /** Published epochs, where they are. */
  epochs: z.number().nullable(),
  text: z.string(),
});
export type ConfigPresetView = z.infer<typeof ConfigPresetView>;

/** Whose layers are taken: of a file or folder that was chosen, or of the model that a preset is for. */
export const LayerSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('handle'), handle: FileHandleId }),
  z.object({ kind: z.literal('preset'), id: z.string().max(80) }),
]);
export type LayerSource = z.infer<typeof LayerSource>;

export const ConfigPlanning = z.object({
  epochs: z.number().positive().max(100_000),
  stepsPerEpoch: z.number().positive().max(1e9).nullable(),
});
export type ConfigPlanning = z.infer<typeof ConfigPlanning>;

/** What is to be said of a configuration's text. */
export const ConfigView = z.object({
  /** Why it is no JSON; then the lists are empty. */
  fault: z.object({ message: z.string(), line: z.int(), column: z.int() }).nullable(),
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(['error', 'warning']),
      /** Such as `$.compression[0].params.warmup_end_epoch`. */
      path: z.string(),
      message: z.string(),
      change: z.string(),
    }),
  ),
  scopes: z.array(
    z.object({
      path: z.string(),
      pattern: z.string(),
      layers: z.array(z.string()),
      fault: z.string().nullable(),
    }),
  ),
  /** How each layer is cut. */
  layers: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      mode: z.enum(['ignored', 'unstructured', 'fine', 'block', 'per_dim']),
      entry: z.int().nullable(),
      /** Rows and columns that are kept or left out together. */
      unit: z.tuple([z.number(), z.number()]).nullable(),
      /** How many such units there are, down and across; null where they don't fill the shape. */
      units: z.tuple([z.number(), z.number()]).nullable(),
      fits: z.boolean(),
    }),
  ),
  schedule: z
    .object({
      points: z.array(
        z.object({
          epoch: z.number(),
          /** Part of the way, 0..1. */
          level: z.number(),
          threshold: z.number().nullable(),
          factor: z.number(),
        }),
      ),
      warmupStart: z.number(),
      warmupEnd: z.number(),
      epochs: z.number(),
    })
    .nullable(),
});
export type ConfigView = z.infer<typeof ConfigView>;

/** A configuration as it lies in a file. */
export const ConfigFile = z.object({
  handle: FileHandle,
  text: ConfigText,
  /** Hash of what was read or written, so that a file that was changed elsewhere is not replaced unknowingly. */
  stamp: z.string(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

export const ConfigTarget = z.discriminatedUnion('kind', [
  /** The file that was opened, unless it was changed since. */
  z.object({ kind: z.literal('same'), handle: FileHandleId, stamp: z.string() }),
  z.object({
    kind: z.literal('new'),
    folder: FileHandleId,
    name: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^/\\]+$/),
    overwrite: z.boolean(),
  }),
]);
export type ConfigTarget = z.infer<typeof ConfigTarget>;
