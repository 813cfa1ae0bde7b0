import { History } from './history.ts';
import type { SamplerKind } from './sampler.ts';
import { sigmaSchedule } from './sigmas.ts';

const { fround, sqrt } = Math;

/**
 * Euler's method to a lower noise level than the next, then fresh noise up to it, as diffusers'
 * EulerAncestralDiscreteScheduler. The last step draws noise too, of weight 0, as there.
 */
export const eulerAncestral: SamplerKind = {
  name: 'euler-ancestral',
  classes: ['EulerAncestralDiscreteScheduler'],
  make(config, steps) {
    const { timesteps, sigmas, initNoiseSigma, scale } = sigmaSchedule(config, steps);
    const predicted = new History(1);
    const fresh = new History(1);
    return {
      timesteps,
      initNoiseSigma,
      scale,
      step(index, modelOutput, sample, noise) {
        const [sigma, after] = [sigmas[index]!, sigmas[index + 1]!];
        const [square, squareAfter] = [fround(sigma * sigma), fround(after * after)];
        const up = fround(sqrt(fround(fround(squareAfter * fround(square - squareAfter)) / square)));
        const down = fround(sqrt(fround(squareAfter - fround(up * up))));
        const change = fround(down - sigma);
        const x0 = predicted.next(sample.length);
        const random = fresh.next(sample.length);
        noise.fill(random);
        for (let pixel = 0; pixel < sample.length; pixel += 1) {
          const x = sample[pixel]!;
          const output = modelOutput[pixel]!;
          x0[pixel] = x - sigma * output;
          sample[pixel] = x + change * output + up * random[pixel]!;
        }
      },
      predicted: () => (predicted.count ? predicted.at(0) : undefined),
      save: () => ({}),
      restore: () => undefined,
    };
  },
};
