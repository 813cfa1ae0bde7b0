import { History } from './history.ts';
import type { SamplerKind } from './sampler.ts';
import { sigmaSchedule } from './sigmas.ts';

const order = 4;

/**
 * Linear multistep with up to four derivatives (Crowson's k-diffusion), as diffusers' LMSDiscreteScheduler. The
 * derivative (x − x₀)/σ is the predicted noise itself.
 */
export const lms: SamplerKind = {
  name: 'lms',
  classes: ['LMSDiscreteScheduler'],
  make(config, steps) {
    const { timesteps, sigmas, initNoiseSigma, scale } = sigmaSchedule(config, steps);
    const derivatives = new History(order);
    const predicted = new History(1);
    return {
      timesteps,
      initNoiseSigma,
      scale,
      step(index, modelOutput, sample) {
        const sigma = sigmas[index]!;
        derivatives.push(modelOutput);
        const x0 = predicted.next(sample.length);
        for (let pixel = 0; pixel < sample.length; pixel += 1) {
          x0[pixel] = sample[pixel]! - sigma * modelOutput[pixel]!;
        }
        const used = Math.min(index + 1, order);
        for (let back = 0; back < used; back += 1) {
          const weight = Math.fround(stepWeight(sigmas, used, index, back));
          const derivative = derivatives.at(back);
          for (let pixel = 0; pixel < sample.length; pixel += 1)
            sample[pixel]! += weight * derivative[pixel]!;
        }
      },
      predicted: () => (predicted.count ? predicted.at(0) : undefined),
      save: () => ({ derivatives: derivatives.save() }),
      restore: (state) => derivatives.restore(state['derivatives']),
    };
  },
};

/**
 * Integral over one step of the polynomial that is 1 at one of the last noise levels and 0 at the others. Gauss' rule
 * with two points is exact, since its degree is at most 3; diffusers integrates numerically, to about the same.
 */
function stepWeight(sigmas: Float32Array, used: number, index: number, back: number): number {
  const [from, to] = [sigmas[index]!, sigmas[index + 1]!];
  const [middle, reach] = [(from + to) / 2, (to - from) / 2];
  let total = 0;
  for (const node of [-1 / Math.sqrt(3), 1 / Math.sqrt(3)]) {
    const at = middle + reach * node;
    let value = 1;
    for (let other = 0; other < used; other += 1) {
      if (other === back) continue;
      const zero = sigmas[index - other]!;
      value *= (at - zero) / (sigmas[index - back]! - zero);
    }
    total += value;
  }
  return total * reach;
}
