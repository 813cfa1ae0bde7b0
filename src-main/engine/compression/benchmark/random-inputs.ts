import type { NodeAddon } from 'openvino-node';
import { Random } from '../../datasets/transforms/random.ts';
import type { Tensor } from './model.ts';

/** Arrays of OpenVINO's element types; those that JavaScript has none for are missing. */
const arrays = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
const wideArrays = { i64: BigInt64Array, u64: BigUint64Array } as const;

/**
 * A tensor of random values, the same for the same seed: 0 to 255 for bytes and floating point as benchmark_app has
 * them, 0 or 1 for whole numbers that are likely an index or a mask, so that every table has such a row.
 *
 * @returns undefined for a type that JavaScript has no array for, such as f16.
 */
export function randomTensor(
  openvino: NodeAddon,
  type: string,
  shape: readonly number[],
  seed: number,
): Tensor | undefined {
  const random = new Random(seed);
  const length = shape.reduce((product, size) => product * size, 1);
  if (type in wideArrays) {
    const values = new wideArrays[type as keyof typeof wideArrays](length);
    for (let index = 0; index < length; index++) values[index] = BigInt(random.next() & 1);
    return new openvino.Tensor(type as 'i64', [...shape], values);
  }
  if (!(type in arrays)) return undefined;
  const values = new arrays[type as keyof typeof arrays](length);
  const float = type === 'f32' || type === 'f64';
  for (let index = 0; index < length; index++) {
    const number = random.next();
    values[index] = float ? (number / 2 ** 32) * 255 : type === 'u8' ? number & 255 : number & 1;
  }
  return new openvino.Tensor(type as 'f32', [...shape], values);
}
