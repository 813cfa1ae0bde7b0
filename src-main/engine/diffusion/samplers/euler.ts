import { History } from './history.ts';
import type { SamplerKind } from './sampler.ts';
import { sigmaSchedule } from './sigmas.ts';

/**
 * Euler's method (Karras and others 2022, algorithm 2 without added noise), as diffusers' EulerDiscreteScheduler.
 * Its derivative (x − x₀)/σ is the predicted noise itself.
 */
export const euler: SamplerKind = {
  name: 'euler',
  classes: ['EulerDiscreteScheduler'],
  make(config, steps) {
    const { timesteps, sigmas, initNoiseSigma, scale } = sigmaSchedule(config, steps);
    const predicted = new History(1);
    return {
      timesteps,
      initNoiseSigma,
      scale,
      step(index, modelOutput, sample) {
        const sigma = sigmas[index]!;
        const change = Math.fround(sigmas[index + 1]! - sigma);
        const x0 = predicted.next(sample.length);
        for (let pixel = 0; pixel < sample.length; pixel += 1) {
          const x = sample[pixel]!;
          const output = modelOutput[pixel]!;
          x0[pixel] = x - sigma * output;
          sample[pixel] = x + change * output;
        }
      },
      predicted: () => (predicted.count ? predicted.at(0) : undefined),
      save: () => ({}),
      restore: () => undefined,
    };
  },
};
