import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatasetSession } from '../browse/index.ts';
import { runConversion } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-conversions-'));
  await mkdir(join(folder, 'source', 'cat'), { recursive: true });
  for (let at = 0; at < 5; at += 1) {
    const picture = sharp({
      create: { width: 8, height: 8, channels: 3, background: { r: at * 9, g: 1, b: 1 } },
    });
    await writeFile(join(folder, 'source', 'cat', `${at}.png`), await picture.png().toBuffer());
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Temporary folders of pictures that this process has. */
const temporary = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`refinery-pictures-${process.pid}-`));

test('pictures that lie in a file are gone when the conversion has ended, well or not', async () => {
  const before = await temporary();
  const convert = (source: string, from: string, output: string, to: string, signal?: AbortSignal) =>
    runConversion({
      ...{
        source: join(folder, source),
        from,
        to,
        output: join(folder, output),
        media: 'copy',
        receipt: false,
      },
      ...(signal && { signal }),
    });
  for (const to of ['webdataset', 'hf_parquet', 'tf_detection_api', 'image_zip']) {
    expect(await convert('source', 'imagenet', to, to)).toMatchObject({ items: 5 });
    const back = await convert(to, to, `${to} back`, 'imagenet');
    expect(back).toMatchObject({ items: 5, check: 'passed' });
  }
  expect(await temporary()).toEqual(before);

  const abort = new AbortController();
  const ended = convert('webdataset', 'webdataset', 'ended', 'imagenet', abort.signal);
  setTimeout(() => abort.abort(new Error('enough')), 5);
  await ended.catch(() => undefined);
  expect(await temporary()).toEqual(before);
});

test('and those of a set that is looked at are there until it is closed', async () => {
  const before = await temporary();
  const quiet = () => ({ signal: new AbortController().signal, onProgress: () => undefined });
  const session = await DatasetSession.open(join(folder, 'webdataset'), quiet);
  await session.during(async () => {
    await session.read('webdataset', quiet());
    await session.shape([], quiet());
  });
  const picture = (await session.item(0, false))?.media?.path;
  expect(existsSync(picture ?? '')).toBe(true);
  expect((await temporary()).length).toBe(before.length + 1);
  await session[Symbol.asyncDispose]();
  expect(existsSync(picture ?? '')).toBe(false);
  expect(await temporary()).toEqual(before);
});
