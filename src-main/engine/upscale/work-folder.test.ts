import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VipsFileWriter } from '../imaging/vips-file.ts';
import { RowFiles } from './work-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-rows-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes a picture of one value. */
async function write(path: string, width: number, height: number, value: number, icc?: Buffer) {
  const writer = await VipsFileWriter.create(path, { width, height, channels: 3, depth: 8 });
  await writer.write(Buffer.alloc(width * height * 3, value), 0);
  await writer.finish(icc ? { icc } : {});
}

test('a file of rows is written over by smaller and larger pictures, and holds nothing of those before', async () => {
  const files = new RowFiles(join(folder, 'idle'));
  const { icc } = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .withIccProfile('p3')
    .png()
    .toBuffer()
    .then((png) => sharp(png).metadata());
  let inode: number | undefined;
  for (const [turn, [width, height]] of [
    [40, 30],
    [7, 5],
    [60, 50],
  ].entries()) {
    const path = join(folder, `${turn}.v`);
    const before = await files.take(path);
    expect(before > 0).toBe(turn > 0);
    await write(path, width!, height!, 50 + turn, turn === 0 ? icc : undefined);
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([width, height]);
    expect(data.every((value) => value === 50 + turn)).toBe(true);
    expect((await sharp(path).metadata()).icc !== undefined).toBe(turn === 0);
    inode ??= (await stat(path)).ino;
    expect((await stat(path)).ino).toBe(inode);
    await files.give(path);
    expect(existsSync(path)).toBe(false);
  }
  await files.clear();
  expect(existsSync(join(folder, 'idle'))).toBe(false);
  expect(await files.take(join(folder, 'again.v'))).toBe(0);
});
