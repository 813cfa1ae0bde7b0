import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasOpenVino } from '../host/fixtures/engine.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { modelFolder as good, readJson, whyNot } from './fixtures/shared.ts';
import { type Checkpoint, diffuse, modelFolderFiles, openModel, readModelFolder } from './index.ts';

const whyNoRun = whyNot || (hasOpenVino ? '' : ' (skipped: no OpenVINO on this machine)');

describe.skipIf(whyNot !== '')(`a folder that isn’t right${whyNot}`, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refinery-bad-model-'));
    await cp(good, folder, { recursive: true, mode: 0 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const path = (file: keyof typeof modelFolderFiles): string => join(folder, modelFolderFiles[file]);
  const put = (file: keyof typeof modelFolderFiles, value: unknown): Promise<void> =>
    rm(path(file)).then(() =>
      writeFile(path(file), typeof value === 'string' ? value : JSON.stringify(value)),
    );

  test.each(Object.values(modelFolderFiles))('without %s: it is named', async (name) => {
    await rm(join(folder, name), { force: true });
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: `The model lacks ${name}.`,
    });
  });

  test('an empty file is a missing one, and all that is missing is named at once', async () => {
    await put('unetWeights', '');
    await rm(path('scheduler'), { force: true });
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      message: 'The model lacks unet.bin, scheduler_config.json.',
    });
  });

  test('wrong counts of channels are named with what they should be', async () => {
    const config = readJson(path('config')) as { unet: object; vqvae: object };
    await put('config', {
      ...config,
      unet: { ...config.unet, in_channels: 8 },
      vqvae: { ...config.vqvae, latent_channels: 4 },
    });
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(
        /in_channels of the unet is 8, not 6; latent_channels of the vqvae is 4, not 3/,
      ),
    });
  });

  test.each([
    ['{"unet": {', 'MODEL_CORRUPT'],
    [{ unet: {}, vqvae: {} }, 'MODEL_CORRUPT'],
    ['{"__proto__": {"unet": 1}}', 'MODEL_CORRUPT'],
  ])('a configuration %j can’t be read', async (value, code) => {
    await put('config', value);
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code });
  });

  test.each([
    [{ _class_name: 'UniPCMultistepScheduler' }, 'INPUT_UNSUPPORTED', /UniPCMultistepScheduler/],
    [
      { _class_name: 'DDIMScheduler', prediction_type: 'v_prediction' },
      'INPUT_UNSUPPORTED',
      /prediction_type/,
    ],
    [
      { _class_name: 'DDIMScheduler', beta_schedule: 'squaredcos_cap_v2' },
      'INPUT_UNSUPPORTED',
      /beta_schedule/,
    ],
    ['{', 'MODEL_CORRUPT', /scheduler_config.json/],
  ])('the scheduler %j is refused by name', async (value, code, message) => {
    await put('scheduler', value);
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test.skipIf(!hasOpenVino)('networks that are swapped or damaged are refused before a run', async () => {
    const openvino = await loadOpenVino();
    const open = async () =>
      openModel({ openvino, model: await readModelFolder(folder), device: 'CPU', precision: 'f32' });
    for (const [file, other] of [
      ['decoder', 'unet'],
      ['decoderWeights', 'unetWeights'],
    ] as const) {
      const bytes = await readFile(path(other));
      await rm(path(file));
      await writeFile(path(file), bytes);
    }
    await expect(open()).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringMatching(/the decoder has no input latents/),
    });
    await rm(path('unetWeights'));
    await cp(join(good, 'unet.bin'), path('unetWeights'));
    await truncate(path('unetWeights'), 1000).catch(() => undefined);
    await expect(open()).rejects.toMatchObject({
      code: expect.stringMatching(/MODEL_CORRUPT|DEVICE_UNAVAILABLE/),
    });
  });
});

describe.skipIf(whyNoRun !== '')(`values that are not numbers${whyNoRun}`, () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s in a step names step and sampler', async (bad) => {
    const openvino = await loadOpenVino();
    const model = await readModelFolder(good);
    const { unet, decoder } = await openModel({ openvino, model, device: 'CPU', precision: 'f32' });
    const values = new Float32Array(3 * 16 * 16).fill(0.1);
    let last: Checkpoint | undefined;
    const run = diffuse({
      openvino,
      unet: unet.compiled,
      decoder: decoder.compiled,
      multiple: model.multiple,
      scheduler: model.scheduler,
      sampler: 'dpm-solver-multistep',
      steps: 5,
      seed: 1,
      image: { values, width: 16, height: 16 },
      onStep(step) {
        last = step.checkpoint();
        if (step.done === 3) step.latents.values[7] = bad;
      },
    });
    await expect(run).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: 'Step 4 of 5 with dpm-solver-multistep gave values that are not numbers.',
      hint: expect.stringMatching(/f32/),
    });
    expect(last?.done).toBe(3);
    expect(last?.latents.every(Number.isFinite)).toBe(true);
  });
});
