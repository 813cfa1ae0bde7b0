import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { RefineryError } from '../../../../contract/errors.ts';
import { maskedCrc } from '../../../io/tfrecord.ts';
import { format, put, readAll, scratch, setOf, shape } from './testing.ts';

const { fresh } = scratch();

/** What is told of a set after its one file of this ending was changed. */
async function told(name: string, ending: RegExp, change: (bytes: Buffer) => Buffer): Promise<string[]> {
  const [pictures, folder] = [fresh(), fresh()];
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: 60, height: 40, channels: 3, background: '#123', noise } as const;
  await put(pictures, { 'a.png': await sharp({ create }).png().toBuffer() });
  const media = { kind: 'image', path: join(pictures, 'a.png'), size: { width: 60, height: 40 } } as const;
  const box = { ...shape, type: 'box', x: 1, y: 1, width: 5, height: 5 } as const;
  const items = ['a', 'b', 'c'].map((id) => ({ id, subset: 'train', media, annotations: [box] }));
  await format(name).write(setOf(['x'], items), folder, { media: 'copy' });
  const file = (await readdir(folder, { recursive: true })).find((path) => ending.test(path))!;
  await writeFile(join(folder, file), change(await readFile(join(folder, file))));
  try {
    const { dataset } = await readAll(name, folder);
    return dataset.problems.list
      .filter((problem) => problem.file === file)
      .map(({ place, reason }) => (place === '' ? reason : `${place}: ${reason}`).replaceAll(folder, '…'));
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RefineryError);
    return [(thrown as RefineryError).message.replaceAll(folder, '…')];
  }
}

describe('files of records and columns', () => {
  const kinds = [
    ['arrow', /\.arrow$/],
    ['hf_parquet', /\.parquet$/],
    ['tf_detection_api', /tfrecord/],
    ['datumaro_binary', /\.datum$/],
    ['image_zip', /\.zip$/],
  ] as const;

  test.each(kinds)('%s: without a byte is told', async (name, ending) => {
    expect(await told(name, ending, () => Buffer.alloc(0))).toContain('the file is empty');
  });

  test.each([
    ['arrow', /\.arrow$/, 'the file ends early'],
    ['hf_parquet', /\.parquet$/, 'the file ends early'],
    ['tf_detection_api', /tfrecord/, /^The last record is not whole: \d+ bytes of it are there\.$/],
    ['datumaro_binary', /\.datum$/, /the file ends early$/],
  ] as const)('%s: cut off is told as that', async (name, ending, reason) => {
    for (const part of [0.3, 0.6, 0.95]) {
      const reasons = await told(name, ending, (bytes) => bytes.subarray(0, Math.floor(bytes.length * part)));
      expect(reasons.join('\n')).toMatch(reason);
      expect(reasons.join('\n')).not.toMatch(/destructure|out of range|bounds|wire|undefined/);
    }
  });

  test('a record that fits its checksum and is no example is damaged', async () => {
    const data = Buffer.from([0x0f, 1, 2, 3]);
    const record = Buffer.alloc(12 + data.length + 4);
    record.writeUInt32LE(data.length, 0);
    record.writeUInt32LE(maskedCrc(record, 0, 8), 8);
    data.copy(record, 12);
    record.writeUInt32LE(maskedCrc(data), 12 + data.length);
    const reasons = await told('tf_detection_api', /tfrecord/, () => record);
    expect(reasons).toEqual(['record 0: the record is damaged']);
  });
});
