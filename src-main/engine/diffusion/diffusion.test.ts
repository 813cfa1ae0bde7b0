import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasOpenVino } from '../host/fixtures/engine.ts';
import { loadOpenVino } from '../runtime/index.ts';
import {
  bitsOf,
  cases,
  type GoldenCase,
  golden,
  largestDifference,
  modelFolder,
  readJson,
  readNpy,
  whyNot,
} from './fixtures/shared.ts';
import {
  type Checkpoint,
  type DiffusionModelFolder,
  type DiffusionOptions,
  diffuse,
  openModel,
  parseSchedulerConfig,
  readModelFolder,
} from './index.ts';
import { type Planes, padToMultiple } from './picture.ts';

const whyNoRun = whyNot || (hasOpenVino ? '' : ' (skipped: no OpenVINO on this machine)');

describe.skipIf(whyNoRun !== '')(`the whole way, with a small model${whyNoRun}`, () => {
  let model: DiffusionModelFolder;
  let base: Pick<DiffusionOptions, 'openvino' | 'unet' | 'decoder' | 'multiple'>;
  let temporary: string;

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'refinery-diffusion-'));
    const openvino: NodeAddon = await loadOpenVino();
    model = await readModelFolder(modelFolder);
    const { unet, decoder } = await openModel({ openvino, model, device: 'CPU', precision: 'f32' });
    base = { openvino, unet: unet.compiled, decoder: decoder.compiled, multiple: model.multiple };
  });
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  /** What diffusers gives the network: bytes as singles in [-1, 1], by channels. */
  async function readPicture({ name, input, latent_shape }: GoldenCase): Promise<Planes> {
    const [, , height = 0, width = 0] = latent_shape;
    // Here diffusers made the picture smaller itself, to multiples of 32.
    if (name === 'ddim_pil48_s5')
      return { values: readNpy(golden('pil48_lanczos_32x32.npy')), width, height };
    const { data, info } = await sharp(golden(input))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width, height, channels: 3 });
    const values = Float32Array.from({ length: data.length }, (_, index) => {
      const [channel, pixel] = [Math.floor(index / (width * height)), index % (width * height)];
      return Math.fround(data[pixel * 3 + channel]! / 255) * 2 - 1;
    });
    return { values, width, height };
  }

  async function optionsOf(golden: GoldenCase): Promise<DiffusionOptions> {
    return {
      ...base,
      scheduler: parseSchedulerConfig(golden.scheduler_config),
      sampler: golden.scheduler_class,
      steps: golden.steps,
      eta: golden.eta,
      image: await readPicture(golden),
      seed: golden.seed,
      ...(golden.step_noise_seed === null ? {} : { stepSeed: golden.step_noise_seed }),
      scaleCondition: 'diffusers',
    };
  }

  const caseNamed = (name: string): GoldenCase => cases.find((golden) => golden.name === name)!;

  test.each(cases)('$name', async (expected) => {
    const kept = readNpy(golden(`${expected.name}.latents.npy`));
    const counted = expected.init_noise_sigma > 1;
    let place = 0;
    const made = await diffuse({
      ...(await optionsOf(expected)),
      onStep({ done, total, latents: { values } }) {
        expect(total).toBe(expected.timesteps.length);
        if (!expected.kept_steps.includes(done - 1)) return;
        const slice = kept.subarray(place, place + values.length);
        // Latents that count in noise levels are larger, and with them what the last bits of the UNet's output make.
        const level = Math.sqrt((expected.sigmas?.[done] ?? 0) ** 2 + 1);
        const limit = Math.max(5e-5, counted ? 1e-5 * level : 0);
        expect(largestDifference(values, slice), `step ${done}`).toBeLessThanOrEqual(limit);
        place += values.length;
      },
    });
    expect(place).toBe(kept.length);
    const image = golden(`${expected.name}.image.npy`);
    if (existsSync(image)) expect(largestDifference(made.values, readNpy(image))).toBeLessThanOrEqual(1e-5);
    const { data, info } = await sharp(golden(`${expected.name}.png`))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([made.width, made.height]).toEqual([info.width, info.height]);
    expect(largestDifference(made.bytes, data)).toBeLessThanOrEqual(1);
  });

  test.each([
    'ddim_32x24_s5_eta0.5',
    'pndm_32x24_s5',
    'pndm_skip_32x24_s5',
    'lms_32x24_s5',
    'euler_32x24_s5',
    'euler_a_32x24_s5',
    'dpm++_32x24_s5',
  ])('%s goes on from a checkpoint with the same bits', async (name) => {
    const options = await optionsOf(caseNamed(name));
    let checkpoint: Checkpoint | undefined;
    const cancel = new AbortController();
    const whole = await diffuse(options);
    const half = diffuse({
      ...options,
      signal: cancel.signal,
      onStep(step) {
        if (step.done !== 3) return;
        checkpoint = structuredClone(step.checkpoint());
        cancel.abort();
      },
    });
    await expect(half).rejects.toMatchObject({ code: 'CANCELLED' });
    let first = 0;
    let last: Checkpoint | undefined;
    const rest = await diffuse({
      ...options,
      resume: checkpoint!,
      onStep(step) {
        first ||= step.done;
        last = step.checkpoint();
      },
    });
    expect(first).toBe(4);
    expect(bitsOf((await diffuse({ ...options, resume: last! })).values).equals(bitsOf(whole.values))).toBe(
      true,
    );
    expect(bitsOf(rest.values).equals(bitsOf(whole.values))).toBe(true);
    await expect(diffuse({ ...options, seed: 1, resume: checkpoint! })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test('any size is padded and cropped', async () => {
    const options = { ...(await optionsOf(caseNamed('ddim_32x24_s5_eta0'))), steps: 2 };
    const { values } = options.image;
    const image: Planes = { values: values.slice(0, 3 * 13 * 9), width: 13, height: 9 };
    const made = await diffuse({ ...options, image });
    expect([made.width, made.height, made.bytes.length]).toEqual([52, 36, 52 * 36 * 3]);
    const padded = await diffuse({ ...options, image: padToMultiple(image, 4) });
    expect(padded.width).toBe(64);
    const rowOf = (shades: { values: Float32Array; width: number }, y: number): number[] => [
      ...shades.values.slice(y * shades.width * 3, y * shades.width * 3 + 52 * 3),
    ];
    for (const y of [0, 17, 35]) expect(rowOf(made, y)).toEqual(rowOf(padded, y));
  });

  test('the picture is scaled along only where asked for', async () => {
    const options = await optionsOf(caseNamed('euler_32x24_s5'));
    const [as, off, ddim] = [
      await diffuse(options),
      await diffuse({ ...options, scaleCondition: 'off' }),
      await diffuse({ ...options, sampler: 'ddim', steps: 20, scaleCondition: 'off' }),
    ];
    // Seen unscaled, the picture guides the way to what DDIM finds as well.
    expect(meanDifference(off.values, ddim.values)).toBeLessThan(meanDifference(as.values, ddim.values));
  });

  test('a folder that lacks something or is of another kind is refused', async () => {
    const folder = join(temporary, 'model');
    await cp(modelFolder, folder, { recursive: true, mode: 0 });
    expect(model).toMatchObject({ sampler: 'ddim', multiple: 4, factor: 4, weights: 'f16' });
    const config = readJson(join(modelFolder, 'ldm_config.json')) as { unet: object };
    const put = async (value: unknown): Promise<void> => {
      await rm(join(folder, 'ldm_config.json'), { force: true });
      await writeFile(join(folder, 'ldm_config.json'), JSON.stringify(value));
    };
    await put({ ...config, quantizer: 'none' });
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
    await put({ ...config, unet: { ...config.unet, in_channels: 4 } });
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
    await put({});
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await rm(join(folder, 'unet.bin'), { force: true });
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: 'The model lacks unet.bin.',
    });
  });
});

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((total, value, index) => total + Math.abs(value - b[index]!), 0) / a.length;
}
