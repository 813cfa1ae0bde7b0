import koffi from 'koffi';
import type { SupportedTypedArray } from 'openvino-node';
import { elementTypeByCode, elementTypeOf, sizeOf } from './element-type.ts';
import { invalidParameter, type Library } from './library.ts';
import { Native } from './native.ts';
import { NotSupportedByRuntime } from './not-supported.ts';

interface ShapeStruct {
  rank: number;
  dims: bigint | null;
}

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

/** @throws {TypeError} for what is not a list of strings. */
function checkStrings(values: readonly unknown[]): string[] {
  if (!values.every((value): value is string => typeof value === 'string')) {
    throw new TypeError('A tensor of strings is made of strings.');
  }
  // The C library takes a string's end from its first zero.
  if (values.some((value) => value.includes('\0')))
    throw new NotSupportedByRuntime('A string with a zero character');
  return [...values];
}

/** Memory of a tensor of OpenVINO's stays while somebody looks at it. */
const owners = new WeakMap<ArrayBufferLike, Tensor>();

interface TensorParts {
  /** The memory, where JavaScript owns it. */
  readonly memory?: SupportedTypedArray;
  /** Whether that memory was taken for the tensor alone, which can take more. */
  readonly grows?: boolean;
  /** The values of a tensor of strings, which the C library writes and doesn't read. */
  readonly strings?: string[];
  /** The tensor whose memory this one looks at. */
  readonly owner?: Tensor;
}

/**
 * Values with a type and a shape, shared with OpenVINO without a copy: a tensor made of a typed array uses that
 * array's memory, and `data` of one that OpenVINO made looks at OpenVINO's memory.
 */
export class Tensor extends Native {
  #parts: TensorParts;
  /** Memory from before the tensor grew: a request or a model may still use it. */
  readonly #earlier: SupportedTypedArray[] = [];

  constructor(library: Library, pointer: bigint, parts: TensorParts = {}) {
    super(library, 'tensorFree', pointer);
    this.#parts = parts;
  }

  /**
   * What `new Tensor(...)` of openvino-node takes.
   *
   * @throws {TypeError} for a wrong type, shape or array; {Error} when the array's length is not the shape's size.
   */
  static create(library: Library, args: readonly unknown[]): Tensor {
    const [first, second, third] = args;
    if (args.length === 1 && Array.isArray(first)) return Tensor.ofStrings(library, [first.length], first);
    if (args.length !== 2 && args.length !== 3)
      throw new Error('Invalid number of arguments for Tensor constructor.');
    const type = elementTypeOf(first);
    const shape = checkShape(second);
    const size = sizeOf(shape);
    if (args.length === 2) {
      if (type.array === null) return Tensor.ofStrings(library, shape, Array<string>(size).fill(''));
      return Tensor.over(library, type.code, shape, new type.array(size), true);
    }
    if (!ArrayBuffer.isView(third) || third instanceof DataView) {
      throw new TypeError('Third argument of a tensor must be of type TypedArray.');
    }
    if (type.array === null) throw new TypeError('A tensor of strings is made of an array of strings alone.');
    const array = plain(third as unknown as SupportedTypedArray);
    if (array.constructor.name !== type.array.name) {
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

  static over(
    library: Library,
    code: number,
    shape: readonly number[],
    memory: SupportedTypedArray,
    grows = false,
  ): Tensor {
    return new Tensor(library, pointerOver(library, code, shape, memory), { memory, grows });
  }

  static ofStrings(library: Library, shape: readonly number[], values: readonly unknown[]): Tensor {
    const strings = checkStrings(values);
    const pointer = library.pointer('tensorFromStrings', strings, strings.length, shapeStruct(shape));
    return new Tensor(library, pointer, { strings });
  }

  /** @internal Whether the values are strings that were given from here. */
  get isOfStrings(): boolean {
    return this.#parts.strings !== undefined;
  }

  /** @internal The tensor that has this one's memory, where JavaScript owns it. */
  get owner(): Tensor | undefined {
    return this.#parts.memory ? this : this.#parts.owner;
  }

  /** @internal Another number after the tensor moved to other memory. */
  get version(): number {
    return this.#earlier.length;
  }

  get data(): SupportedTypedArray {
    return this.getData();
  }

  set data(values: SupportedTypedArray) {
    if (this.#code() === elementTypeOf('string').code) {
      this.#setStrings(values);
      return;
    }
    const own = this.getData();
    if (!ArrayBuffer.isView(values) || plain(values).constructor.name !== own.constructor.name)
      throw new TypeError(`This tensor takes a ${own.constructor.name}.`);
    if (values.length !== own.length)
      throw new Error(`This tensor takes ${own.length} values, not ${values.length}.`);
    (own as Uint8Array).set(values as Uint8Array);
  }

  /** @throws {NotSupportedByRuntime} for strings that OpenVINO wrote; {Error} for types without arrays, such as f16. */
  getData(): SupportedTypedArray {
    const { memory, strings } = this.#parts;
    if (strings) return [...strings] as unknown as SupportedTypedArray;
    const type = elementTypeByCode(this.#code());
    if (type.name === 'string') throw new NotSupportedByRuntime('Reading strings that OpenVINO wrote');
    if (type.array === null) throw new Error(`Failed to return tensor data: no array holds ${type.name}.`);
    if (memory) {
      const size = this.getSize();
      return size === memory.length ? memory : memory.subarray(0, size);
    }
    const bytes = this.#bytes();
    return new type.array(bytes.buffer, 0, bytes.length / type.array.BYTES_PER_ELEMENT);
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

  /**
   * A tensor made of a type and a shape takes more memory where it needs it. Views of the values before stay as they
   * were; requests take over the new ones at their next inference.
   *
   * @throws {Error} when the new shape needs more memory than a tensor over a given array has.
   */
  setShape(shape: number[]): void {
    const list = checkShape(shape);
    const { memory, grows, strings } = this.#parts;
    const size = sizeOf(list);
    if (memory && grows && size > memory.length) {
      const larger = new (memory.constructor as new (length: number) => SupportedTypedArray)(size);
      this.replace(pointerOver(this.library, this.#code(), list, larger));
      this.#earlier.push(memory);
      this.#parts = { memory: larger, grows };
      return;
    }
    this.library.run('tensorSetShape', this.pointer, shapeStruct(list));
    if (strings) this.#setStrings(Array.from({ length: size }, (_, index) => strings[index] ?? ''));
  }

  /** @throws {Error} when the target has another type or shape. */
  copyTo(target: Tensor): void {
    if (!(target instanceof Tensor)) throw new TypeError('copyTo takes a Tensor.');
    const type = this.getElementType();
    if (target.getElementType() !== type) {
      throw new Error(`Tensor element types are not equal (${type} != ${target.getElementType()}).`);
    }
    const [own, other] = [this.getShape().join(', '), target.getShape().join(', ')];
    if (own !== other) throw new Error(`Tensor shapes are not equal ([${own}] != [${other}]).`);
    if (type === 'string') target.#setStrings(this.getData());
    else target.#bytes().set(this.#bytes());
  }

  /** A copy in memory of JavaScript's own, which its garbage collector knows the size of. */
  detached(): Tensor {
    const code = this.#code();
    const type = elementTypeByCode(code);
    if (type.name === 'string') return this;
    const values = type.array ? this.getData() : this.#bytes();
    return Tensor.over(this.library, code, this.getShape(), values.slice() as SupportedTypedArray);
  }

  #setStrings(values: unknown): void {
    if (!Array.isArray(values)) throw new TypeError('This tensor takes an array of strings.');
    const strings = checkStrings(values);
    const size = this.getSize();
    if (strings.length !== size) throw new Error(`This tensor takes ${size} values, not ${strings.length}.`);
    this.library.run('tensorSetStrings', this.pointer, strings, size);
    // What OpenVINO made it may write again.
    if (this.#parts.strings) this.#parts = { strings };
  }

  /** The memory as it is, whatever the type. */
  #bytes(): Uint8Array {
    const { memory } = this.#parts;
    const length = this.library.number('tensorByteSize', this.pointer);
    if (memory) return new Uint8Array(memory.buffer, memory.byteOffset, length);
    if (length === 0) return new Uint8Array(0);
    const buffer = koffi.view(this.library.pointer('tensorData', this.pointer), length);
    owners.set(buffer, this);
    return new Uint8Array(buffer);
  }

  #code(): number {
    return this.library.number('tensorElementType', this.pointer);
  }
}

/** A tensor of OpenVINO's over an array's memory. */
function pointerOver(
  library: Library,
  code: number,
  shape: readonly number[],
  array: SupportedTypedArray,
): bigint {
  // Very small arrays live inside V8's moving heap until their buffer is asked for.
  void array.buffer;
  const memory = array.byteLength > 0 ? array : new Uint8Array(8);
  void memory.buffer;
  return library.pointer('tensorFromHost', code, shapeStruct(shape), memory);
}

/** A Buffer as the Uint8Array that it is; any other array itself. */
function plain(array: SupportedTypedArray): SupportedTypedArray {
  return Buffer.isBuffer(array) ? new Uint8Array(array.buffer, array.byteOffset, array.length) : array;
}
