import { readFile } from 'node:fs/promises';

/** Most bytes of an array's file. */
const mostBytes = 2 ** 30;

/** A NumPy array of numbers. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly at: (...place: readonly number[]) => number;
}

const readers: Readonly<
  Record<string, readonly [size: number, read: (view: DataView, at: number) => number]>
> = {
  b1: [1, (view, at) => view.getUint8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at) => view.getUint16(at, true)],
  i2: [2, (view, at) => view.getInt16(at, true)],
  u4: [4, (view, at) => view.getUint32(at, true)],
  i4: [4, (view, at) => view.getInt32(at, true)],
  i8: [8, (view, at) => Number(view.getBigInt64(at, true))],
  u8: [8, (view, at) => Number(view.getBigUint64(at, true))],
  f4: [4, (view, at) => view.getFloat32(at, true)],
  f8: [8, (view, at) => view.getFloat64(at, true)],
};

/**
 * Reads a file `.npy`: a head in Python's words, then the numbers. Nothing in it is executed, and arrays of objects,
 * which are pickles, are refused. See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws {Error} with the reason, for a file that can't be read so.
 */
export async function readNpy(path: string): Promise<NumberArray> {
  const bytes = await readFile(path);
  if (bytes.length > mostBytes) throw new Error('the file is too large');
  if (bytes.subarray(0, 6).toString('latin1') !== '\x93NUMPY') throw new Error('it is no array of NumPy');
  const wide = bytes[6] !== 1;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = (wide ? 12 : 10) + length;
  const head = bytes.subarray(wide ? 12 : 10, start).toString('latin1');
  const type = /'descr':\s*'([<|=])([a-z]\d)'/.exec(head)?.[2];
  const reader = type === undefined ? undefined : readers[type];
  const given = /'shape':\s*\(([^)]*)\)/.exec(head)?.[1];
  if (reader === undefined || given === undefined)
    throw new Error('its numbers are of a kind that is not read');
  const shape = given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const [size, read] = reader;
  const count = shape.reduce((product, side) => product * side, 1);
  if (!Number.isSafeInteger(count) || start + count * size > bytes.length)
    throw new Error('the file ends early');
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  // In C's order the last place goes fastest, in Fortran's the first.
  const columnsFirst = /'fortran_order':\s*True/.test(head);
  const steps = shape.map((_, axis) =>
    (columnsFirst ? shape.slice(0, axis) : shape.slice(axis + 1)).reduce(
      (product, side) => product * side,
      1,
    ),
  );
  return {
    shape,
    at: (...place) => {
      const index = place.reduce((sum, value, axis) => sum + value * (steps[axis] ?? 0), 0);
      return read(view, index * size);
    },
  };
}
