import { roundHalfToEven } from '../numbers.ts';
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
import { History } from './history.ts';
import type { SamplerKind } from './sampler.ts';

const { exp, fround, log, sqrt } = Math;

/**
 * DPM-Solver++ (2M) (Lu and others 2022, algorithm 2), as diffusers' DPMSolverMultistepScheduler with its defaults:
 * second order by the midpoint rule, the first and the last step of first order.
 */
export const dpmSolverMultistep: SamplerKind = {
  name: 'dpm-solver-multistep',
  classes: ['DPMSolverMultistepScheduler'],
  make(config, steps) {
    checkSteps(config, steps);
    requireSettings(config, {
      prediction_type: 'epsilon',
      algorithm_type: 'dpmsolver++',
      solver_type: 'midpoint',
      solver_order: 2,
      final_sigmas_type: 'zero',
      thresholding: false,
      rescale_betas_zero_snr: false,
      use_karras_sigmas: false,
      use_exponential_sigmas: false,
      use_beta_sigmas: false,
      use_lu_lambdas: false,
    });
    const alphas = alphasCumulative(config);
    const timesteps = timestepsOf(config, alphas.length, steps);
    checkTimesteps(timesteps, alphas.length);
    const levels = [...sigmasAt(timesteps, alphas)].map(levelOf);
    /** Predictions of the clean latents, of this step and of the one before. */
    const predictions = new History(2);

    return {
      timesteps,
      initNoiseSigma: 1,
      scale: () => 1,
      step(index, modelOutput, sample) {
        const [now, after] = [levels[index]!, levels[index + 1]!];
        const x0 = predictions.next(sample.length);
        const stride = fround(after.halfLogRatio - now.halfLogRatio);
        // −1 at the last step, which leads to no noise in an infinite stride.
        const decay = fround(fround(exp(-stride)) - 1);
        const ofSample = fround(after.sigma / now.sigma);
        const ofPrediction = fround(after.alpha * decay);
        const secondOrder = predictions.count > 1 && index < timesteps.length - 1;
        const before = secondOrder ? predictions.at(1) : x0;
        const strideBefore = secondOrder
          ? fround(now.halfLogRatio - levels[index - 1]!.halfLogRatio)
          : stride;
        const ofDifference = secondOrder ? 0.5 * ofPrediction * fround(1 / fround(strideBefore / stride)) : 0;
        for (let pixel = 0; pixel < sample.length; pixel += 1) {
          const clean = fround((sample[pixel]! - now.sigma * modelOutput[pixel]!) / now.alpha);
          x0[pixel] = clean;
          sample[pixel] =
            ofSample * sample[pixel]! - ofPrediction * clean - ofDifference * (clean - before[pixel]!);
        }
      },
      predicted: () => (predictions.count ? predictions.at(0) : undefined),
      save: () => ({ predictions: predictions.save() }),
      restore: (state) => predictions.restore(state['predictions']),
    };
  },
};

/** A noise level with the shares of picture and noise in it: `alpha² + sigma² = 1`. All singles. */
interface Level {
  readonly alpha: number;
  readonly sigma: number;
  /** λ = ln alpha − ln sigma; infinite without noise. */
  readonly halfLogRatio: number;
}

function levelOf(ratio: number): Level {
  const alpha = fround(1 / fround(sqrt(fround(fround(ratio * ratio) + 1))));
  const sigma = fround(ratio * alpha);
  return { alpha, sigma, halfLogRatio: fround(fround(log(alpha)) - fround(log(sigma))) };
}

function timestepsOf(config: SchedulerConfig, trainSteps: number, steps: number): number[] {
  switch (config.timestep_spacing ?? 'linspace') {
    case 'linspace':
      return linspaceTimesteps(trainSteps, steps + 1)
        .map(roundHalfToEven)
        .slice(0, -1);
    case 'leading':
      return leadingTimesteps(trainSteps, steps + 1, config.steps_offset).slice(0, -1);
    case 'trailing':
      return trailingTimesteps(trainSteps, steps);
  }
}
