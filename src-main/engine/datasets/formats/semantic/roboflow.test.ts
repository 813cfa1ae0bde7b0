import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { decodeBitmap, encodeBitmap } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();
const size = { width: 4, height: 3 };
const picture = sharp({ create: { ...size, channels: 3, background: '#123' } })
  .jpeg()
  .toBuffer();

const grey = (values: readonly number[]): Promise<Buffer> =>
  sharp(Buffer.from(values), { raw: { ...size, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

const inside = ({ counts, width, height }: Mask): string => decodeBitmap(counts, width, height).join('');

describe("Roboflow's masks", () => {
  test('as it exports them: values in a table for each subset, the background is no class', async () => {
    const folder = fresh();
    const table = 'Pixel Value, Class\n0, background\n1, road sign\n2, car\n';
    const values = [0, 1, 1, 0, 2, 2, 0, 0, 0, 0, 0, 9];
    await put(folder, {
      'README.roboflow.txt': 'x',
      'train/_classes.csv': table,
      'train/a_jpg.rf.0123abc.jpg': await picture,
      'train/a_jpg.rf.0123abc_mask.png': await grey(values),
      'train/b_jpg.rf.0123abc.jpg': await picture,
      'valid/_classes.csv': table,
      'valid/c_jpg.rf.0123abc_mask.png': await grey([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]),
      'valid/d.jpg': await picture,
      'valid/d_mask.png': 'no picture',
    });
    const [best] = await detectFormats(folder);
    expect([best!.format.name, best!.confidence]).toEqual(['roboflow_mask', 0.97]);
    const { items, names, reasons } = await readAll('roboflow_mask', folder);
    expect(names).toEqual(['road sign', 'car']);
    expect(items.map(({ id, subset, annotations }) => [subset, id, annotations.length])).toEqual([
      ['train', 'a_jpg.rf.0123abc', 2],
      ['train', 'b_jpg.rf.0123abc', 0],
      ['valid', 'c_jpg.rf.0123abc', 1],
      ['valid', 'd', 0],
    ]);
    const [car, sign] = items[0]!.annotations as Mask[];
    expect([sign!.label, inside(sign!)]).toEqual([0, '011000000000']);
    expect([car!.label, inside(car!)]).toEqual([1, '000011000000']);
    expect(reasons).toEqual(['there is no class for 9', 'it is no picture that can be read']);
  });

  test('masks come back, and what covers another is told', async () => {
    const folder = fresh();
    const mask = (label: number, bits: readonly number[]): Mask => ({
      ...shape,
      label,
      type: 'mask',
      ...size,
      counts: encodeBitmap(bits, size.width, size.height),
    });
    const top = mask(1, [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const set = setOf(
      ['a', 'b'],
      [
        { id: 'sub/x', subset: 'train', annotations: [mask(0, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), top] },
        { id: 'y', annotations: [mask(0, [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), top] },
      ],
      size,
    );
    const { items, names, report } = await writeAndRead('roboflow_mask', set, folder);
    expect(names).toEqual(['a', 'b']);
    expect(items.map(({ id, subset }) => [subset, id])).toEqual(
      [
        ['train', 'sub/x'],
        ['default', 'y'],
      ].sort(),
    );
    const x = items.find(({ id }) => id === 'sub/x')!;
    expect(x.annotations.map((part) => inside(part as Mask))).toEqual(['100110000000', '011000000000']);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual(['a mask that others cover as a whole']);
    expect(await readFile(join(folder, 'train/_classes.csv'), 'utf8')).toBe(
      'Pixel Value,Class\n0,background\n1,a\n2,b\n',
    );
  });
});
