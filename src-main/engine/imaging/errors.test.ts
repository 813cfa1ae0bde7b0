import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMakeDisks, smallDisk } from '../io/fixtures/small-disk.ts';
import { targetError } from './errors.ts';

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
