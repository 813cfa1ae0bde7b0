import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import writeFileAtomic from 'write-file-atomic';
import { RefineryError } from '../../contract/errors.ts';
import type { DiffusionSettings, Precision, TilePreview } from '../../contract/upscale.ts';
import {
  type Checkpoint,
  type DiffusionModelFolder,
  type DiffusionOptions,
  type DiffusionStep,
  decodeLatents,
  diffuse,
  openModel,
  readModelFolder,
  roundHalfToEven,
  type Tiling,
} from '../diffusion/index.ts';
import type { Pixels } from '../imaging/source.ts';
import { VipsFileWriter } from '../imaging/vips-file.ts';
import type { Compiled } from '../runtime/index.ts';
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

interface DiffuseOptions {
  readonly openvino: NodeAddon;
  readonly diffuser: Diffuser;
  readonly pixels: Pixels;
  readonly settings: DiffusionSettings;
  /** Of the result in work, and of the checkpoint. */
  readonly folder: string;
  readonly checkpoint: string;
  readonly signal: AbortSignal;
  waitWhilePaused(): Promise<void>;
  onTile(): ((tile: Omit<TilePreview, 'jobId'>) => void) | undefined;
  onProgress(done: number, total: number): void;
}

/** Larger pictures are cut, in latents, which are source pixels. A quarter of a tile is shared with its neighbour. */
const tiling: Tiling = { size: 96, overlap: 24 };

/** Milliseconds between two checkpoints. */
const checkpointInterval = 4_000;

/** Longest side of a preview's latents. */
const previewSide = 32;

/** A preview may cost this part of the time. */
const previewShare = 0.04;

/** Enlarges a picture by latent diffusion and writes it as rows, as `enlarge` does with a network. */
export async function enlargeByDiffusion(options: DiffuseOptions): Promise<Enlarged> {
  const { pixels, diffuser, settings, openvino } = options;
  const { width, height, channels, depth } = pixels;
  const source = await pixels.rows(0, height);
  const values = valuesOf(source, depth);
  const most = depth === 8 ? 255 : 65_535;
  const image = { values: toPlanes(values, width, height, channels, most), width, height };
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
    image,
    tiling,
    signal: options.signal,
    onStep: followSteps(options),
  };
  const started = performance.now();
  const earlier = await readCheckpoint(options.checkpoint);
  try {
    const made = await diffuse(earlier ? { ...run, resume: earlier } : run).catch((thrown: unknown) => {
      // A checkpoint of other choices: begin anew.
      if (earlier && thrown instanceof RefineryError && thrown.code === 'BAD_REQUEST') return diffuse(run);
      throw thrown;
    });
    await rm(options.checkpoint, { force: true });
    const inference = performance.now() - started;
    const alpha =
      channels === 4 ? await enlargeAlpha(values, width, height, made.width, made.height, most) : undefined;
    const rows = toRows(made.values, alpha, most);
    const path = join(options.folder, 'result.v');
    const writer = await VipsFileWriter.create(path, {
      width: made.width,
      height: made.height,
      channels,
      depth,
    });
    await writer.write(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength), 0);
    return {
      writer,
      path,
      tiles: { count: 1, width, height, overlap: Math.max(width, height) > tiling.size ? tiling.overlap : 0 },
      inference,
      finite: true,
    };
  } catch (thrown) {
    // A cancelled job won't go on; one that is only interrupted will.
    const { reason } = options.signal as { reason?: unknown };
    if (reason instanceof RefineryError && reason.code === 'CANCELLED')
      await rm(options.checkpoint, { force: true });
    throw thrown;
  }
}

/** After each step: progress, now and then a preview and a checkpoint, and the wait while the job is paused. */
function followSteps(options: DiffuseOptions): (step: DiffusionStep) => Promise<void> {
  let savedAt = performance.now();
  let shownAt = performance.now();
  let cost = 0;
  return async (step) => {
    options.onProgress(step.done, step.total);
    const now = performance.now();
    const send = options.onTile();
    if (send && step.predicted && (now - shownAt) * previewShare >= cost) {
      await showPreview(options, step, send);
      shownAt = performance.now();
      cost = shownAt - now;
    }
    if (now - savedAt > checkpointInterval) {
      await writeCheckpoint(options.checkpoint, step.checkpoint());
      savedAt = performance.now();
    }
    await options.waitWhilePaused();
  };
}

/** The picture as it would be by now, made of thinned-out latents. */
async function showPreview(
  { openvino, diffuser }: DiffuseOptions,
  { latents: { width, height }, predicted }: DiffusionStep,
  send: (tile: Omit<TilePreview, 'jobId'>) => void,
): Promise<void> {
  if (!predicted) return;
  const step = Math.max(1, Math.ceil(Math.max(width, height) / previewSide));
  const small = { width: Math.floor(width / step), height: Math.floor(height / step) };
  const values = new Float32Array(3 * small.width * small.height);
  for (let index = 0; index < values.length; index += 1) {
    const channel = Math.floor(index / (small.width * small.height));
    const y = Math.floor(index / small.width) % small.height;
    const x = index % small.width;
    values[index] = predicted[(channel * height + y * step) * width + x * step]!;
  }
  const shades = await decodeLatents(openvino, diffuser.decoder.compiled, { values, ...small });
  const bytes = Uint8Array.from(shades.values, (shade) => Math.round(shade * 255));
  const jpeg = await sharp(bytes, { raw: { width: shades.width, height: shades.height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
  send({ x: 0, y: 0, width: 1, height: 1, jpeg: jpeg.toString('base64') });
}

/** RGB(A) rows to planes in [-1, 1]; colours are multiplied by alpha, so that what is hidden stays hidden. */
function toPlanes(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: number,
  most: number,
): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel += 1) {
    const alpha = channels === 4 ? values[pixel * 4 + 3]! / most : 1;
    for (let channel = 0; channel < 3; channel += 1) {
      planes[channel * area + pixel] =
        2 * Math.fround((values[pixel * channels + channel]! * alpha) / most) - 1;
    }
  }
  return planes;
}

/** @returns alpha of the enlarged picture, 0..1. */
async function enlargeAlpha(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
  wide: number,
  high: number,
  most: number,
): Promise<Float32Array> {
  const alpha = Uint8Array.from(
    { length: width * height },
    (_, pixel) => (values[pixel * 4 + 3]! / most) * 255,
  );
  const { data } = await sharp(alpha, { raw: { width, height, channels: 1 } })
    .resize(wide, high, { kernel: 'lanczos3', fit: 'fill' })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Float32Array.from(data, (value) => value / 255);
}

function toRows(
  shades: Float32Array,
  alpha: Float32Array | undefined,
  most: number,
): Uint8Array | Uint16Array {
  const area = shades.length / 3;
  const channels = alpha ? 4 : 3;
  const rows = most === 255 ? new Uint8Array(area * channels) : new Uint16Array(area * channels);
  for (let pixel = 0; pixel < area; pixel += 1) {
    const share = alpha?.[pixel] ?? 1;
    for (let channel = 0; channel < 3; channel += 1) {
      const shade = share > 0 ? Math.min(1, shades[pixel * 3 + channel]! / share) : 0;
      rows[pixel * channels + channel] = roundHalfToEven(Math.fround(shade * most));
    }
    if (alpha) rows[pixel * 4 + 3] = Math.round(share * most);
  }
  return rows;
}

async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
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
