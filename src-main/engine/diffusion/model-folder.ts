import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import type { Precision } from '../../contract/upscale.ts';
import { type Compiled, compileWithFallback } from '../runtime/index.ts';
import { type MemoryNeeds, memoryNeeds } from './memory.ts';
import { checkNetworks, NetworkConfigs } from './network-configs.ts';
import { checkShapes } from './networks.ts';
import { samplerOf } from './samplers/index.ts';
import { readSchedulerConfig, type SchedulerConfig } from './schedule.ts';

/** Files of a converted model: two IRs, what the networks are, and how noise was scheduled in training. */
export const modelFolderFiles = {
  unet: 'unet.xml',
  unetWeights: 'unet.bin',
  decoder: 'vqvae_decoder.xml',
  decoderWeights: 'vqvae_decoder.bin',
  config: 'ldm_config.json',
  scheduler: 'scheduler_config.json',
} as const;

/** What is used of the `ldm_config.json` that the converter writes: diffusers' configs of both networks. */
const LdmConfig = NetworkConfigs.extend({
  /** Who finds the nearest codes: the decoder, looking at each (`mm`, `cdist`) or by rounding (`grid`), or the host (`none`). */
  quantizer: z.string().default('mm'),
  weights: z.string().optional(),
});

/** A converted latent diffusion model for enlarging. */
export interface DiffusionModelFolder {
  /** Paths of the IRs. */
  readonly unet: string;
  readonly decoder: string;
  readonly scheduler: SchedulerConfig;
  /** Name of the sampler that the model's scheduler asks for. */
  readonly sampler: string;
  /** What both sides must be a multiple of: each of the UNet's levels but the last halves them. */
  readonly multiple: number;
  /** How many times the decoder enlarges. */
  readonly factor: number;
  /** Type of the UNet's weights, such as f16 or int8; empty where the converter didn't say. */
  readonly weights: string;
  /** What the networks take while they run. */
  readonly memory: MemoryNeeds;
}

/**
 * Reads a folder that `refinery convert-model ldm` wrote.
 *
 * @throws {RefineryError} `MODEL_NOT_INSTALLED` when a file is missing, `MODEL_CORRUPT` when one can't be read,
 *   `INPUT_UNSUPPORTED` when the model is of another kind.
 */
export async function readModelFolder(folder: string): Promise<DiffusionModelFolder> {
  const bytes = await requireFiles(folder);
  const config = await readConfig(join(folder, modelFolderFiles.config));
  const { unet, vqvae } = config;
  checkNetworks(config);
  if (config.quantizer === 'none') {
    throw new RefineryError('INPUT_UNSUPPORTED', 'The model’s decoder doesn’t look up its codes.', {
      hint: 'Convert it again without `--quantizer none`.',
    });
  }
  const scheduler = readSchedulerConfig(await readFile(join(folder, modelFolderFiles.scheduler), 'utf8'));
  return {
    unet: join(folder, modelFolderFiles.unet),
    decoder: join(folder, modelFolderFiles.decoder),
    scheduler,
    sampler: samplerOf(scheduler).name,
    multiple: 2 ** (unet.block_out_channels.length - 1),
    factor: 2 ** (vqvae.block_out_channels.length - 1),
    weights: config.weights ?? '',
    memory: memoryNeeds(
      // Rounding compares a latent with no code.
      config.quantizer === 'grid' ? { ...config, vqvae: { ...vqvae, num_vq_embeddings: 0 } } : config,
      weightsIn(bytes.get(modelFolderFiles.unetWeights)!, config.weights) +
        weightsIn(
          bytes.get(modelFolderFiles.decoderWeights)!,
          config.weights === 'int8' ? 'f16' : config.weights,
        ),
    ),
  };
}

/** How many weights a file of a size holds, about. */
function weightsIn(bytes: number, type = 'f16'): number {
  return bytes / (type === 'f32' ? 4 : type === 'int8' ? 1 : 2);
}

/** @returns sizes of the files. */
async function requireFiles(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = Object.values(modelFolderFiles);
  const found = new Map<string, number>();
  for (const name of names) {
    const file = await stat(join(folder, name)).catch(() => undefined);
    if (file?.isFile() && file.size > 0) found.set(name, file.size);
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new RefineryError('MODEL_NOT_INSTALLED', `The model lacks ${missing.join(', ')}.`, {
    hint: 'Choose the folder that `refinery convert-model ldm` wrote, with all of its files.',
    details: folder,
  });
}

async function readConfig(path: string): Promise<z.output<typeof LdmConfig>> {
  try {
    return LdmConfig.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', `The model’s ${modelFolderFiles.config} can’t be read.`, {
      hint: 'Convert or download the model again.',
      details: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
      cause,
    });
  }
}

export interface OpenModelOptions {
  readonly openvino: NodeAddon;
  readonly model: DiffusionModelFolder;
  readonly device: string;
  /** Of the UNet. The decoder always computes in f32: in fewer bits it would choose other codes. */
  readonly precision: Precision;
  readonly threads?: number;
  readonly cacheDir?: string;
}

/**
 * Compiles both networks.
 *
 * @throws {RefineryError} `MODEL_CORRUPT`, also where they take or give something else than the configuration says;
 *   `DEVICE_UNAVAILABLE`.
 */
export async function openModel(
  options: OpenModelOptions,
): Promise<{ readonly unet: Compiled; readonly decoder: Compiled }> {
  const { openvino, model, device, precision, threads, cacheDir } = options;
  const shared = { openvino, device, ...(threads ? { threads } : {}), ...(cacheDir ? { cacheDir } : {}) };
  const unet = await compileWithFallback({ ...shared, model: model.unet, precision });
  const decoder = await compileWithFallback({ ...shared, model: model.decoder, precision: 'f32' });
  checkShapes(unet.compiled, decoder.compiled);
  return { unet, decoder };
}
