import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { DatasetSession } from '../browse/index.ts';
import { openSource } from '../operations/source.ts';
import { itemsOf } from '../testing/items.ts';
import { hasFfmpeg } from './fixtures/ffmpeg.ts';
import { openArchive } from './index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'refinery-video-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!hasFfmpeg)(`a video${hasFfmpeg ? '' : ' (skipped: ffmpeg is not here)'}`, () => {
  test('has the frames that Datumaro finds in it', async () => {
    const golden = JSON.parse(readFileSync(fixture('clip.json'), 'utf8')) as Record<string, number[]>;
    const told: number[] = [];
    await using source = await openSource(fixture('clip.mp4'), {
      onProgress: (done, total) => told.push(done / total),
    });
    expect(source.format.name).toBe('image_dir');
    const items = await itemsOf(await source.open());
    expect(items.map(({ id }) => id)).toEqual(Object.keys(golden));
    for (const { id, media } of items) {
      expect(media?.size).toEqual({ width: 96, height: 64 });
      const { channels } = await sharp(media!.path).stats();
      for (const [channel, mean] of golden[id]!.entries())
        expect(Math.abs(channels[channel]!.mean - mean)).toBeLessThan(1);
    }
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBe(1);
  });

  test('is told without taking its frames out, and is read under Datumaro’s name', async () => {
    await using session = await DatasetSession.open(fixture('clip.mp4'), () => {
      throw new Error('It is unpacked.');
    });
    expect(session.candidates[0]).toMatchObject({ format: { name: 'image_dir' } });
    await using source = await openSource(fixture('clip.mp4'), { from: 'video_frames' });
    expect(await itemsOf(await source.open())).toHaveLength(13);
  });

  test('gives each third frame under its own number, and no other folder', async () => {
    const golden = JSON.parse(readFileSync(fixture('clip.json'), 'utf8')) as Record<string, number[]>;
    await using source = await openSource(join(fixture('clip.mp4'), 'every-3'));
    expect(source.format.name).toBe('image_dir');
    const items = await itemsOf(await source.open());
    expect(items.map(({ id }) => id)).toEqual(Object.keys(golden).filter((_, frame) => frame % 3 === 0));
    for (const { id, media } of items) {
      const { channels } = await sharp(media!.path).stats();
      for (const [channel, mean] of golden[id]!.entries())
        expect(Math.abs(channels[channel]!.mean - mean)).toBeLessThan(1);
    }
    for (const wrong of ['every-0', 'every-', 'first'])
      await expect(openSource(join(fixture('clip.mp4'), wrong))).rejects.toMatchObject({
        code: 'INPUT_NOT_FOUND',
        hint: expect.stringContaining('every-5'),
      });
  });

  test('has the frames that differ which Datumaro finds in it', async () => {
    const golden = JSON.parse(readFileSync(fixture('scenes.json'), 'utf8')) as Record<string, number[]>;
    expect(Object.keys(golden).length).toBeGreaterThan(2);
    await using source = await openSource(fixture('scenes.mp4'), { from: 'video_keyframes' });
    const items = await itemsOf(await source.open());
    expect(items.map(({ id }) => id)).toEqual(Object.keys(golden));
  });

  test('that is none, or names others, is refused; one that is cut off says so', async () => {
    const put = (name: string, content: string | Buffer): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://${fixture('clip.mp4')}\n#EXT-X-ENDLIST\n`;
    const whole = readFileSync(fixture('clip.mp4'));
    for (const path of [
      put('none.mp4', 'no video'),
      put('list.mp4', playlist),
      put('cut.mp4', whole.subarray(0, 900)),
    ]) {
      await expect(openArchive(path)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    }
  });

  test('that ends before its time says how much of it there is', async () => {
    const path = join(folder, 'begins.mp4');
    const order = ['-v', 'error', '-i', fixture('clip.mp4'), '-c', 'copy', '-movflags', '+faststart', path];
    expect(spawnSync('ffmpeg', order).status).toBe(0);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, Math.round(0.97 * whole.length)));
    await expect(openArchive(path)).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
      message: expect.stringMatching(/\d+ of its 13 frames/),
    });
  });

  test('is given up when it is cancelled', async () => {
    const stop = new AbortController();
    const opened = openArchive(fixture('clip.mp4'), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(opened).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('a video says what it takes where there is no ffmpeg', async () => {
  vi.stubEnv('PATH', folder);
  await expect(openArchive(fixture('clip.mp4'))).rejects.toMatchObject({
    code: 'RUNTIME_NOT_FOUND',
    hint: expect.stringContaining('apt install ffmpeg'),
  });
});
