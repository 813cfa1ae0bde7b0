import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InnerPictures } from './pictures.ts';
import { put, scratch } from './testing.ts';

const { fresh } = scratch();

test('a picture out of a file is written once, and anew when the file changes', async () => {
  const folder = fresh();
  await put(folder, { 'a.bin': 'one' });
  const leftOver = join(tmpdir(), 'refinery-pictures-999999999-x');
  await mkdir(leftOver, { recursive: true });
  let made = 0;
  const make = (): Uint8Array => Buffer.from(String(++made));
  const container = join(folder, 'a.bin');
  const first = await new InnerPictures(container).at('sub/a.png', make);
  expect(await new InnerPictures(container).at('sub/a.png', make)).toBe(first);
  expect([made, await readFile(first, 'utf8')]).toEqual([1, '1']);
  expect(existsSync(leftOver)).toBe(false);
  await put(folder, { 'a.bin': 'longer' });
  const second = await new InnerPictures(container).at('sub/a.png', make);
  expect([second === first, await readFile(second, 'utf8')]).toEqual([false, '2']);
  await expect(new InnerPictures(container).at('../a.png', make)).rejects.toMatchObject({
    code: 'INPUT_CORRUPT',
  });
});
