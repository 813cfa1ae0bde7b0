import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeUnused } from './uploads.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-uploads-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('uploads go that no job is about, and none that came today', async () => {
  const old = new Date(Date.now() - 48 * 3_600_000);
  for (const name of ['used', 'unused', 'fresh']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'a.png'), name);
    if (name !== 'fresh') await utimes(join(folder, name), old, old);
  }
  await removeUnused(folder, () => [JSON.stringify([{ path: join(folder, 'used', 'a.png') }])]);
  expect((await readdir(folder)).sort()).toEqual(['fresh', 'used']);
  await removeUnused(join(folder, 'none'), () => []);
});
