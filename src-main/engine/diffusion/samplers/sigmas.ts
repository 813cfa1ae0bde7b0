import {
  alphasCumulative,
  leadingTimesteps,
  linspaceTimesteps,
  requireSettings,
  type SchedulerConfig,
  sigmasAt,
  trailingTimesteps,
} from '../schedule.ts';
import { checkSteps, checkTimesteps } from './checks.ts';

const { fround, sqrt } = Math;

/** What the samplers share that count in noise levels: Euler's two and linear multistep. */
export interface SigmaSchedule {
  /** Singles; with `linspace` they have fractions. */
  readonly timesteps: readonly number[];
  /** Noise level before each step, and 0 after the last. */
  readonly sigmas: Float32Array;
  readonly initNoiseSigma: number;
  /** √(σ² + 1): what brings the latents to variance 1. */
  scale(index: number): number;
}

/**
 * The noise levels that diffusers' EulerDiscrete, EulerAncestralDiscrete and LMSDiscrete schedulers go through.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED`, `BAD_REQUEST`.
 */
export function sigmaSchedule(config: SchedulerConfig, steps: number): SigmaSchedule {
  checkSteps(config, steps);
  requireSettings(config, {
    prediction_type: 'epsilon',
    interpolation_type: 'linear',
    final_sigmas_type: 'zero',
    rescale_betas_zero_snr: false,
    use_karras_sigmas: false,
    use_exponential_sigmas: false,
    use_beta_sigmas: false,
  });
  const alphas = alphasCumulative(config);
  const spacing = config.timestep_spacing ?? 'linspace';
  const timesteps =
    spacing === 'linspace'
      ? linspaceTimesteps(alphas.length, steps).map(fround)
      : spacing === 'trailing'
        ? trailingTimesteps(alphas.length, steps)
        : leadingTimesteps(alphas.length, steps, config.steps_offset);
  checkTimesteps(timesteps, alphas.length);
  const sigmas = sigmasAt(timesteps, alphas);
  const highest = sigmas.reduce((most, sigma) => Math.max(most, sigma), 0);
  const withPicture = (sigma: number): number => fround(sqrt(fround(fround(sigma * sigma) + 1)));
  return {
    timesteps,
    sigmas,
    // Steps that lead have room above them, for which the picture's own variance is added.
    initNoiseSigma: spacing === 'leading' ? withPicture(highest) : highest,
    scale: (index) => withPicture(sigmas[index]!),
  };
}
