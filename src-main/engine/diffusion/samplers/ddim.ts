import { alphasCumulative, requireSettings, wholeTimesteps } from '../schedule.ts';
import { checkSteps, checkTimesteps } from './checks.ts';
import { History } from './history.ts';
import type { SamplerKind } from './sampler.ts';

const { fround, sqrt } = Math;

/**
 * Denoising diffusion implicit models (Song, Meng and Ermon 2020, equation 12), as diffusers' DDIMScheduler.
 * Factors are rounded to singles as there; the sums of a pixel are rounded once.
 */
export const ddim: SamplerKind = {
  name: 'ddim',
  classes: ['DDIMScheduler'],
  make(config, steps, eta = 0) {
    checkSteps(config, steps);
    requireSettings(config, {
      prediction_type: 'epsilon',
      thresholding: false,
      rescale_betas_zero_snr: false,
    });
    const alphas = alphasCumulative(config);
    const timesteps = wholeTimesteps(config, alphas.length, steps);
    checkTimesteps(timesteps, alphas.length);
    const stride = Math.floor(alphas.length / steps);
    const finalAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphas[0]!;
    const limit = config.clip_sample ? config.clip_sample_range : Number.POSITIVE_INFINITY;
    const predicted = new History(1);
    const fresh = new History(1);

    return {
      timesteps,
      initNoiseSigma: 1,
      scale: () => 1,
      step(index, modelOutput, sample, noise) {
        const timestep = timesteps[index]!;
        const alpha = alphas[timestep]!;
        const alphaAfter = alphas[timestep - stride] ?? finalAlpha;
        const beta = fround(1 - alpha);
        const betaAfter = fround(1 - alphaAfter);
        const variance = fround(fround(betaAfter / beta) * fround(1 - fround(alpha / alphaAfter)));
        const deviation = fround(fround(eta) * fround(sqrt(variance)));
        const [rootAlpha, rootBeta] = [fround(sqrt(alpha)), fround(sqrt(beta))];
        const toPicture = fround(sqrt(alphaAfter));
        const toNoise = fround(sqrt(fround(betaAfter - fround(deviation * deviation))));
        const x0 = predicted.next(sample.length);
        for (let pixel = 0; pixel < sample.length; pixel += 1) {
          const output = modelOutput[pixel]!;
          const clean = (sample[pixel]! - rootBeta * output) / rootAlpha;
          const kept = Math.max(-limit, Math.min(limit, clean));
          x0[pixel] = kept;
          sample[pixel] = toPicture * kept + toNoise * output;
        }
        if (eta > 0) {
          const random = fresh.next(sample.length);
          noise.fill(random);
          for (let pixel = 0; pixel < sample.length; pixel += 1) {
            sample[pixel] = sample[pixel]! + deviation * random[pixel]!;
          }
        }
      },
      predicted: () => (predicted.count ? predicted.at(0) : undefined),
      // Every step stands for itself.
      save: () => ({}),
      restore: () => undefined,
    };
  },
};
