import koffi from 'koffi';
import type { SupportedTypedArray } from 'openvino-node';
import { elementTypeByCode, elementTypeOf, sizeOf } from './element-type.ts';
import type { Library } from './library.ts';
import { Native } from './native.ts';

interface ShapeStruct {
  rank: number;
  dims: bigint | null;
}

/** `INVALID_C_PARAM` of `ov_status_e`. */
const invalidParameter = -14;

/** A shape for the C library; the array must stay referenced until the call is over. */
export function shapeStruct(shape: readonly number[]): { rank: number; dims: BigInt64Array } {
  return { rank: shape.length, dims: BigInt64Array.from(shape, BigInt) };
}

/** Reads and frees a shape that the C library made. */
export function readShape(library: Library, name: 'portShape' | 'tensorShape', pointer: bigint): number[] {
  const shape: ShapeStruct = { rank: 0, dims: null };
  // The C library can't make the shape of a scalar, which has no dimensions, and says "invalid parameter" instead.
  const status = library.value<number>(name, pointer, shape);
  if (status === invalidParameter) return [];
  if (status !== 0) library.run(name, pointer, shape);
  const rank = Number(shape.rank);
  const dims = rank > 0 ? (koffi.decode(shape.dims, 'int64_t', rank) as ArrayLike<number | bigint>) : [];
  const result = Array.from(dims, Number);
  library.value('shapeFree', shape);
  return result;
}

export function checkShape(shape: unknown): number[] {
  const list = ArrayBuffer.isView(shape) ? Array.from(shape as unknown as ArrayLike<number>) : shape;
  if (!Array.isArray(list) || !list.every((dimension) => Number.isInteger(dimension) && dimension >= 0)) {
    throw new TypeError(
      'Invalid tensor argument. The shape must be an array of whole numbers, none below zero.',
    );
  }
  return list as number[];
}

/** Memory of a tensor of OpenVINO's stays while somebody looks at it. */
const owners = new WeakMap<ArrayBufferLike, Tensor>();

/**
 * Values with a type and a shape, shared with OpenVINO without a copy: a tensor made of a typed array uses that
 * array's memory, and `data` of one that OpenVINO made looks at OpenVINO's memory.
 */
export class Tensor extends Native {
  /** The memory, where JavaScript owns it. */
  readonly #memory: SupportedTypedArray | undefined;
  readonly #strings: readonly string[] | undefined;

  constructor(library: Library, pointer: bigint, memory?: SupportedTypedArray, strings?: readonly string[]) {
    super(library, 'tensorFree', pointer);
    this.#memory = memory;
    this.#strings = strings;
  }

  /**
   * What `new Tensor(...)` of openvino-node takes.
   *
   * @throws {TypeError} for a wrong type, shape or array; {Error} when the array's length is not the shape's size.
   */
  static create(library: Library, args: readonly unknown[]): Tensor {
    const [first, second, third] = args;
    if (args.length === 1 && Array.isArray(first)) return Tensor.ofStrings(library, first);
    if (args.length !== 2 && args.length !== 3)
      throw new Error('Invalid number of arguments for Tensor constructor.');
    const type = elementTypeOf(first);
    const shape = checkShape(second);
    const size = sizeOf(shape);
    if (type.array === null) throw new TypeError('A tensor of strings is made of an array of strings alone.');
    if (args.length === 2) return Tensor.over(library, type.code, shape, new type.array(size));
    if (!ArrayBuffer.isView(third) || third instanceof DataView) {
      throw new TypeError('Third argument of a tensor must be of type TypedArray.');
    }
    const array = third as unknown as SupportedTypedArray;
    if (array.constructor.name !== type.array.name && !(type.name === 'u8' && Buffer.isBuffer(third))) {
      throw new TypeError(
        `A tensor of ${type.name} takes a ${type.array.name}, not a ${array.constructor.name}.`,
      );
    }
    if (array.length !== size) {
      throw new Error(
        `The array has ${array.length} elements, the shape [${shape.join(', ')}] asks for ${size}.`,
      );
    }
    return Tensor.over(library, type.code, shape, array);
  }

  static over(library: Library, code: number, shape: readonly number[], array: SupportedTypedArray): Tensor {
    // Very small arrays live inside V8's moving heap until their buffer is asked for.
    void array.buffer;
    const memory = array.byteLength > 0 ? array : new Uint8Array(8);
    void memory.buffer;
    const pointer = library.pointer('tensorFromHost', code, shapeStruct(shape), memory);
    return new Tensor(library, pointer, array);
  }

  static ofStrings(library: Library, strings: readonly unknown[]): Tensor {
    if (!strings.every((value): value is string => typeof value === 'string')) {
      throw new TypeError('A tensor of strings is made of strings.');
    }
    const shape = shapeStruct([strings.length]);
    return new Tensor(
      library,
      library.pointer('tensorFromStrings', strings, strings.length, shape),
      undefined,
      [...strings],
    );
  }

  get data(): SupportedTypedArray {
    return this.getData();
  }

  set data(values: SupportedTypedArray) {
    const own = this.getData();
    if (values?.constructor !== own.constructor)
      throw new TypeError(`This tensor takes a ${own.constructor.name}.`);
    if (values.length !== own.length)
      throw new Error(`This tensor takes ${own.length} values, not ${values.length}.`);
    (own as Uint8Array).set(values as Uint8Array);
  }

  getData(): SupportedTypedArray {
    if (this.#strings) return this.#strings as unknown as SupportedTypedArray;
    if (this.#memory && this.#memory.length === this.getSize()) return this.#memory;
    const type = elementTypeByCode(this.#code());
    if (type.array === null) throw new Error('Failed to return tensor data.');
    const bytes = this.library.number('tensorByteSize', this.pointer);
    if (bytes === 0) return new type.array(0);
    const buffer = koffi.view(this.library.pointer('tensorData', this.pointer), bytes);
    owners.set(buffer, this);
    return new type.array(buffer, 0, bytes / type.array.BYTES_PER_ELEMENT);
  }

  getElementType(): string {
    return elementTypeByCode(this.#code()).name;
  }

  getShape(): number[] {
    return readShape(this.library, 'tensorShape', this.pointer);
  }

  getSize(): number {
    return sizeOf(this.getShape());
  }

  /** The C library has no tensors with gaps. */
  isContinuous(): boolean {
    return true;
  }

  /** @throws {Error} when the new shape needs more memory than a tensor over an array has. */
  setShape(shape: number[]): void {
    this.library.run('tensorSetShape', this.pointer, shapeStruct(checkShape(shape)));
  }

  copyTo(target: Tensor): void {
    if (!(target instanceof Tensor)) throw new TypeError('copyTo takes a Tensor.');
    if (target.getElementType() !== this.getElementType()) {
      throw new Error(
        `Tensor element types are not equal (${this.getElementType()} != ${target.getElementType()}).`,
      );
    }
    const shape = this.getShape();
    if (target.getShape().join() !== shape.join()) target.setShape(shape);
    (target.getData() as Uint8Array).set(this.getData() as Uint8Array);
  }

  /** A copy in memory of JavaScript's own, which its garbage collector knows the size of. */
  detached(): Tensor {
    const code = this.#code();
    if (elementTypeByCode(code).array === null) return this;
    return Tensor.over(this.library, code, this.getShape(), this.getData().slice() as SupportedTypedArray);
  }

  #code(): number {
    return this.library.number('tensorElementType', this.pointer);
  }
}
