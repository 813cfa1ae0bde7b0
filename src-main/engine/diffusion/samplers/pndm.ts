import { alphasCumulative, requireSettings, wholeTimesteps } from '../schedule.ts';
import { checkSteps, checkTimesteps } from './checks.ts';
import { History } from './history.ts';
import type { Sampler, SamplerKind } from './sampler.ts';

const { fround, sqrt } = Math;

/** Weights of the newest and the earlier outputs in linear multistep (Adams and Bashforth), by how many there are. */
const multistep = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]];

/** Weights of the four calls of a Runge-Kutta step. */
const rungeKutta = [fround(1 / 6), fround(1 / 3), fround(1 / 3), fround(1 / 6)];

/**
 * Pseudo numerical methods (Liu and others 2022), as diffusers' PNDMScheduler: three Runge-Kutta steps of four calls,
 * then linear multistep; or, with `skip_prk_steps`, multistep from the start, with the second call repeated.
 */
export const pndm: SamplerKind = {
  name: 'pndm',
  classes: ['PNDMScheduler'],
  make(config, steps) {
    const skip = config.skip_prk_steps;
    // Fewer don't leave room for the Runge-Kutta steps.
    checkSteps(config, steps, skip ? 1 : 4);
    requireSettings(config, { prediction_type: 'epsilon' });
    const alphas = alphasCumulative(config);
    const stride = Math.floor(alphas.length / steps);
    const falling = wholeTimesteps(config, alphas.length, steps);
    const start = skip ? [] : rungeKuttaTimesteps(falling, stride);
    const timesteps = [...start, ...(skip ? repeatSecond(falling) : falling.slice(3))];
    checkTimesteps(timesteps, alphas.length);
    const finalAlpha = config.set_alpha_to_one ? 1 : alphas[0]!;

    const outputs = new History(4);
    const origin = new History(1);
    const sum = new History(1);
    const effective = new History(1);
    const predicted = new History(1);

    /** From one training step to another, given the noise in between (equation 11 of the paper). */
    function move(
      from: number,
      to: number,
      output: Float32Array,
      base: Float32Array,
      sample: Float32Array,
    ): void {
      const alpha = alphas[from]!;
      const alphaAfter = alphas[to] ?? finalAlpha;
      const beta = fround(1 - alpha);
      const betaAfter = fround(1 - alphaAfter);
      const ofSample = fround(sqrt(fround(alphaAfter / alpha)));
      const divisor = fround(
        fround(alpha * fround(sqrt(betaAfter))) + fround(sqrt(fround(fround(alpha * beta) * alphaAfter))),
      );
      const ofOutput = fround(alphaAfter - alpha);
      const [rootAlpha, rootBeta] = [fround(sqrt(alpha)), fround(sqrt(beta))];
      const x0 = predicted.next(sample.length);
      for (let pixel = 0; pixel < sample.length; pixel += 1) {
        x0[pixel] = (base[pixel]! - rootBeta * output[pixel]!) / rootAlpha;
        sample[pixel] = ofSample * base[pixel]! - (ofOutput * output[pixel]!) / divisor;
      }
    }

    function rungeKuttaCall(index: number, modelOutput: Float32Array, sample: Float32Array): void {
      const call = index % 4;
      if (call === 0) {
        outputs.push(modelOutput);
        origin.push(sample);
        sum.next(sample.length).fill(0);
      }
      const total = sum.at(0);
      const weight = rungeKutta[call]!;
      for (let pixel = 0; pixel < total.length; pixel += 1) total[pixel]! += weight * modelOutput[pixel]!;
      const to = timesteps[index]! - (call % 2 ? 0 : Math.floor(stride / 2));
      move(timesteps[index - call]!, to, call === 3 ? total : modelOutput, origin.at(0), sample);
    }

    function multistepCall(index: number, modelOutput: Float32Array, sample: Float32Array): void {
      const timestep = timesteps[index]!;
      const output = effective.next(sample.length);
      // The second call corrects the first: from the same place, by the mean of both.
      if (index === 1) {
        const first = outputs.at(0);
        for (let pixel = 0; pixel < output.length; pixel += 1) {
          output[pixel] = (modelOutput[pixel]! + first[pixel]!) / 2;
        }
        move(timestep + stride, timestep, output, origin.at(0), sample);
        return;
      }
      if (index === 0) origin.push(sample);
      outputs.push(modelOutput);
      const weights = multistep[outputs.count - 1]!;
      for (let pixel = 0; pixel < output.length; pixel += 1) {
        let mixed = 0;
        for (let back = 0; back < weights.length; back += 1)
          mixed += weights[back]! * outputs.at(back)[pixel]!;
        output[pixel] = mixed;
      }
      move(timestep, timestep - stride, output, sample, sample);
    }

    const sampler: Sampler = {
      timesteps,
      initNoiseSigma: 1,
      scale: () => 1,
      step(index, modelOutput, sample) {
        (index < start.length ? rungeKuttaCall : multistepCall)(index, modelOutput, sample);
      },
      predicted: () => (predicted.count ? predicted.at(0) : undefined),
      save: () => ({ outputs: outputs.save(), origin: origin.save(), sum: sum.save() }),
      restore(state) {
        outputs.restore(state['outputs']);
        origin.restore(state['origin']);
        sum.restore(state['sum']);
      },
    };
    return sampler;
  },
};

/** Three steps of four calls each: at the start, twice in the middle, at the end, which is the next one's start. */
function rungeKuttaTimesteps(falling: readonly number[], stride: number): number[] {
  return falling.slice(0, 3).flatMap((timestep, index) => {
    const end = falling[index + 1]!;
    const middle = end + Math.floor(stride / 2);
    return [timestep, middle, middle, end];
  });
}

function repeatSecond(falling: readonly number[]): number[] {
  return [...falling.slice(0, 2), ...falling.slice(1)];
}
