import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { canMakeDisks, smallDisk } from '../io/fixtures/small-disk.ts';
import { targetError } from './errors.ts';
import { decode, readHeader } from './source.ts';

// What libvips says where another thread has taken the part with the reason.
const silent = new Error('VipsJpeg: unable to write to target');

describe('a failure to write', () => {
  test('is told with its reason', () => {
    const withCode = (code: string) => Object.assign(new Error('x'), { code });
    expect(targetError(tmpdir(), withCode('ENOSPC')).code).toBe('DISK_FULL');
    expect(
      targetError(tmpdir(), new Error('a.png: write error\nsystem error: No space left on device')).code,
    ).toBe('DISK_FULL');
    expect(targetError(tmpdir(), withCode('EACCES')).message).toContain('no permission');
    expect(targetError(tmpdir(), silent).code).toBe('OUTPUT_NOT_WRITABLE');
    expect(targetError(join(tmpdir(), 'is-not-there'), silent).code).toBe('OUTPUT_NOT_WRITABLE');
  });

  test.skipIf(!canMakeDisks())(
    'on a full disk is told as such, whatever was said (needs leave to mount)',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'refinery-full-'));
      const undo = smallDisk(folder, 64);
      try {
        expect(targetError(folder, silent).code).toBe('OUTPUT_NOT_WRITABLE');
        await expect(writeFile(join(folder, 'all'), Buffer.alloc(100_000))).rejects.toMatchObject({
          code: 'ENOSPC',
        });
        expect(targetError(folder, silent).code).toBe('DISK_FULL');
      } finally {
        undo?.();
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe('a source that can not be read', () => {
  async function codeOf(name: string, bytes: Buffer, mode = 0o600): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'refinery-source-'));
    const path = join(folder, name);
    try {
      await writeFile(path, bytes);
      await chmod(path, mode);
      const { info } = await readHeader(path);
      await (await decode(path, info, folder)).close();
      return 'none';
    } catch (thrown) {
      const { code, message } = thrown as { code: string; message: string };
      expect(message).toContain(name);
      return code;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  const noise = () =>
    sharp({
      create: {
        width: 96,
        height: 64,
        channels: 3,
        background: '#808080',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    });

  test.each(['png', 'jpeg', 'webp', 'avif', 'gif', 'tiff'] as const)('ends too early: %s', async (format) => {
    const whole = await noise().toFormat(format).toBuffer();
    expect(await codeOf(`whole.${format}`, whole)).toBe('none');
    for (const share of [0.3, 0.7, 0.95]) {
      const bytes = whole.subarray(0, Math.floor(whole.length * share));
      expect(await codeOf(`cut.${format}`, bytes), String(share)).toBe('INPUT_TRUNCATED');
    }
  });

  test('is damaged where all of it is there', async () => {
    const bytes = await noise().png().toBuffer();
    bytes[bytes.length >> 1]! ^= 0xff;
    expect(await codeOf('bad.png', bytes)).toBe('INPUT_CORRUPT');
  });

  test('is no picture, or one that is not decoded here', async () => {
    expect(await codeOf('words.png', Buffer.from('Just words, and some more of them.'))).toBe(
      'INPUT_UNSUPPORTED',
    );
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heicmif1', 'latin1');
    expect(await codeOf('phone.heic', heic)).toBe('INPUT_UNSUPPORTED');
  });

  test.skipIf(process.getuid?.() === 0)('may not be read (skipped for root, who may read all)', async () => {
    expect(await codeOf('secret.png', await noise().png().toBuffer(), 0)).toBe('INPUT_UNREADABLE');
  });

  test('AVIF of 10 bits is told as such', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'refinery-avif-'));
    const path = join(folder, 'deep.avif');
    await noise().toColourspace('rgb16').avif({ bitdepth: 10 }).toFile(path);
    expect((await readHeader(path)).info.depth).toBe(10);
    await rm(folder, { recursive: true, force: true });
  });
});
