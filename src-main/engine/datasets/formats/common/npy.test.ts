import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNpy } from './npy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-npy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Typed arrays by NumPy's codes; they lie in the order of bytes of this machine, which is little. */
const arrays = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

test('arrays of every type, in both orders of bytes and of places, are read as they are', async () => {
  const given = fc.record({
    code: fc.constantFrom(...(Object.keys(arrays) as (keyof typeof arrays)[])),
    order: fc.constantFrom('<', '>'),
    columnsFirst: fc.boolean(),
    rows: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 4 }),
    bytes: fc.uint8Array({ minLength: 128, maxLength: 128 }),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ code, order, columnsFirst, rows, columns, bytes }) => {
      const Kind = arrays[code];
      const values = new Kind(bytes.buffer.slice(0, rows * columns * Kind.BYTES_PER_ELEMENT));
      const head = `{'descr': '${order}${code}', 'fortran_order': ${columnsFirst ? 'True' : 'False'}, 'shape': (${rows}, ${columns}), }\n`;
      const data = Buffer.from(values.buffer.slice(0));
      if (order === '>' && Kind.BYTES_PER_ELEMENT > 1) {
        if (Kind.BYTES_PER_ELEMENT === 2) data.swap16();
        else if (Kind.BYTES_PER_ELEMENT === 4) data.swap32();
        else data.swap64();
      }
      const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(head.length, 0)}${head}`, 'latin1');
      const path = join(folder, 'array.npy');
      await writeFile(path, Buffer.concat([start, data]));
      const { shape, at } = await readNpy(path);
      expect(shape).toEqual([rows, columns]);
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          const place = columnsFirst ? column * rows + row : row * columns + column;
          expect(at(row, column)).toBe(values[place]);
        }
      }
    }),
    { numRuns: 200 },
  );
});
