import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import type { Precision } from '../../contract/upscale.ts';
import { type Compiled, compileWithFallback } from '../runtime/index.ts';
import { samplers } from './samplers/index.ts';
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
const LdmConfig = z.object({
  unet: z.object({
    in_channels: z.int(),
    out_channels: z.int(),
    block_out_channels: z.array(z.int()).min(1),
  }),
  vqvae: z.object({
    latent_channels: z.int(),
    out_channels: z.int(),
    block_out_channels: z.array(z.int()).min(1),
  }),
  /** Who looks up the nearest codes: the decoder itself (`mm`, `cdist`) or the host (`none`). */
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
}

/**
 * Reads a folder that `convert_ldm.py` wrote.
 *
 * @throws {RefineryError} `MODEL_NOT_INSTALLED` when a file is missing, `MODEL_CORRUPT` when one can't be read,
 *   `INPUT_UNSUPPORTED` when the model is of another kind.
 */
export async function readModelFolder(folder: string): Promise<DiffusionModelFolder> {
  await requireFiles(folder);
  const config = await readConfig(join(folder, modelFolderFiles.config));
  const { unet, vqvae } = config;
  if (
    unet.in_channels !== 6 ||
    unet.out_channels !== 3 ||
    vqvae.latent_channels !== 3 ||
    vqvae.out_channels !== 3
  ) {
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      'This diffusion model isn’t one that enlarges RGB pictures.',
      {
        hint: 'Latent diffusion models for super-resolution are used: latents and picture of three channels each.',
      },
    );
  }
  if (config.quantizer === 'none') {
    throw new RefineryError('INPUT_UNSUPPORTED', 'The model’s decoder doesn’t look up its codes.', {
      hint: 'Convert it again without `--quantizer none`.',
    });
  }
  const scheduler = readSchedulerConfig(await readFile(join(folder, modelFolderFiles.scheduler), 'utf8'));
  const named = samplers.find(({ classes }) => classes.includes(scheduler._class_name ?? ''));
  return {
    unet: join(folder, modelFolderFiles.unet),
    decoder: join(folder, modelFolderFiles.decoder),
    scheduler,
    sampler: (named ?? samplers[0]!).name,
    multiple: 2 ** (unet.block_out_channels.length - 1),
    factor: 2 ** (vqvae.block_out_channels.length - 1),
    weights: config.weights ?? '',
  };
}

async function requireFiles(folder: string): Promise<void> {
  const names = Object.values(modelFolderFiles);
  const there = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  );
  const missing = names.filter((_, index) => !there[index]);
  if (missing.length === 0) return;
  throw new RefineryError('MODEL_NOT_INSTALLED', `The model lacks ${missing.join(', ')}.`, {
    hint: 'Choose the folder that convert_ldm.py wrote, with all of its files.',
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

/** Compiles both networks. @throws {RefineryError} `MODEL_CORRUPT`, `DEVICE_UNAVAILABLE`. */
export async function openModel(
  options: OpenModelOptions,
): Promise<{ readonly unet: Compiled; readonly decoder: Compiled }> {
  const { openvino, model, device, precision, threads, cacheDir } = options;
  const shared = { openvino, device, ...(threads ? { threads } : {}), ...(cacheDir ? { cacheDir } : {}) };
  const unet = await compileWithFallback({ ...shared, model: model.unet, precision });
  const decoder = await compileWithFallback({ ...shared, model: model.decoder, precision: 'f32' });
  return { unet, decoder };
}
