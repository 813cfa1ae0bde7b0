/**
 * Singles as a file that numpy's `load` reads: format version 1.0, little-endian, in C order
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 * @param shape whose product is the number of values.
 * @throws {RangeError} where it isn't.
 */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length)
    throw new RangeError(`${values.length} values don’t fill ${shape.join(' × ')}.`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = 10;
  // Values begin at a multiple of 64 bytes, after a line feed.
  const length = Math.ceil((start + description.length + 1) / 64) * 64 - start;
  const bytes = Buffer.alloc(start + length + 4 * values.length);
  bytes.write('\x93NUMPY\x01\x00', 0, 'latin1');
  bytes.writeUInt16LE(length, 8);
  bytes.write(`${description.padEnd(length - 1)}\n`, start, 'latin1');
  const data = new DataView(bytes.buffer, bytes.byteOffset + start + length);
  values.forEach((value, index) => {
    data.setFloat32(4 * index, value, true);
  });
  return bytes;
}
