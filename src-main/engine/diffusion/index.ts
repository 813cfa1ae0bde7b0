export type { Checkpoint, RunSettings } from './checkpoint.ts';
export { type DiffusionModelFolder, modelFolderFiles, openModel, readModelFolder } from './model-folder.ts';
export { decodeLatents } from './networks.ts';
export { TorchGenerator } from './noise.ts';
export { roundHalfToEven } from './numbers.ts';
export { type Diffused, type DiffusionOptions, type DiffusionStep, diffuse } from './pipeline.ts';
export { type SamplerKind, samplerNamed, samplers } from './samplers/index.ts';
export { parseSchedulerConfig, readSchedulerConfig, type SchedulerConfig } from './schedule.ts';
export type { Tiling } from './tiled.ts';
