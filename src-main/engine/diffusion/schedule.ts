import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { roundHalfToEven } from './numbers.ts';

const { fround } = Math;

/** A setting that a file may leave out or set to null: then diffusers' class default counts. */
const setting = <Value>(schema: z.ZodType<Value>, otherwise: Value) =>
  schema.nullish().transform((value) => value ?? otherwise);

/** The settings of diffusers' schedulers that are known here, under the names of `scheduler_config.json`. */
const SchedulerFile = z.object({
  _class_name: z.string().nullish(),
  num_train_timesteps: setting(z.int().min(1).max(100_000), 1000),
  beta_start: setting(z.number().positive(), 0.0001),
  beta_end: setting(z.number().positive().lt(1), 0.02),
  beta_schedule: setting(z.string(), 'linear'),
  trained_betas: z.array(z.number()).nullish(),
  prediction_type: setting(z.string(), 'epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).nullish(),
  steps_offset: setting(z.int().min(0), 0),
  set_alpha_to_one: z.boolean().nullish(),
  clip_sample: setting(z.boolean(), true),
  clip_sample_range: setting(z.number().positive(), 1),
  skip_prk_steps: setting(z.boolean(), false),
  solver_order: setting(z.int(), 2),
  algorithm_type: setting(z.string(), 'dpmsolver++'),
  solver_type: setting(z.string(), 'midpoint'),
  final_sigmas_type: setting(z.string(), 'zero'),
  interpolation_type: setting(z.string(), 'linear'),
  thresholding: setting(z.boolean(), false),
  rescale_betas_zero_snr: setting(z.boolean(), false),
  use_karras_sigmas: setting(z.boolean(), false),
  use_exponential_sigmas: setting(z.boolean(), false),
  use_beta_sigmas: setting(z.boolean(), false),
  use_lu_lambdas: setting(z.boolean(), false),
});

/**
 * How a model's noise was scheduled in training, and how its steps are to be chosen. What the classes' defaults
 * differ in (`timestep_spacing`, `set_alpha_to_one`) is left open where the file says nothing; the sampler decides.
 */
export type SchedulerConfig = z.output<typeof SchedulerFile>;

/**
 * Reads the text of a diffusers `scheduler_config.json`. The sampler need not be the one that the file was written
 * for: like diffusers' `from_config`, what the file sets counts for every sampler.
 *
 * @throws {RefineryError} `MODEL_CORRUPT` when the text is not such a file.
 */
export function readSchedulerConfig(text: string): SchedulerConfig {
  try {
    // Python writes numbers that JSON doesn't have, such as lambda_min_clipped; none of them is used.
    return parseSchedulerConfig(JSON.parse(text.replace(/:\s*-?(?:Infinity|NaN)\b/g, ': null')));
  } catch (cause) {
    if (cause instanceof RefineryError) throw cause;
    throw corrupt(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The same for a value. @throws {RefineryError} `MODEL_CORRUPT`. */
export function parseSchedulerConfig(value: unknown): SchedulerConfig {
  const parsed = SchedulerFile.safeParse(value);
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/**
 * Refuses settings that would give other numbers than diffusers does.
 *
 * @param wanted the only values that are understood, by setting.
 * @throws {RefineryError} `INPUT_UNSUPPORTED`.
 */
export function requireSettings(config: SchedulerConfig, wanted: Partial<SchedulerConfig>): void {
  for (const [name, only] of Object.entries(wanted)) {
    const value = config[name as keyof SchedulerConfig];
    if (value !== only) {
      throw new RefineryError(
        'INPUT_UNSUPPORTED',
        `The model’s scheduler has ${name} set to ${String(value)}; only ${String(only)} is supported.`,
        { hint: 'Choose another sampler or another model.' },
      );
    }
  }
}

/**
 * Variance of the noise that each training step adds, one single per step, each in (0, 1).
 * As torch: `linspace(start, end)`, or its square between the roots for `scaled_linear`.
 */
export function noiseVariances(config: SchedulerConfig): Float32Array {
  if (config.trained_betas) return Float32Array.from(config.trained_betas);
  const { num_train_timesteps: count, beta_start: start, beta_end: end, beta_schedule: kind } = config;
  if (kind === 'linear') return linspace(start, end, count);
  requireSettings(config, { beta_schedule: 'scaled_linear' });
  return linspace(Math.sqrt(start), Math.sqrt(end), count).map((root) => root * root);
}

/**
 * `alphas_cumprod`: which part of the variance is still the picture's after each training step, falling from nearly
 * 1 to nearly 0. Singles; the product runs in double precision, as in torch.
 */
export function alphasCumulative(config: SchedulerConfig): Float32Array {
  let product = 1;
  return noiseVariances(config).map((beta) => {
    product *= fround(1 - beta);
    return product;
  });
}

/** torch's `linspace` in single precision: from each end to the middle, with product and sum fused. */
function linspace(start: number, end: number, count: number): Float32Array {
  const [first, last] = [fround(start), fround(end)];
  if (count === 1) return Float32Array.of(first);
  const step = fround(fround(last - first) / (count - 1));
  const middle = Math.floor(count / 2);
  return Float32Array.from({ length: count }, (_, index) =>
    index < middle ? first + step * index : last - step * (count - 1 - index),
  );
}

/** Multiples of the rounded-down stride, from the highest: `leading`. */
export function leadingTimesteps(trainSteps: number, steps: number, offset: number): number[] {
  const stride = Math.floor(trainSteps / steps);
  return Array.from({ length: steps }, (_, index) => (steps - 1 - index) * stride + offset);
}

/**
 * Down from the last training step by the exact stride: `trailing`. The stride is taken as numpy's `arange` takes it,
 * whose rounding decides where a step lies half-way between two. (For some counts, 61 among them, `arange` gives one
 * step too many, to training step −1; it is left out here.)
 */
export function trailingTimesteps(trainSteps: number, steps: number): number[] {
  const stride = trainSteps - trainSteps / steps - trainSteps;
  return Array.from({ length: steps }, (_, index) => roundHalfToEven(trainSteps + index * stride) - 1);
}

/** Evenly from the last training step to the first, not rounded: `linspace`. */
export function linspaceTimesteps(trainSteps: number, steps: number): number[] {
  if (steps === 1) return [0];
  const last = trainSteps - 1;
  const stride = last / (steps - 1);
  return Array.from({ length: steps }, (_, index) => (index === 0 ? last : (steps - 1 - index) * stride));
}

/** Whole timesteps, from the highest, as DDIM and PNDM take them; leading where the file says nothing. */
export function wholeTimesteps(config: SchedulerConfig, trainSteps: number, steps: number): number[] {
  switch (config.timestep_spacing ?? 'leading') {
    case 'leading':
      return leadingTimesteps(trainSteps, steps, config.steps_offset);
    case 'trailing':
      return trailingTimesteps(trainSteps, steps);
    case 'linspace':
      return linspaceTimesteps(trainSteps, steps).map(roundHalfToEven);
  }
}

/**
 * Noise levels at timesteps, and 0 after them: the ratio √((1 − α)/α), linear between training steps.
 *
 * @param timesteps training steps from 0, maybe with fractions.
 */
export function sigmasAt(timesteps: readonly number[], alphas: Float32Array): Float32Array {
  const levels = alphas.map((alpha) => Math.sqrt(fround(fround(1 - alpha) / alpha)));
  const last = levels.length - 1;
  const sigmas = new Float32Array(timesteps.length + 1);
  timesteps.forEach((timestep, index) => {
    const below = Math.min(Math.floor(timestep), last);
    const from = levels[below]!;
    sigmas[index] = ((levels[below + 1] ?? from) - from) * (timestep - below) + from;
  });
  return sigmas;
}

function corrupt(details: string, cause: unknown): RefineryError {
  return new RefineryError('MODEL_CORRUPT', 'The model’s scheduler_config.json can’t be read.', {
    hint: 'Convert or download the model again.',
    details,
    cause,
  });
}
