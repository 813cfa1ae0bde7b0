import { existsSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../contract/upscale.ts';
import { hasOpenVino, openEngine, resources, sample, type TestEngine } from '../host/fixtures/engine.ts';

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
    expect(outcome!.receipt?.settings.diffusion).toEqual(diffusion);
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

  test('a picture that is larger than a tile has no seam, and leaves no checkpoint', async () => {
    await using engine = await openEngine();
    const id = await addModel(engine);
    const source = join(engine.folder, 'wide.png');
    await sharp(sample).resize(176, 100).png().toFile(source);
    const [outcome] = await engine.upscale([source], {
      model: id,
      diffusion: { sampler: 'ddim', steps: 6, eta: 0, seed: 3 },
    });
    expect(outcome?.job.error).toBeUndefined();
    const width = 704;
    const height = 400;
    const pixels = await rgb(outcome!.output);
    expect(pixels.length).toBe(3 * width * height);
    // Mean step from one column to the next: where tiles meet it must not stand out.
    const steps = Array.from({ length: width - 1 }, (_, x) => {
      let sum = 0;
      for (let y = 0; y < height; y += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          const at = (y * width + x) * 3 + channel;
          sum += Math.abs((pixels[at + 3] ?? 0) - (pixels[at] ?? 0));
        }
      }
      return sum / (3 * height);
    });
    const sorted = [...steps].sort((a, b) => a - b);
    const usual = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    for (const seam of [80 * 4, 96 * 4]) {
      const here = Math.max(...steps.slice(seam - 3, seam + 3));
      expect(here, `at ${seam}`).toBeLessThanOrEqual(usual * 1.2);
    }
    const folder = join(engine.cache, 'checkpoints');
    const left = existsSync(folder)
      ? (await readdir(folder)).filter((name) => name.includes(outcome!.job.id))
      : [];
    expect(left).toEqual([]);
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
