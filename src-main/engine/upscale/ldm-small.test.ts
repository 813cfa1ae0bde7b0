import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { DiffusionSettings } from '../../contract/upscale.ts';
import { readModelFolder } from '../diffusion/index.ts';
import { hasOpenVino, openEngine, resources, sample } from '../host/fixtures/engine.ts';

const whyNot = hasOpenVino ? '' : ' (skipped: no OpenVINO on this machine)';

/** Peak signal-to-noise ratio in dB, over all bytes. */
function psnr(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length);
  let squares = 0;
  for (let at = 0; at < a.length; at += 1) squares += (a[at]! - b[at]!) ** 2;
  return 10 * Math.log10((255 * 255 * a.length) / squares);
}

const rgb = (image: Sharp): Promise<Buffer> => image.removeAlpha().toColourspace('srgb').raw().toBuffer();

test('a decoder that rounds takes no memory for its codes', async () => {
  const { memory } = await readModelFolder(join(resources, 'models', 'ldm_small'));
  // 7.4 arrays of 48 channels, 16 pixels for each latent.
  expect(memory.decoderPerLatent).toBeCloseTo(4 * 7.4 * 16 * 48);
});

describe.skipIf(whyNot !== '')(`the embedded diffusion model${whyNot}`, () => {
  test('comes nearer to a photo that it never saw than bicubic, by back-projection unless told otherwise', async () => {
    await using engine = await openEngine();
    const [width, height] = [256, 192];
    const original = join(engine.folder, 'original.png');
    await sharp(sample).resize(width, height).png().toFile(original);
    const source = join(engine.folder, 'small.png');
    const small = { width: width / 4, height: height / 4 };
    await sharp(original).resize(small.width, small.height, { kernel: 'cubic' }).png().toFile(source);
    const wanted = await rgb(sharp(original));
    const make = async (choices: Partial<DiffusionSettings>) => {
      const diffusion = { sampler: 'dpm-solver-multistep', steps: 12, eta: 0, seed: 1, ...choices } as const;
      const [outcome] = await engine.upscale([source], { model: 'ldm_small', diffusion });
      expect(outcome?.job.error).toBeUndefined();
      const quality = psnr(await rgb(sharp(outcome!.output)), wanted);
      return { quality, used: outcome!.receipt?.settings.diffusion.backProjection };
    };
    const bicubic = psnr(await rgb(sharp(source).resize(width, height, { kernel: 'cubic' })), wanted);
    const usual = await make({});
    expect(usual).toEqual({ quality: expect.any(Number), used: true });
    expect(usual.quality).toBeGreaterThan(bicubic + 0.2);
    const plain = await make({ backProjection: false });
    expect(plain.used).toBe(false);
    expect(plain.quality).toBeLessThan(usual.quality);
    expect((await make({ likeDiffusers: true })).used).toBe(false);
  });
});
