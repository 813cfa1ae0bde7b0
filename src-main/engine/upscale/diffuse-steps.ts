import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import sharp from 'sharp';
import writeFileAtomic from 'write-file-atomic';
import {
  backProject,
  type Checkpoint,
  type DiffusionStep,
  decodeLatents,
  type Planes,
} from '../diffusion/index.ts';
import type { DiffuseOptions } from './diffuse.ts';

/** Milliseconds between two checkpoints. */
const checkpointInterval = 4_000;

/** A preview may cost this part of the time. */
const previewShare = 0.04;

/** Longest sides of a preview's latents. The first is small: what one costs isn't known yet. */
const previewSides = { first: 16, usual: 32 } as const;

/** After each step: progress, now and then a preview and a checkpoint, and the wait while the job is paused. */
export function followSteps(options: DiffuseOptions): (step: DiffusionStep) => Promise<void> {
  const previews = new PreviewBudget();
  let savedAt = performance.now();
  return async (step) => {
    options.onProgress(step.done, step.total);
    const send = options.onTile();
    if (send && step.predicted) await previews.spend((side) => showPreview(options, step, side, send));
    const now = performance.now();
    if (now - savedAt > checkpointInterval) {
      await writeCheckpoint(options.checkpoint, step.checkpoint());
      savedAt = performance.now();
    }
    await options.waitWhilePaused();
  };
}

/** Lets previews be made as long as they stay within their part of the time. */
class PreviewBudget {
  readonly #startedAt = performance.now();
  #spent = 0;
  #costOfLatent: number | undefined;

  /** @param show makes a preview of a longest side and gives the number of latents it was made of. */
  async spend(show: (side: number) => Promise<number>): Promise<void> {
    const now = performance.now();
    const side = this.#sideFor((now - this.#startedAt) * previewShare - this.#spent);
    if (side === undefined) return;
    const latents = await show(side);
    const cost = performance.now() - now;
    this.#spent += cost;
    this.#costOfLatent = cost / latents;
  }

  #sideFor(left: number): number | undefined {
    if (this.#costOfLatent === undefined) return previewSides.first;
    const cost = this.#costOfLatent;
    return [previewSides.usual, previewSides.first].find((side) => cost * side ** 2 <= left);
  }
}

/** The picture as it would be by now, made of thinned-out latents. @returns how many. */
async function showPreview(
  { openvino, diffuser, settings }: DiffuseOptions,
  { latents: { width, height }, image, predicted }: DiffusionStep,
  side: number,
  send: NonNullable<ReturnType<DiffuseOptions['onTile']>>,
): Promise<number> {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  const latents = thinOut({ values: predicted!, width, height }, step);
  const shades = await decodeLatents(openvino, diffuser.decoder.compiled, latents);
  if (settings.backProjection) await backProject(shades, thinOut(image, step));
  const bytes = Uint8Array.from(shades.values, (shade) => Math.round(shade * 255));
  const jpeg = await sharp(bytes, { raw: { width: shades.width, height: shades.height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
  send({ x: 0, y: 0, width: 1, height: 1, jpeg: jpeg.toString('base64') });
  return latents.width * latents.height;
}

/** Every so manieth column and row. */
function thinOut({ values, width, height }: Planes, step: number): Planes {
  const thin = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const area = thin.width * thin.height;
  const kept = Float32Array.from({ length: 3 * area }, (_, index) => {
    const channel = Math.floor(index / area);
    const y = Math.floor(index / thin.width) % thin.height;
    const x = index % thin.width;
    return values[(channel * height + y * step) * width + x * step]!;
  });
  return { values: kept, ...thin };
}

/** @returns nothing where there is none, or none that can be read: then the run begins anew. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    return deserialize(await readFile(path)) as Checkpoint;
  } catch {
    return undefined;
  }
}

async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, serialize(checkpoint));
}
