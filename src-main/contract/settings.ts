import { z } from 'zod';
import { UpscalePreset, UpscaleSettings } from './upscale.ts';

/** What Refinery remembers. Unknown keys are kept out, missing ones take their default. */
export const Settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Choices that the next batch starts with. */
  upscale: UpscaleSettings.prefault({}),
  presets: z.array(UpscalePreset).max(100).default([]),
  /** Folder of an OpenVINO to use before any other; '' looks for one. */
  runtimePath: z.string().default(''),
  /** Threads for inference; 0 leaves it to OpenVINO. */
  threads: z.int().min(0).max(256).default(0),
  /** Memory in MB that upscaling may use; 0 measures what is free. */
  memoryBudget: z.int().min(0).max(1_048_576).default(0),
  notifyWhenDone: z.boolean().default(true),
  /** Whether the first-run sample was put away. */
  welcomed: z.boolean().default(false),
});
export type Settings = z.infer<typeof Settings>;
