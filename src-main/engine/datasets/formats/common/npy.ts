import { readFile } from 'node:fs/promises';
import { refuseEmpty } from '../../files/folder.ts';
import { type NumberType, numberTypes } from './number-types.ts';

/** Most bytes of an array's file. */
const mostBytes = 2 ** 30;

/** A NumPy array of numbers. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly at: (...place: readonly number[]) => number;
}

/**
 * Reads a file `.npy`: a head in Python's words, then the numbers. Nothing in it is executed, and arrays of objects,
 * which are pickles, are refused. See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws {Error} with the reason, for a file that can't be read so.
 */
export async function readNpy(path: string): Promise<NumberArray> {
  refuseEmpty(path);
  return numbersOf(await readFile(path));
}

/** {@link readNpy} of what such a file has in it. */
export function numbersOf(bytes: Buffer): NumberArray {
  if (bytes.length > mostBytes) throw new Error('the file is too large');
  if (bytes.subarray(0, 6).toString('latin1') !== '\x93NUMPY') throw new Error('it is no array of NumPy');
  if (bytes.length < 12) throw new Error('the file ends early');
  const wide = bytes[6] !== 1;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = (wide ? 12 : 10) + length;
  const head = bytes.subarray(wide ? 12 : 10, start).toString('latin1');
  const [, order, code = ''] = /'descr':\s*'([<>|=])([a-z]\d)'/.exec(head) ?? [];
  const type: NumberType | undefined = Object.hasOwn(numberTypes, code)
    ? numberTypes[code as keyof typeof numberTypes]
    : undefined;
  const given = /'shape':\s*\(([^)]*)\)/.exec(head)?.[1];
  if (type === undefined || given === undefined)
    throw new Error('its numbers are of a kind that is not read');
  const shape = given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const little = order !== '>';
  const count = shape.reduce((product, side) => product * side, 1);
  if (!Number.isSafeInteger(count) || start + count * type.size > bytes.length)
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
      return type.read(view, index * type.size, little);
    },
  };
}
