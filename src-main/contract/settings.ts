import { z } from 'zod';
import { UpscalePreset, UpscaleSettings } from './upscale.ts';

const fields = {
  theme: z.enum(['system', 'light', 'dark']),
  /** Choices that the next batch starts with. */
  upscale: UpscaleSettings,
  presets: z.array(UpscalePreset).max(100),
  /** Threads for inference; 0 leaves it to OpenVINO. */
  threads: z.int().min(0).max(256),
  /** Memory in MB that upscaling may use; 0 measures what is free. */
  memoryBudget: z.int().min(0).max(1_048_576),
  notifyWhenDone: z.boolean(),
  /** What compressed models may lose of the dense one's metric, in its own unit; null: nothing is asked. */
  compressionBudget: z.object({ baseline: z.number(), allowed: z.number().min(0) }).nullable(),
};

/** What Refinery remembers. Unknown keys are kept out, missing ones take their default. */
export const Settings = z.object({
  theme: fields.theme.default('system'),
  upscale: fields.upscale.prefault({}),
  presets: fields.presets.default([]),
  /** Folder of an OpenVINO to use before any other; '' looks for one. Changed by `engine.useRuntime` alone. */
  runtimePath: z.string().default(''),
  threads: fields.threads.default(0),
  memoryBudget: fields.memoryBudget.default(0),
  notifyWhenDone: fields.notifyWhenDone.default(true),
  compressionBudget: fields.compressionBudget.default(null),
});
export type Settings = z.infer<typeof Settings>;

/** Some settings. Made of fields without defaults: what is not named must stay as it is. */
export const SettingsChange = z.object(fields).partial();
export type SettingsChange = z.infer<typeof SettingsChange>;

/** A change without the keys whose value is undefined: what is not named must stay as it is. */
export function definedOnly(change: SettingsChange): Partial<Settings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
