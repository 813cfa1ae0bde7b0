import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, removeFolders } from './fixtures/folders.ts';
import { bytesOf, haveShared, inRuns, whyNot } from './fixtures/shared.ts';
import { readRunFolder, weightRanges } from './index.ts';
import type { IrSummary } from './ingest/ir.ts';

afterAll(removeFolders);

/** A summary with one layer of 2 rows and 3 columns. */
const ir = (layer: object): IrSummary =>
  ({
    path: 'model.xml',
    linear: [{ module: 'm', stored: [2, 3], offset: 4, ...layer }],
  }) as unknown as IrSummary;

async function ranges(bytes: Uint8Array, layer: object) {
  const folder = folderWith({});
  await writeFile(join(folder, 'model.bin'), bytes);
  return weightRanges(folder, ir(layer));
}

describe('the range of stored weights', () => {
  const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.of(...values).buffer);
  const codes = Int8Array.of(-127, 0, 10, 20, -5, 0);
  const bytes = (scales: readonly number[]): Uint8Array =>
    Buffer.concat([floats(0), new Uint8Array(codes.buffer), Buffer.alloc(2), floats(...scales)]);
  const stored = (shape: readonly number[]): object => ({
    weightType: 'i8',
    storedType: 'i8',
    size: 6,
    scale: { type: 'f32', shape, offset: 12, size: 4 * shape.reduce((product, size) => product * size, 1) },
  });
  test.each<[string, readonly number[], readonly number[], number, number]>([
    ['one scale', [1, 1], [0.5], -63.5, 10],
    ['a scale for each row', [2, 1], [0.5, 2], -63.5, 40],
    ['a scale for each column', [1, 3], [1, 2, 4], -127, 40],
  ])('%s', async (_, shape, scales, least, greatest) => {
    expect(await ranges(bytes(scales), stored(shape))).toEqual([
      { module: 'm', type: 'i8', least, greatest, zeros: 2 / 6, codesUsed: 1 },
    ]);
  });

  test('float weights, and a .bin that ends too early', async () => {
    const layer = { storedType: 'f32', size: 24 };
    expect(await ranges(floats(0, 1, -2, 3, 0, 5, 6), layer)).toEqual([
      { module: 'm', type: 'f32', least: -2, greatest: 6, zeros: 1 / 6 },
    ]);
    expect(await ranges(floats(0, 1), layer)).toEqual([]);
    expect(await ranges(floats(0, 1), { storedType: 'u4', size: 3 })).toEqual([]);
  });
});

describe.skipIf(!haveShared)(`real models${whyNot}`, () => {
  /** Least and greatest of a tensor of safetensors. */
  function tensor(name: string): [number, number] {
    const file = Buffer.from(bytesOf('teacher/model.safetensors'));
    const length = Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    const [from, to] = header[name]!.data_offsets;
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = 8 + length + from; at < 8 + length + to; at += 4) {
      least = Math.min(least, file.readFloatLE(at));
      greatest = Math.max(greatest, file.readFloatLE(at));
    }
    return [least, greatest];
  }

  test('of the dense IR are those of its checkpoint; quantized ones lie near', async () => {
    const of = async (path: string) => {
      const run = await readRunFolder(inRuns(path));
      return new Map((await weightRanges(run.folder, run.ir!)).map((range) => [range.module, range]));
    };
    const [dense, quantized] = [await of('dense_fp32_ir'), await of('qat_only')];
    expect(dense.size).toBe(26);
    expect(quantized.size).toBe(26);
    for (const [module, { least, greatest }] of dense) {
      expect([least, greatest]).toEqual(tensor(`${module}.weight`));
      expect(quantized.get(module)!.least).toBeCloseTo(least, 1);
      expect(quantized.get(module)!.greatest).toBeCloseTo(greatest, 1);
    }
  });
});
