import type { NoiseSource } from '../noise.ts';
import type { SchedulerConfig } from '../schedule.ts';

/** What a sampler remembers of earlier steps: named lists of arrays of the latents' size, the oldest first. */
export type SamplerState = Readonly<Record<string, readonly Float32Array[]>>;

/** One run of a sampler: it leads from noise to latents, one call of the network at a time. */
export interface Sampler {
  /** The network's time input at each call, from noisy to clean: training steps, maybe with fractions. */
  readonly timesteps: readonly number[];
  /** What normal noise is multiplied by to begin with. */
  readonly initNoiseSigma: number;
  /** What the latents are divided by before they go into the network. */
  scale(index: number): number;
  /**
   * Takes the latents one call further. Calls come in order, from 0 or from where a state was restored.
   *
   * @param modelOutput the noise that the network predicts; the network must not change it meanwhile.
   * @param sample the latents, changed in place.
   */
  step(index: number, modelOutput: Float32Array, sample: Float32Array, noise: NoiseSource): void;
  /** What the clean latents would be, judged by the last step; good until the next. */
  predicted(): Float32Array | undefined;
  /** A copy of what must be known to go on after the last step. */
  save(): SamplerState;
  restore(state: SamplerState): void;
}

/** A method of sampling. */
export interface SamplerKind {
  readonly name: string;
  /** Classes of diffusers that this stands for. */
  readonly classes: readonly string[];
  /**
   * @param steps how finely to go, from 1; the number of timesteps may differ.
   * @param eta share of fresh noise in each step, 0 to 1; most samplers have no use for it.
   * @throws {RefineryError} `INPUT_UNSUPPORTED` for settings that are not understood, `BAD_REQUEST` for such a count.
   */
  make(config: SchedulerConfig, steps: number, eta?: number): Sampler;
}
