import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import { backProject } from './back-projection.ts';
import { type Checkpoint, checkCheckpoint, type RunSettings } from './checkpoint.ts';
import { allFinite, notFinite } from './finite.ts';
import type { RunTiling } from './memory.ts';
import type { CompiledModel } from './networks.ts';
import { TorchGenerator } from './noise.ts';
import { type Planes, padToMultiple, type Shades, toBytes } from './picture.ts';
import { samplerNamed } from './samplers/index.ts';
import type { SchedulerConfig } from './schedule.ts';
import { decodeInTiles, openTiledPredictor, type Tiling } from './tiled.ts';

export interface DiffusionOptions {
  readonly openvino: NodeAddon;
  /** Inputs `sample` f32 [1, 6, H, W] and `timestep` f32 [1], output f32 [1, 3, H, W]. */
  readonly unet: CompiledModel;
  /** Input f32 [1, 3, H, W], output f32 [1, 3, 4H, 4W]. */
  readonly decoder: CompiledModel;
  /** What the UNet needs both sides to be a multiple of, in pixels. */
  readonly multiple: number;
  readonly scheduler: SchedulerConfig;
  /** Name of a sampler, or of its class in diffusers. */
  readonly sampler: string;
  readonly steps: number;
  /** Share of fresh noise in DDIM's steps, 0 to 1; 0 where absent. */
  readonly eta?: number;
  /** The small picture: RGB, CHW, [-1, 1], any size. */
  readonly image: Planes;
  /** Seed of the noise to begin with, and of the steps' noise, which goes on in the same stream. */
  readonly seed: number;
  /** A seed for the steps' noise alone. diffusers has such a second stream whenever it is given a generator. */
  readonly stepSeed?: number;
  /**
   * Whether the small picture is scaled along with the latents by samplers that count in noise levels. `off` is how
   * the networks were trained; `diffusers` scales it, which makes poor pictures, for comparisons.
   */
  readonly scaleCondition?: 'off' | 'diffusers';
  /** Whether the result is corrected until it shows the small picture when it is shrunk. */
  readonly backProjection?: boolean;
  /** How pictures that are too large are cut, for each network; absent: never. */
  readonly tiling?: RunTiling;
  readonly signal?: AbortSignal;
  /** Called after each step; the next waits for it. */
  readonly onStep?: (step: DiffusionStep) => void | Promise<void>;
  /** Goes on from here instead of from the beginning; the other options must be as they were. */
  readonly resume?: Checkpoint;
}

/** Where a run stands after a step. The arrays are the run's own: copy what is to stay. */
export interface DiffusionStep {
  /** Steps done, 1 to `total`. */
  readonly done: number;
  readonly total: number;
  readonly timestep: number;
  /** Latents after the step, CHW, of the padded size. */
  readonly latents: Planes;
  /** The small picture, of the padded size. */
  readonly image: Planes;
  /** What the clean latents would be by now; decode them for a preview. */
  readonly predicted: Float32Array | undefined;
  /** A copy of all that is needed to go on from here. */
  checkpoint(): Checkpoint;
}

export interface Diffused extends Shades {
  /** The same in bytes, HWC. */
  readonly bytes: Uint8Array;
  /** What was decoded: CHW, of the padded size. */
  readonly latents: Planes;
}

/**
 * Enlarges a picture by latent diffusion, as diffusers' LDMSuperResolutionPipeline: noise is led to latents beside the
 * small picture, and the latents are decoded. A side that the UNet can't take is padded and cropped after.
 *
 * @throws {RefineryError} `BAD_REQUEST`, `INPUT_UNSUPPORTED`, `MODEL_CORRUPT`, `RUNTIME_FAILED`; `CANCELLED` when the
 *   signal is aborted, after the call of the network that is under way.
 */
export async function diffuse(options: DiffusionOptions): Promise<Diffused> {
  const { openvino, decoder, image, signal } = options;
  const latents = await sample(options);
  throwIfCancelled(signal);
  const shades = await decodeInTiles(openvino, decoder, latents, image, options.tiling?.decoder ?? whole);
  if (options.backProjection) await backProject(shades, image);
  return { ...shades, bytes: toBytes(shades), latents };
}

/** No picture is too large. */
const whole: Tiling = { size: Number.POSITIVE_INFINITY, overlap: 0 };

/** The loop before decoding. @returns latents, CHW, of the padded size. */
async function sample(options: DiffusionOptions): Promise<Planes> {
  const { image, scheduler, steps, eta = 0, seed, stepSeed, signal, onStep, resume } = options;
  checkOptions(options);
  const scaled = options.scaleCondition === 'diffusers';
  const kind = samplerNamed(options.sampler);
  const sampler = kind.make(scheduler, steps, eta);
  const padded = padToMultiple(image, options.multiple);
  const { values: condition, width, height } = padded;
  const tiling = options.tiling?.unet ?? whole;
  const tiled = width > tiling.size || height > tiling.size;
  const settings: RunSettings = {
    sampler: kind.name,
    steps,
    eta,
    seed,
    stepSeed: stepSeed ?? null,
    scaleCondition: scaled ? 'diffusers' : 'off',
    width,
    height,
    ...(tiled ? { tileSize: tiling.size, tileOverlap: tiling.overlap } : { tileSize: 0, tileOverlap: 0 }),
  };

  let noise = new TorchGenerator(seed);
  const latents = new Float32Array(condition.length);
  if (resume) {
    checkCheckpoint(resume, settings);
    latents.set(resume.latents);
    sampler.restore(resume.samplerState);
    noise.restore(resume.generator);
  } else {
    noise.fill(latents);
    for (let pixel = 0; pixel < latents.length; pixel += 1) latents[pixel]! *= sampler.initNoiseSigma;
    if (stepSeed !== undefined) noise = new TorchGenerator(stepSeed);
  }

  const predictor = openTiledPredictor(
    options.openvino,
    options.unet,
    width,
    height,
    tiling,
    options.multiple,
  );
  predictor.condition.set(condition);
  const total = sampler.timesteps.length;
  for (let index = resume?.done ?? 0; index < total; index += 1) {
    throwIfCancelled(signal);
    const timestep = sampler.timesteps[index]!;
    const divisor = sampler.scale(index);
    divide(latents, divisor, predictor.latents);
    if (scaled) divide(condition, divisor, predictor.condition);
    await predictor.predict(timestep);
    sampler.step(index, predictor.output, latents, noise);
    const done = index + 1;
    // Before the step is told: what is not a number must not get into a checkpoint.
    if (!allFinite(latents)) throw notFinite(`Step ${done} of ${total} with ${kind.name} gave values`);
    await onStep?.({
      done,
      total,
      timestep,
      latents: { values: latents, width, height },
      image: padded,
      predicted: sampler.predicted(),
      checkpoint: () => ({
        version: 1,
        settings,
        done,
        latents: latents.slice(),
        samplerState: sampler.save(),
        generator: noise.save(),
      }),
    });
  }
  return { values: latents, width, height };
}

function divide(values: Float32Array, divisor: number, target: Float32Array): void {
  for (let pixel = 0; pixel < values.length; pixel += 1) target[pixel] = values[pixel]! / divisor;
}

function checkOptions({ image, eta = 0, seed, stepSeed = 0 }: DiffusionOptions): void {
  const { values, width, height } = image;
  const wholeSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!wholeSize || values.length !== 3 * width * height) {
    throw new RefineryError('BAD_REQUEST', 'The picture’s values don’t fit its size.');
  }
  if (!(eta >= 0 && eta <= 1)) {
    throw new RefineryError('BAD_REQUEST', `Eta is ${eta}.`, { hint: 'It is a number from 0 to 1.' });
  }
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(stepSeed)) {
    throw new RefineryError('BAD_REQUEST', 'A seed is not a whole number.');
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RefineryError('CANCELLED', 'The run was cancelled.');
}
