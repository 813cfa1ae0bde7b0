import type { SupportedTypedArray } from 'openvino-node';

type TypedArrayConstructor = {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): SupportedTypedArray;
  new (length: number): SupportedTypedArray;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
};

interface ElementType {
  readonly name: string;
  /** Value of `ov_element_type_e` in OpenVINO's C library (`openvino/c/ov_common.h`). */
  readonly code: number;
  /** The array that holds its values; `null` where JavaScript has none. */
  readonly array: TypedArrayConstructor | null;
}

/** The element types that openvino-node documents. */
const documented: readonly ElementType[] = [
  { name: 'u8', code: 16, array: Uint8Array },
  { name: 'u32', code: 18, array: Uint32Array },
  { name: 'u16', code: 17, array: Uint16Array },
  { name: 'u64', code: 19, array: BigUint64Array },
  { name: 'i8', code: 7, array: Int8Array },
  { name: 'i16', code: 8, array: Int16Array },
  { name: 'i32', code: 9, array: Int32Array },
  { name: 'i64', code: 10, array: BigInt64Array },
  { name: 'f32', code: 4, array: Float32Array },
  { name: 'f64', code: 5, array: Float64Array },
  { name: 'string', code: 23, array: null },
];

/** Types that models have and openvino-node only names. */
const others: Readonly<Record<number, string>> = {
  0: 'dynamic',
  1: 'boolean',
  2: 'bf16',
  3: 'f16',
  6: 'i4',
  11: 'u1',
  14: 'u4',
  20: 'nf4',
  21: 'f8e4m3',
  22: 'f8e5m2',
};

/** openvino-node's `element`: a name for each type. */
export const element = Object.fromEntries(documented.map(({ name }) => [name, name])) as Record<
  string,
  string
>;

/** @throws {TypeError} for a name that openvino-node doesn't document. */
export function elementTypeOf(name: unknown): ElementType {
  const found = documented.find((type) => type.name === name);
  if (!found) throw new TypeError(`Cannot create ov::element::Type from ${JSON.stringify(name)}.`);
  return found;
}

export function elementTypeByCode(code: number): ElementType {
  return (
    documented.find((type) => type.code === code) ?? {
      name: others[code] ?? `type ${code}`,
      code,
      array: null,
    }
  );
}

/** Number of elements of a shape; 1 for a scalar's empty one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
