import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  bitsOf,
  cases,
  golden,
  haveGolden,
  largestDifference,
  readJson,
  readNpy,
  shared,
  whyNot,
} from './fixtures/shared.ts';
import {
  parseSchedulerConfig,
  readSchedulerConfig,
  samplerNamed,
  samplers,
  TorchGenerator,
} from './index.ts';
import { roundHalfToEven } from './numbers.ts';
import { type Planes, padToMultiple, toBytes, toShades } from './picture.ts';
import { alphasCumulative, trailingTimesteps } from './schedule.ts';

interface Draws {
  readonly seed: number;
  readonly sizes: readonly number[];
  readonly values?: ReadonlyArray<readonly number[]>;
  readonly first?: readonly number[];
  readonly last?: readonly number[];
  readonly sum?: number;
}

/** The numbers of consecutive draws, or only their ends, equal torch's in every bit. */
function expectDraws({ seed, sizes, values, first, last, sum }: Draws): void {
  const generator = new TorchGenerator(seed);
  sizes.forEach((size, index) => {
    const drawn = generator.normal(size);
    if (values) expect([...drawn], `seed ${seed}, ${size} numbers`).toEqual(values[index]);
    if (first && last && sum !== undefined) {
      expect([...drawn.slice(0, first.length)]).toEqual(first);
      expect([...drawn.slice(-last.length)]).toEqual(last);
      expect(drawn.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 9);
    }
  });
}

const ldm = { beta_start: 0.0015, beta_end: 0.0155, beta_schedule: 'scaled_linear', clip_sample: false };

describe('noise', () => {
  test('equals torch’s in every bit, in both of its ways', () => {
    const { vectors } = readJson(fileURLToPath(new URL('./fixtures/randn.json', import.meta.url))) as {
      vectors: Draws[];
    };
    expect(vectors.length).toBeGreaterThan(2);
    for (const draws of vectors) expectDraws(draws);
  });

  test('goes on from a saved state', () => {
    const whole = new TorchGenerator(5);
    const drawn = [3, 700, 20, 1].map((count) => whole.normal(count));
    const generator = new TorchGenerator(5);
    generator.normal(3);
    // An odd number of single draws leaves one over.
    const state = JSON.parse(JSON.stringify(generator.save())) as ReturnType<typeof generator.save>;
    expect(state.spare).not.toBeNull();
    const other = new TorchGenerator(6);
    other.restore(state);
    expect([700, 20, 1].map((count) => other.normal(count))).toEqual(drawn.slice(1));
    expect(() => other.restore({ ...state, used: 625 })).toThrow(RangeError);
  });
});

describe('schedule', () => {
  test('what a file leaves out has the class’ default, and Python’s infinities are read', () => {
    const config = readSchedulerConfig('{"_class_name": "DDIMScheduler", "lambda_min_clipped": -Infinity}');
    expect(config).toMatchObject({
      num_train_timesteps: 1000,
      beta_start: 0.0001,
      beta_end: 0.02,
      clip_sample: true,
    });
    expect(config.timestep_spacing).toBeUndefined();
    const [ddim, euler] = ['ddim', 'euler'].map((name) => samplerNamed(name).make(config, 4));
    expect(ddim?.timesteps).toEqual([750, 500, 250, 0]);
    expect(euler?.timesteps).toEqual([999, 666, 333, 0]);
    expect(alphasCumulative(config).at(-1)).toBeCloseTo(4.0358e-5, 8);
  });

  test('what is wrong is refused with a code', () => {
    const codeOf = (act: () => unknown): string | undefined => {
      try {
        act();
      } catch (thrown) {
        return (thrown as { code?: string }).code;
      }
      return undefined;
    };
    const config = parseSchedulerConfig(ldm);
    expect(codeOf(() => readSchedulerConfig('{'))).toBe('MODEL_CORRUPT');
    expect(codeOf(() => parseSchedulerConfig({ beta_start: 'low' }))).toBe('MODEL_CORRUPT');
    expect(codeOf(() => samplerNamed('nothing'))).toBe('BAD_REQUEST');
    for (const sampler of samplers) {
      const make = (settings: object, steps: number) => () => sampler.make({ ...config, ...settings }, steps);
      expect(codeOf(make({}, 5)), sampler.name).toBeUndefined();
      expect(codeOf(make({ prediction_type: 'v_prediction' }, 5)), sampler.name).toBe('INPUT_UNSUPPORTED');
      expect(codeOf(make({ beta_schedule: 'squaredcos_cap_v2' }, 5)), sampler.name).toBe('INPUT_UNSUPPORTED');
      expect(codeOf(make({}, 0)), sampler.name).toBe('BAD_REQUEST');
      expect(codeOf(make({}, 1001)), sampler.name).toBe('BAD_REQUEST');
    }
    const beyond = { timestep_spacing: 'leading', steps_offset: 1 } as const;
    expect(codeOf(() => samplerNamed('ddim').make({ ...config, ...beyond }, 1000))).toBe('BAD_REQUEST');
  });

  test('steps that trail stay within the training’s', () => {
    for (let steps = 1; steps <= 1000; steps += 1) {
      const timesteps = trailingTimesteps(1000, steps);
      expect(timesteps[0]).toBe(999);
      expect(timesteps.at(-1)).toBeGreaterThanOrEqual(0);
      expect(new Set(timesteps).size).toBe(steps);
    }
  });
});

describe('pictures', () => {
  test('halves go to the even number', () => {
    expect([0.5, 1.5, 2.5, -1.5, 254.5, 1.2].map(roundHalfToEven)).toEqual([0, 2, 2, -2, 254, 1]);
  });

  test('padding repeats the last column and row, and cropping undoes it', () => {
    const values = Float32Array.from({ length: 3 * 2 * 3 }, (_, index) => index / 20);
    const picture: Planes = { values, width: 3, height: 2 };
    expect(padToMultiple(picture, 1)).toBe(picture);
    const padded = padToMultiple(picture, 4);
    expect([padded.width, padded.height]).toEqual([4, 4]);
    const row = [...values.slice(3, 6), values[5]];
    expect([...padded.values.slice(0, 16)]).toEqual([
      ...values.slice(0, 3),
      values[2],
      ...row,
      ...row,
      ...row,
    ]);
    expect(toShades(padded, 3, 2)).toEqual(toShades(picture, 3, 2));
    expect([...toBytes({ values: Float32Array.of(0, 0.5, 1), width: 1, height: 1 })]).toEqual([0, 128, 255]);
  });
});

describe('samplers', () => {
  const config = parseSchedulerConfig(ldm);
  const count = 3 * 4 * 4;

  /** A stand-in for the network: something smooth of latents and timestep. */
  const noiseIn = (sample: Float32Array, timestep: number): Float32Array =>
    sample.map((value, index) => Math.sin(value + timestep / 300 + index));

  const start = (name: string, steps: number) => {
    const sampler = samplerNamed(name).make(config, steps, 0.7);
    const noise = new TorchGenerator(3);
    const sample = noise.normal(count).map((value) => value * sampler.initNoiseSigma);
    return { sampler, noise, sample };
  };

  test.each(samplers.map(({ name }) => name))('%s goes on from any step with the same bits', (name) => {
    const whole = start(name, 7);
    const total = whole.sampler.timesteps.length;
    const run = ({ sampler, noise, sample }: ReturnType<typeof start>, from: number, to: number) => {
      for (let index = from; index < to; index += 1) {
        sampler.step(index, noiseIn(sample, sampler.timesteps[index]!), sample, noise);
      }
    };
    for (let split = 0; split <= total; split += 1) {
      const before = start(name, 7);
      run(before, 0, split);
      const saved = {
        sampler: before.sampler.save(),
        noise: before.noise.save(),
        sample: before.sample.slice(),
      };
      // What was saved is a copy: going on must not change it.
      run(before, split, total);
      const after = start(name, 7);
      after.sampler.restore(saved.sampler);
      after.noise.restore(saved.noise);
      after.sample.set(saved.sample);
      run(after, split, total);
      expect(bitsOf(after.sample).equals(bitsOf(before.sample)), `split at ${split}`).toBe(true);
      expect(after.sample.every(Number.isFinite)).toBe(true);
    }
    run(whole, 0, total);
    expect(whole.sampler.predicted()).toHaveLength(count);
  });

  test.each(samplers.map(({ name }) => name))('%s keeps to the training’s steps in every spacing', (name) => {
    for (const timestep_spacing of ['leading', 'trailing', 'linspace'] as const) {
      for (const steps of [4, 5, 16, 61, 250]) {
        const { timesteps } = samplerNamed(name).make({ ...config, timestep_spacing }, steps);
        expect(timesteps.length).toBeGreaterThanOrEqual(steps);
        expect(timesteps.every((timestep) => timestep >= 0 && timestep <= 999)).toBe(true);
        expect([...timesteps].sort((a, b) => b - a)).toEqual(timesteps);
      }
    }
  });

  test.each(samplers.map(({ name }) => name))(
    '%s finds the picture when the noise is told exactly',
    (name) => {
      const alphas = alphasCumulative(config);
      const picture = Float32Array.from({ length: count }, (_, index) => Math.cos(index));
      const { sampler, noise, sample } = start(name, 20);
      const scaled = sampler.initNoiseSigma > 1;
      sampler.timesteps.forEach((timestep, index) => {
        const alpha = alphas[Math.round(timestep)]!;
        // Counted in noise levels, the latents are picture + σ · noise; else √α · picture + √(1 − α) · noise.
        const [share, level] = scaled
          ? [1, Math.sqrt(sampler.scale(index) ** 2 - 1)]
          : [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
        const exact = sample.map((value, pixel) => (value - share * picture[pixel]!) / level);
        sampler.step(index, exact, sample, noise);
        if (name !== 'pndm') expect(largestDifference(sampler.predicted()!, picture)).toBeLessThan(1e-3);
      });
      // PNDM ends at the first training step's noise, √0.0015, not at none.
      expect(largestDifference(sample, picture)).toBeLessThan(name === 'pndm' ? 0.1 : 1e-3);
    },
  );
});

describe.skipIf(!haveGolden)(`against torch and diffusers${whyNot}`, () => {
  test('noise equals torch’s in every bit', () => {
    const { vectors } = readJson(join(shared, 'randn_vectors.json')) as { vectors: Draws[] };
    expect(vectors.length).toBe(72);
    for (const draws of vectors) expectDraws(draws);
    for (const noise of new Set(cases.map((golden) => golden.noise))) {
      const expected = readNpy(golden(noise));
      const seed = Number(/seed(\d+)/.exec(noise)?.[1]);
      expect(bitsOf(new TorchGenerator(seed).normal(expected.length)).equals(bitsOf(expected)), noise).toBe(
        true,
      );
    }
  });

  test('alphas equal diffusers’ in every bit', () => {
    const alphas = alphasCumulative(parseSchedulerConfig(ldm));
    expect([...alphas]).toEqual([...readNpy(golden('alphas_cumprod.npy'))]);
  });

  test.each(cases)('$name: timesteps and noise levels', (golden) => {
    const config = parseSchedulerConfig(golden.scheduler_config);
    const sampler = samplerNamed(golden.scheduler_class).make(config, golden.steps, golden.eta);
    expect(sampler.timesteps).toEqual(golden.timesteps);
    expect(Math.abs(sampler.initNoiseSigma / golden.init_noise_sigma - 1)).toBeLessThan(1e-7);
    if (!golden.sigmas || sampler.initNoiseSigma === 1) return;
    sampler.timesteps.forEach((_, index) => {
      const expected = Math.sqrt(golden.sigmas![index]! ** 2 + 1);
      expect(Math.abs(sampler.scale(index) / expected - 1)).toBeLessThan(1e-6);
    });
  });
});
