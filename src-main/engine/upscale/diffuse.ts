import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import writeFileAtomic from 'write-file-atomic';
import { RefineryError } from '../../contract/errors.ts';
import type { DiffusionSettings, Precision, TilePreview } from '../../contract/upscale.ts';
import {
  type Checkpoint,
  countWindows,
  type Diffused,
  type DiffusionModelFolder,
  type DiffusionOptions,
  diffuse,
  encodeNpy,
  openModel,
  type RunTiling,
  readModelFolder,
  tilingFor,
  tilingOf,
} from '../diffusion/index.ts';
import type { Pixels } from '../imaging/source.ts';
import { VipsFileWriter } from '../imaging/vips-file.ts';
import type { Compiled } from '../runtime/index.ts';
import { enlargeAlpha, toPlanes, toRows } from './diffuse-pixels.ts';
import { followSteps, readCheckpoint } from './diffuse-steps.ts';
import type { Enlarged } from './enlarge.ts';
import { valuesOf } from './pixels.ts';

/** A latent diffusion model that is ready to run. */
export interface Diffuser {
  readonly model: DiffusionModelFolder;
  readonly unet: Compiled;
  readonly decoder: Compiled;
}

/** @throws {RefineryError} `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `INPUT_UNSUPPORTED`, `DEVICE_UNAVAILABLE`. */
export async function openDiffuser(options: {
  readonly openvino: NodeAddon;
  readonly folder: string;
  readonly device: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly cacheDir: string;
}): Promise<Diffuser> {
  const model = await readModelFolder(options.folder);
  return { model, ...(await openModel({ ...options, model })) };
}

export interface DiffuseOptions {
  readonly openvino: NodeAddon;
  readonly diffuser: Diffuser;
  readonly pixels: Pixels;
  readonly settings: DiffusionSettings;
  /** Path of the `.v` file that gets the result's rows. */
  readonly rows: string;
  readonly checkpoint: string;
  /** What the run may take, networks included. */
  readonly memoryBudgetBytes: number;
  readonly signal: AbortSignal;
  waitWhilePaused(): Promise<void>;
  onTile(): ((tile: Omit<TilePreview, 'jobId'>) => void) | undefined;
  onProgress(done: number, total: number): void;
}

/** Enlarges a picture by latent diffusion and writes it as rows, as `enlarge` does with a network. */
export async function enlargeByDiffusion(options: DiffuseOptions): Promise<Enlarged> {
  const { pixels, diffuser, settings, openvino } = options;
  const { width, height, channels, depth } = pixels;
  const source = await pixels.rows(0, height);
  const values = valuesOf(source, depth);
  const most = depth === 8 ? 255 : 65_535;
  const image = { values: toPlanes(values, width, height, channels, most), width, height };
  const earlier = await readCheckpoint(options.checkpoint);
  const tiling = planTiling(options, earlier);
  const run: DiffusionOptions = {
    openvino,
    unet: diffuser.unet.compiled,
    decoder: diffuser.decoder.compiled,
    multiple: diffuser.model.multiple,
    scheduler: diffuser.model.scheduler,
    sampler: settings.sampler,
    steps: settings.steps,
    eta: settings.sampler === 'ddim' ? settings.eta : 0,
    seed: settings.seed ?? 0,
    scaleCondition: settings.likeDiffusers ? 'diffusers' : 'off',
    backProjection: settings.backProjection ?? false,
    image,
    tiling,
    signal: options.signal,
    onStep: followSteps(options),
  };
  const started = performance.now();
  try {
    const made = await diffuse(earlier ? { ...run, resume: earlier } : run).catch((thrown: unknown) => {
      // A checkpoint of other choices: begin anew.
      if (earlier && thrown instanceof RefineryError && thrown.code === 'BAD_REQUEST') return diffuse(run);
      throw thrown;
    });
    if (settings.keepLatents) await keepLatents(options.checkpoint, made);
    await rm(options.checkpoint, { force: true });
    const inference = performance.now() - started;
    const alpha =
      channels === 4 ? await enlargeAlpha(values, width, height, made.width, made.height, most) : undefined;
    const rows = toRows(made.values, alpha, most);
    const writer = await VipsFileWriter.create(options.rows, {
      width: made.width,
      height: made.height,
      channels,
      depth,
    });
    await writer.write(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength), 0);
    return {
      writer,
      tiles: tilesOf(made, tiling),
      inference,
      finite: true,
    };
  } catch (thrown) {
    // A cancelled job won't go on; one that is only interrupted will.
    const { reason } = options.signal as { reason?: unknown };
    if (reason instanceof RefineryError && reason.code === 'CANCELLED')
      await rm(options.checkpoint, { force: true });
    throw outOfMemory(thrown, tiling.decoder?.size ?? Math.max(width, height));
  }
}

/** As chosen; or as an interrupted run had it, whose bits depend on it; or by memory. */
function planTiling(
  { settings, diffuser: { model }, pixels, memoryBudgetBytes }: DiffuseOptions,
  earlier: Checkpoint | undefined,
): RunTiling {
  if (settings.tile) return tilingOf(settings.tile, model.multiple);
  const tiling = tilingFor(model.memory, pixels.width, pixels.height, memoryBudgetBytes, model.multiple);
  const before = earlier?.settings.tileSize;
  if (before === undefined) return tiling;
  const { unet: _, ...rest } = tiling;
  return before > 0 ? { ...rest, unet: { size: before, overlap: earlier!.settings.tileOverlap } } : rest;
}

/** The UNet's tiles, as the receipt tells them. */
function tilesOf({ latents: { width, height } }: Diffused, { unet }: RunTiling): Enlarged['tiles'] {
  const size = unet?.size ?? Number.POSITIVE_INFINITY;
  if (!unet || (width <= size && height <= size)) return { count: 1, width, height, overlap: 0 };
  return {
    count: countWindows(width, height, size, unet.overlap),
    width: Math.min(width, size),
    height: Math.min(height, size),
    overlap: unet.overlap,
  };
}

/** Leaves the latents as they were decoded beside the checkpoint, for whoever asked: see {@link DiffusionSettings}. */
async function keepLatents(checkpoint: string, { latents }: Diffused): Promise<void> {
  const shape = [1, 3, latents.height, latents.width];
  await mkdir(dirname(checkpoint), { recursive: true });
  await writeFileAtomic(checkpoint.replace(/\.bin$/, '.npy'), encodeNpy(latents.values, shape));
}

/** How OpenVINO, oneDNN, Node and libvips say that there is no memory. */
const memoryMessages =
  /bad_alloc|out of memory|not enough memory|(cannot|can't|could not|failed to) (allocate|create a memory)|allocation failed/i;

/** @param side longest side that was worked on at once, in source pixels. */
function outOfMemory(thrown: unknown, side: number): unknown {
  if (thrown instanceof RefineryError || !(thrown instanceof Error) || !memoryMessages.test(thrown.message)) {
    return thrown;
  }
  const smaller = Math.max(32, Math.floor(side / 16) * 8);
  return new RefineryError('OUT_OF_MEMORY', `There is too little memory for ${side} source pixels at once.`, {
    hint: `Close other programs, or choose smaller tiles: --tile ${smaller}. The run goes on where it was.`,
    cause: thrown,
  });
}
