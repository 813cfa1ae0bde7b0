import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

/**
 * Made with h5py 3: `rgb` is `arange(24).reshape(3, 2, 4) * 10`, and `depth` 8 numbers; `packed` is the same in chunks
 * under gzip, and the numbers of `floats` are no bytes.
 */
const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`fixtures/${name}.h5`, import.meta.url)));

describe('NYU Depth V2', () => {
  test.each(['plain', 'packed'])(
    'a picture of three planes, %s, and a depth that is told of',
    async (name) => {
      const folder = fresh();
      await put(folder, { 'kitchen/1.h5': await fixture(name) });
      expect((await detectFormats(folder))[0]!.format.name).toBe('nyu_depth_v2');
      const { items, reasons } = await readAll('nyu_depth_v2', folder);
      expect(items.map(({ id, media }) => [id, media!.size])).toEqual([
        ['kitchen/1', { width: 4, height: 2 }],
      ]);
      const pixels = await sharp(items[0]!.media!.path).raw().toBuffer();
      const planes = Array.from({ length: 24 }, (_, index) => index * 10);
      const expected = Array.from({ length: 8 }, (_, pixel) =>
        [0, 8, 16].map((plane) => planes[plane + pixel]),
      );
      expect([...pixels]).toEqual(expected.flat());
      expect(reasons).toEqual(['a depth for each pixel has no place in other formats']);
    },
  );

  test('what can not be read is told, and the rest is', async () => {
    const folder = fresh();
    const whole = await fixture('plain');
    await put(folder, {
      'cut.h5': whole.subarray(0, 900),
      'floats.h5': await fixture('floats'),
      'nothing.h5': 'nothing',
      'whole.h5': whole,
    });
    const { items, dataset } = await readAll('nyu_depth_v2', folder);
    expect(items.map(({ id }) => id)).toEqual(['whole']);
    expect(dataset.problems.list.map(({ file }) => file)).toEqual([
      'cut.h5',
      'floats.h5',
      'nothing.h5',
      'whole.h5',
    ]);
    await expect(readAll('nyu_depth_v2', fresh())).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});
