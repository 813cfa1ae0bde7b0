import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  golden,
  largestDifference,
  modelFolder,
  readNpy,
  shared,
  whyNot,
} from '../engine/diffusion/fixtures/shared.ts';
import { hasOpenVino } from '../engine/host/fixtures/engine.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function refinery(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const command = ['--disable-warning=ExperimentalWarning', main, ...args];
  const env = { ...process.env, REFINERY_DATA_DIR: join(folder, 'data') };
  const ended = promisify(execFile)(process.execPath, command, { env });
  return ended.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (failed: { code: number; stdout: string; stderr: string }) => ({
      code: failed.code,
      output: failed.stdout + failed.stderr,
    }),
  );
}

describe('refinery convert-model', () => {
  test('a wrong command line ends with 2', async () => {
    for (const args of [
      ['ldm', folder],
      ['gan', folder, '--output', join(folder, 'out')],
      ['ldm', folder, '--output', join(folder, 'out'), '--weights', 'int4'],
    ]) {
      expect(await refinery('convert-model', ...args)).toMatchObject({
        code: 2,
        output: expect.stringMatching(/^error: /),
      });
    }
  });

  test('a folder without a model ends with 1 and a typed error, before anything is installed', async () => {
    const output = join(folder, 'out');
    const ended = await refinery('convert-model', 'ldm', folder, '--output', output, '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.output)).toMatchObject({
      event: 'error',
      error: { code: 'MODEL_NOT_INSTALLED', message: expect.stringMatching(/unet\/config\.json/) },
    });
    expect(existsSync(output)).toBe(false);
  });
});

const whyNoRun = whyNot || (hasOpenVino ? '' : ' (skipped: no OpenVINO on this machine)');

describe.skipIf(whyNoRun !== '')(`refinery upscale with diffusion${whyNoRun}`, () => {
  test('--save-latents writes what diffusers has before decoding, and --tile stands in the receipt', async () => {
    const source = join(folder, 'in.png');
    await cp(join(shared, 'golden', 'in_32x24.png'), source);
    const latents = join(folder, 'kept', 'latents.npy');
    const args = [
      ...['upscale', source, '--output', folder, '--model', modelFolder, '--json'],
      ...['--sampler', 'ddim', '--steps', '20', '--seed', '42', '--precision', 'f32'],
      ...['--tile', '32', '--save-latents', latents, '--like-diffusers'],
    ];
    const { code, output } = await refinery(...args);
    expect(code, output).toBe(0);
    const done = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .find(({ event }) => event === 'done');
    expect(done.receipt.settings.diffusion).toMatchObject({ tile: 32, likeDiffusers: true, seed: 42 });
    expect(done.receipt.tiles.count).toBe(1);
    const expected = readNpy(golden('ddim_32x24_s20_eta0.latents.npy')).subarray(-3 * 24 * 32);
    expect(largestDifference(readNpy(latents), expected)).toBeLessThan(5e-5);
    const before = await readFile(latents);
    expect(await refinery(...args)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/OUTPUT_EXISTS/),
    });
    expect((await readFile(latents)).equals(before)).toBe(true);
  });
});
