import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { Mask } from '../../model/index.ts';
import { colourPng } from '../common/paint.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();
const png = (values: readonly number[]): Promise<Uint8Array> =>
  colourPng(
    { width: 2, height: 1, values: Int32Array.from(values) },
    (value) => [[0, 0, 0] as const, [128, 0, 0] as const, [70, 70, 70] as const, [1, 2, 3] as const][value]!,
  );

describe('SYNTHIA', () => {
  test.each([
    ['synthia_rand', 'RGB', 'GT', 'GTTXT', 1, ['Void', 'Building']],
    ['synthia_sf', 'RGBLeft', 'GTLeft', 'DepthLeft', 2, ['Void', 'Building']],
    ['synthia_al', 'RGB', 'SemSeg', 'Depth', 1, ['Void', 'Building']],
  ])('%s', async (name, pictures, masks, mark, colour, found) => {
    const folder = fresh();
    await put(folder, {
      [`${pictures}/a.png`]: 'x',
      [`${masks}/a.png`]: await png([0, colour]),
      [`${masks}/b.png`]: await png([0, 3]),
    });
    if (mark !== 'GTTXT') await put(folder, { [`${mark}/a.png`]: 'x' });
    expect((await detectFormats(folder))[0]!.format.name).toBe(name);
    const { items, names, reasons } = await readAll(name, folder);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(items[0]!.annotations.map((part) => names[(part as Mask).label!])).toEqual(found);
    expect(reasons).toEqual(['there is no class for 1,2,3']);
  });

  test('numbers as text come before colours', async () => {
    const folder = fresh();
    await put(folder, {
      'GTTXT/a.txt': '0 1\n1 99\n',
      'GTTXT/b.txt': '0 1\n1\n',
      'GT/a.png': 'x',
      'label_colors.txt': '0 0 0 nothing\n9 9 9 light sign\n',
    });
    const { items, names, reasons } = await readAll('synthia_rand', folder);
    expect(names).toEqual(['nothing', 'light sign']);
    expect(items.map(({ annotations }) => annotations.length)).toEqual([2, 0]);
    expect(reasons).toEqual(['there is no class for 99', 'its rows are not whole numbers of one length']);
    await expect(readAll('synthia_sf', folder)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});
