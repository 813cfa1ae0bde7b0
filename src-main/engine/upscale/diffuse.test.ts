import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import type { Receipt } from '../../contract/upscale.ts';
import { largestDifference, readNpy } from '../diffusion/fixtures/shared.ts';
import { hasOpenVino, openEngine, resources, sample, type TestEngine } from '../host/fixtures/engine.ts';
import { decode, readHeader } from '../imaging/source.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { type Diffuser, enlargeByDiffusion, openDiffuser } from './diffuse.ts';

const shared = join(resources, '..', 'shared', 'ldm');
const model = join(shared, 'tiny_trained', 'ov');
const missing = !existsSync(model)
  ? 'the small model is not here'
  : hasOpenVino
    ? ''
    : 'OpenVINO is not here';

async function rgb(path: string): Promise<Buffer> {
  return sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer();
}

function most(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((found, value, index) => Math.max(found, Math.abs(value - (b[index] ?? 0))), 0);
}

/** The released model's, as the golden runs have it. */
const schedule = {
  num_train_timesteps: 1000,
  beta_start: 0.0015,
  beta_end: 0.0155,
  beta_schedule: 'scaled_linear',
};

/** The same, with a UNet that fails after some calls as OpenVINO does. */
function failingAfter(diffuser: Diffuser, calls: number, message: string): Diffuser {
  const { compiled } = diffuser.unet;
  const failing = new Proxy(compiled, {
    get(target, name) {
      if (name !== 'createInferRequest') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return () => {
        const request = target.createInferRequest() as unknown as Record<string, unknown>;
        let left = calls;
        const infer = (request['run'] ? request['run'] : request['inferAsync']) as (
          inputs: unknown,
        ) => unknown;
        const run = async (inputs: unknown): Promise<unknown> => {
          left -= 1;
          if (left < 0) throw new Error(message);
          return infer.call(request, inputs);
        };
        return {
          setOutputTensor: (...args: unknown[]) =>
            (request['setOutputTensor'] as (...all: unknown[]) => unknown).apply(request, args),
          run,
        };
      };
    },
  });
  return { ...diffuser, unet: { ...diffuser.unet, compiled: failing } };
}

async function addModel(engine: TestEngine): Promise<string> {
  const handle = await engine.handle(model);
  return (await engine.client.call('models.addDiffusion', { handle, name: 'Small' })).entry.id;
}

describe.skipIf(missing !== '')(`latent diffusion through the queue${missing && ` (${missing})`}`, () => {
  test('gives the picture that diffusers gives, and a receipt to make it again', async () => {
    await using engine = await openEngine();
    const id = await addModel(engine);
    const source = join(engine.folder, 'in.png');
    await copyFile(join(shared, 'golden', 'in_32x24.png'), source);
    const diffusion = { sampler: 'ddim', steps: 20, eta: 0, seed: 42 } as const;
    const [outcome] = await engine.upscale([source], { model: id, diffusion });
    expect(outcome?.job.error).toBeUndefined();
    expect(
      most(await rgb(outcome!.output), await rgb(join(shared, 'golden', 'ddim_32x24_s20_eta0.png'))),
    ).toBeLessThanOrEqual(1);
    expect(outcome!.receipt?.settings.diffusion).toEqual({ ...diffusion, backProjection: false });
    expect(outcome!.receipt?.device.precision).toBe('f32');
  });

  test('a seed that is drawn stands in the receipt, and gives the same picture again; transparency stays', async () => {
    await using engine = await openEngine();
    const id = await addModel(engine);
    const source = join(engine.folder, 'round.png');
    const mask = Buffer.from(
      '<svg width="50" height="42"><circle cx="25" cy="21" r="18" fill="#fff"/></svg>',
    );
    await sharp(sample)
      .resize(50, 42)
      .ensureAlpha()
      .composite([{ input: mask, blend: 'dest-in' }])
      .png()
      .toFile(source);
    const diffusion = { sampler: 'dpm-solver-multistep', steps: 5, eta: 0, seed: null } as const;
    const [first] = await engine.upscale([source], { model: id, diffusion });
    const { seed } = (first!.receipt as Receipt).settings.diffusion;
    expect(seed).toEqual(expect.any(Number));
    const [second] = await engine.upscale([source], { model: id, diffusion: { ...diffusion, seed } });
    const [a, b] = [
      await sharp(first!.output).raw().toBuffer(),
      await sharp(second!.output).raw().toBuffer(),
    ];
    expect(a.equals(b)).toBe(true);
    const { width, height, channels } = await sharp(first!.output).metadata();
    expect([width, height, channels]).toEqual([200, 168, 4]);
    expect(a[3]).toBe(0);
  });

  test('a photo in tiles has no seam, and leaves no checkpoint', async () => {
    await using engine = await openEngine();
    const id = await addModel(engine);
    const source = join(engine.folder, 'wide.png');
    const [width, height] = [160, 112];
    await sharp(sample).resize(width, height).png().toFile(source);
    const make = async (tile: number) => {
      const diffusion = { sampler: 'ddim', steps: 6, eta: 0, seed: 3, tile } as const;
      const [outcome] = await engine.upscale([source], { model: id, diffusion });
      expect(outcome?.job.error).toBeUndefined();
      return outcome!;
    };
    const tiled = await make(64);
    const whole = await make(160);
    expect(tiled.receipt?.tiles).toEqual({ count: 3 * 2, width: 64, height: 64, overlap: 16 });
    expect(whole.receipt?.tiles.count).toBe(1);
    // How steep the picture is from each column (or row) to the next, against the same picture made at once.
    const steepness = async (path: string, across: boolean): Promise<number[]> => {
      const pixels = await rgb(path);
      const [wide, high] = [4 * width, 4 * height];
      const length = (across ? wide : high) - 1;
      const sums = new Array<number>(length).fill(0);
      for (let y = 0; y < (across ? high : length); y += 1) {
        for (let x = 0; x < (across ? length : wide); x += 1) {
          for (let channel = 0; channel < 3; channel += 1) {
            const at = (y * wide + x) * 3 + channel;
            sums[across ? x : y]! += Math.abs(pixels[at]! - pixels[at + 3 * (across ? 1 : wide)]!);
          }
        }
      }
      return sums;
    };
    for (const [across, seams] of [
      [true, [48, 64, 96, 112]],
      [false, [48, 64]],
    ] as const) {
      const [ours, atOnce] = [await steepness(tiled.output, across), await steepness(whole.output, across)];
      const ratios = ours.map((value, index) => value / atOnce[index]!);
      const isSeam = (at: number): boolean => seams.some((seam) => Math.abs(at + 0.5 - 4 * seam) < 3);
      const inside = ratios.filter((_, at) => !isSeam(at)).sort((a, b) => a - b);
      const onSeams = ratios.filter((_, at) => isSeam(at));
      const mean = (values: readonly number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(onSeams), 'mean').toBeLessThan(mean(inside) * 1.05);
      expect(Math.max(...onSeams), 'most').toBeLessThan(inside[Math.floor(inside.length * 0.99)]! * 1.1);
    }
    const folder = join(engine.cache, 'checkpoints');
    const left = existsSync(folder)
      ? (await readdir(folder)).filter((name) => name.includes(tiled.job.id))
      : [];
    expect(left).toEqual([]);
  });

  test('like diffusers, Euler gives its picture; the latents can be kept', async () => {
    await using engine = await openEngine();
    // The golden run took the class' own spacing of timesteps.
    const folder = join(engine.folder, 'model');
    await cp(model, folder, { recursive: true });
    const scheduler = { _class_name: 'EulerDiscreteScheduler', ...schedule };
    await rm(join(folder, 'scheduler_config.json'), { force: true });
    await writeFile(join(folder, 'scheduler_config.json'), JSON.stringify(scheduler));
    const handle = await engine.handle(folder);
    const { id } = (await engine.client.call('models.addDiffusion', { handle, name: 'Euler' })).entry;
    const source = join(shared, 'golden', 'in_32x24.png');
    const target = await engine.handle(engine.folder);
    const diffusion = { sampler: 'euler', steps: 20, eta: 0, seed: 42 } as const;
    const make = async (extra: object) => {
      const settings = { model: id, folder: target, diffusion: { ...diffusion, ...extra } };
      const [outcome] = await engine.upscale([source], settings);
      expect(outcome?.job.error).toBeUndefined();
      return outcome!;
    };
    const expected = await rgb(join(shared, 'golden', 'euler_32x24_s20.png'));
    const like = await make({ likeDiffusers: true, keepLatents: true });
    expect(most(await rgb(like.output), expected)).toBeLessThanOrEqual(1);
    expect(like.receipt?.settings.diffusion.likeDiffusers).toBe(true);
    const kept = join(engine.cache, 'checkpoints', `${like.job.id}.npy`);
    const all = readNpy(join(shared, 'golden', 'euler_32x24_s20.latents.npy'));
    expect(largestDifference(readNpy(kept), all.subarray(-3 * 24 * 32))).toBeLessThan(5e-5);
    await rm(kept);
    expect(most(await rgb((await make({})).output), expected)).toBeGreaterThan(1);
  });

  test('without memory the error says what to lower, and the run goes on from its checkpoint later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'refinery-diffuse-'));
    try {
      const openvino = await loadOpenVino();
      const options = { openvino, folder: model, device: 'CPU', precision: 'f32', threads: 0 } as const;
      const diffuser = await openDiffuser({ ...options, cacheDir: folder });
      const source = join(folder, 'in.png');
      await sharp(sample).resize(32, 24).png().toFile(source);
      const { info } = await readHeader(source);
      const checkpoint = join(folder, 'job.bin');
      const rows = join(folder, 'rows.v');
      const run = async (used: Diffuser, onProgress: (done: number) => void = () => undefined) => {
        const pixels = await decode(source, info, folder);
        try {
          return await enlargeByDiffusion({
            openvino,
            diffuser: used,
            pixels,
            settings: { sampler: 'ddim', steps: 8, eta: 0, seed: 1 },
            rows,
            checkpoint,
            memoryBudgetBytes: 4e9,
            signal: new AbortController().signal,
            waitWhilePaused: async () => undefined,
            onTile: () => undefined,
            onProgress,
          });
        } finally {
          await pixels.close();
        }
      };
      const steps: number[] = [];
      await run(diffuser, (done) => steps.push(done));
      const bytes = await readFile(rows);
      await rm(rows);
      expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      // Checkpoints come every four seconds: this clock runs a second each time that it is looked at.
      let now = performance.now();
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
        now += 1000;
        return now;
      });
      const broken = failingAfter(diffuser, 5, 'std::bad_alloc');
      await expect(run(broken)).rejects.toMatchObject({
        code: 'OUT_OF_MEMORY',
        hint: expect.stringMatching(/--tile 32/),
      });
      clock.mockRestore();
      expect(existsSync(checkpoint)).toBe(true);
      const rest: number[] = [];
      await run(diffuser, (done) => rest.push(done));
      expect(rest[0]).toBeGreaterThan(1);
      expect((await readFile(rows)).equals(bytes)).toBe(true);
      expect(existsSync(checkpoint)).toBe(false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a folder that lacks a piece says which', async () => {
    await using engine = await openEngine();
    const handle = await engine.handle(engine.folder);
    await expect(engine.client.call('models.addDiffusion', { handle, name: 'None' })).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: expect.stringContaining('unet.xml'),
    });
  });
});
