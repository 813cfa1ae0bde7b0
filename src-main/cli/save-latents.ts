import { constants } from 'node:fs';
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RefineryError } from '../contract/errors.ts';
import { publish, removeQuietly, temporaryPath } from '../engine/io/atomic.ts';

/** Where the latents of a run go. */
export interface LatentsTarget {
  readonly path: string;
  readonly overwrite: boolean;
}

/** @throws {RefineryError} `OUTPUT_EXISTS`, before minutes of work. */
export async function planLatents(path: string, overwrite: boolean): Promise<LatentsTarget> {
  const target = { path: resolve(path), overwrite };
  if (!overwrite && (await stat(target.path).catch(() => undefined))) throw taken(target.path);
  return target;
}

/**
 * Brings a finished job's latents from the cache to where they were asked for.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED` when the model was not one of diffusion, `OUTPUT_EXISTS`,
 *   `OUTPUT_NOT_WRITABLE`.
 */
export async function saveLatents(
  cacheDir: string,
  jobId: string,
  { path, overwrite }: LatentsTarget,
): Promise<void> {
  const kept = join(cacheDir, 'checkpoints', `${jobId}.npy`);
  if (!(await stat(kept).catch(() => undefined))) {
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      'There are no latents: the model doesn’t work by diffusion.',
      {
        hint: 'Name the folder of a latent diffusion model with --model.',
      },
    );
  }
  const folder = dirname(path);
  const temporary = temporaryPath(folder, 'latents', '.npy');
  try {
    await mkdir(folder, { recursive: true });
    await copyFile(kept, temporary, constants.COPYFILE_FICLONE);
    await publish(temporary, path, folder, overwrite);
  } catch (cause) {
    await removeQuietly(temporary);
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw taken(path);
    throw new RefineryError('OUTPUT_NOT_WRITABLE', `The latents can’t be written to ${path}.`, {
      hint: 'Choose another file with --save-latents.',
      cause,
    });
  } finally {
    await rm(kept, { force: true });
  }
}

function taken(path: string): RefineryError {
  return new RefineryError('OUTPUT_EXISTS', `${path} is there already.`, {
    hint: 'Choose another name, or allow it with --overwrite.',
  });
}
