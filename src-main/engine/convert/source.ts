import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { checkNetworks, NetworkConfigs, readSchedulerConfig, samplerOf } from '../diffusion/index.ts';
import { hashFile } from '../io/hash.ts';

/** A file of the model that is converted. `name` is relative to its folder, with slashes. */
export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
}

const weightNames = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.bin',
  'diffusion_pytorch_model.safetensors.index.json',
  'diffusion_pytorch_model.bin.index.json',
];

/** What must be there: one of each row. */
const pieces = [
  ['unet/config.json'],
  weightNames.map((name) => `unet/${name}`),
  ['vqvae/config.json'],
  weightNames.map((name) => `vqvae/${name}`),
  ['scheduler/scheduler_config.json'],
];

/**
 * Looks at a folder that diffusers' LDMSuperResolutionPipeline was saved to, before anything is installed for it.
 *
 * @returns the files that count, weights included.
 * @throws {RefineryError} `INPUT_NOT_FOUND` without the folder, `MODEL_NOT_INSTALLED` with every piece that is missing,
 *   `MODEL_CORRUPT` for a configuration that can't be read, `INPUT_UNSUPPORTED` for a model of another kind.
 */
export async function inspectSource(folder: string): Promise<SourceFile[]> {
  const folderStat = await stat(folder).catch(() => undefined);
  if (!folderStat?.isDirectory()) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder ${folder}.`, {
      hint: 'Name the folder that holds unet, vqvae and scheduler.',
    });
  }
  const found: SourceFile[] = [];
  const missing: string[] = [];
  for (const names of pieces) {
    const file = await firstOf(folder, names);
    if (file) found.push(file);
    else missing.push(names[0]!);
  }
  if (missing.length > 0) {
    throw new RefineryError('MODEL_NOT_INSTALLED', `The model lacks ${missing.join(', ')}.`, {
      hint: 'Download the whole repository, such as CompVis/ldm-super-resolution-4x-openimages, with all weights.',
      details: folder,
    });
  }
  const read = async (name: string): Promise<unknown> => {
    try {
      return JSON.parse(await readFile(join(folder, name), 'utf8'));
    } catch (cause) {
      throw corrupt(name, cause);
    }
  };
  const configs = NetworkConfigs.safeParse({
    unet: await read('unet/config.json'),
    vqvae: await read('vqvae/config.json'),
  });
  if (!configs.success) {
    const [piece] = configs.error.issues[0]?.path ?? [];
    throw corrupt(`${String(piece ?? 'unet')}/config.json`, configs.error);
  }
  checkNetworks(configs.data);
  samplerOf(readSchedulerConfig(await readFile(join(folder, 'scheduler/scheduler_config.json'), 'utf8')));
  return found;
}

/** Adds the hash of each file. */
export async function hashSource(
  folder: string,
  files: readonly SourceFile[],
): Promise<Array<SourceFile & { readonly sha256: string }>> {
  return Promise.all(
    files.map(async (file) => ({ ...file, sha256: await hashFile(join(folder, file.name)) })),
  );
}

async function firstOf(folder: string, names: readonly string[]): Promise<SourceFile | undefined> {
  for (const name of names) {
    const file = await stat(join(folder, name)).catch(() => undefined);
    if (file?.isFile() && file.size > 0) return { name, bytes: file.size };
  }
  return undefined;
}

function corrupt(name: string, cause: unknown): RefineryError {
  return new RefineryError('MODEL_CORRUPT', `The model’s ${name} can’t be read.`, {
    hint: 'Download the model again.',
    details: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
    cause,
  });
}
