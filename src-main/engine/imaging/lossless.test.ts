import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UpscaleSettings } from '../../contract/upscale.ts';
import { planTarget } from './encode.ts';
import { readHeader } from './source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-lossless-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pixels = Buffer.from(Uint8Array.from({ length: 64 * 48 * 4 }, (_, at) => (at * 7919) % 256));
const opaque = (): Sharp => sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } });
const clear = (): Sharp => sharp(pixels, { raw: { width: 64, height: 48, channels: 4 } });
const pages = (): Sharp => sharp(pixels, { raw: { width: 64, height: 64, channels: 3, pageHeight: 32 } });

test.each<[string, () => Sharp, boolean]>([
  ['png', () => opaque().png(), false],
  ['jpg', () => opaque().jpeg(), true],
  ['webp', () => opaque().webp(), true],
  ['webp', () => opaque().webp({ lossless: true }), false],
  ['webp', () => clear().webp({ lossless: true }), false],
  ['webp', () => clear().keepIccProfile().withIccProfile('p3').webp(), true],
  ['webp', () => opaque().withIccProfile('p3').webp({ lossless: true }), false],
  ['webp', () => pages().webp({ lossless: true }), false],
  ['webp', () => pages().webp(), true],
  ['avif', () => opaque().avif({ effort: 0 }), true],
  ['avif', () => opaque().avif({ effort: 0, lossless: true }), false],
  ['tif', () => opaque().tiff({ compression: 'jpeg' }), true],
  ['tif', () => opaque().tiff({ compression: 'lzw' }), false],
  ['tif', () => opaque().tiff({ compression: 'none', bigtiff: true }), false],
])('%s: %o loses detail: %s', async (ending, made, lossy) => {
  const path = join(folder, `${Math.random()}.${ending}`);
  await made().toFile(path);
  const { info } = await readHeader(path);
  expect(info.lossy).toBe(lossy);
  // What was kept whole is written so, where nobody wants another format.
  const settings = UpscaleSettings.parse({});
  expect(planTarget(info, settings, `.${ending}`).lossless).toBe(!lossy);
  expect(planTarget(info, { ...settings, format: 'webp' }, `.${ending}`).lossless).toBe(false);
});
