import { fieldsOf, textOf, viewOf } from '../../../compression/ingest/protobuf.ts';

/** The values of a feature: bytes, numbers of 32 bits with a point, or whole numbers. */
export type Feature =
  | { readonly bytes: readonly Uint8Array[] }
  | { readonly floats: readonly number[] }
  | { readonly integers: readonly number[] };

export type Example = ReadonlyMap<string, Feature>;

/**
 * A `tf.train.Example`: features (1) of a map (1) with key (1) and value (2), which is one of lists of bytes (1), floats
 * (2) and whole numbers (3). https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/example/feature.proto
 *
 * @throws {RangeError} where the bytes are none.
 */
export function readExample(record: Uint8Array): Example {
  const example = new Map<string, Feature>();
  for (const features of inner(record, 1)) {
    for (const entry of inner(features, 1)) {
      let [key, value] = ['', undefined as Uint8Array | undefined];
      for (const field of fieldsOf(entry)) {
        if (field.number === 1) key = textOf(field.bytes);
        if (field.number === 2) value = field.bytes;
      }
      const made = value === undefined ? undefined : readFeature(value);
      if (made !== undefined) example.set(key, made);
    }
  }
  return example;
}

function* inner(message: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fieldsOf(message))
    if (field.number === number && field.bytes !== undefined) yield field.bytes;
}

function readFeature(value: Uint8Array): Feature | undefined {
  for (const { number, bytes } of fieldsOf(value)) {
    if (bytes === undefined) continue;
    if (number === 1) return { bytes: [...inner(bytes, 1)] };
    if (number === 2) return { floats: readFloats(bytes) };
    if (number === 3) return { integers: readIntegers(bytes) };
  }
  return undefined;
}

/** Numbers come packed in one field, or each in its own. */
function readFloats(list: Uint8Array): number[] {
  const numbers: number[] = [];
  for (const { number, bytes, fixed32 } of fieldsOf(list)) {
    if (number !== 1) continue;
    if (fixed32 !== undefined) numbers.push(fixed32.getFloat32(0, true));
    const view = bytes === undefined ? undefined : viewOf(bytes);
    for (let at = 0; view !== undefined && at + 4 <= view.byteLength; at += 4)
      numbers.push(view.getFloat32(at, true));
  }
  return numbers;
}

function readIntegers(list: Uint8Array): number[] {
  const numbers: number[] = [];
  const whole = (value: bigint): number => Number(BigInt.asIntN(64, value));
  for (const { number, bytes, varint } of fieldsOf(list)) {
    if (number !== 1) continue;
    if (varint !== undefined) numbers.push(whole(varint));
    let [value, shift] = [0n, 0n];
    for (const byte of bytes ?? []) {
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte >= 0x80) {
        if (shift > 63n) throw new RangeError('A number is too long.');
        continue;
      }
      numbers.push(whole(value));
      [value, shift] = [0n, 0n];
    }
  }
  return numbers;
}

/** The inverse of {@link readExample}; features in the order of their names, so that the same item gives the same bytes. */
export function exampleBytes(example: Example): Uint8Array {
  const entries = [...example]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, feature]) => block(1, [block(1, [Buffer.from(key)]), block(2, [featureBytes(feature)])]));
  return block(1, entries);
}

function featureBytes(feature: Feature): Buffer {
  if ('bytes' in feature)
    return block(
      1,
      feature.bytes.map((bytes) => block(1, [bytes])),
    );
  if ('integers' in feature)
    return block(3, [
      block(
        1,
        feature.integers.map((value) => varint(BigInt(value))),
      ),
    ]);
  const packed = Buffer.alloc(4 * feature.floats.length);
  for (const [index, value] of feature.floats.entries()) packed.writeFloatLE(value, 4 * index);
  return block(2, [block(1, [packed])]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field of bytes: its number and kind, its length, and what is in it. */
function block(number: number, content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}
