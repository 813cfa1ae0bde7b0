import type { Library } from './library.ts';
import { Native } from './native.ts';
import { NotSupportedByRuntime } from './not-supported.ts';
import { PartialShape } from './partial-shape.ts';
import { Output } from './ports.ts';

/** How to read a model once more: the C library has no copy. */
export type ReadAgain = () => Model;

type PortSide = 'modelInput' | 'modelOutput' | 'compiledInput' | 'compiledOutput';

/** Finds a port by index, by name, or the only one there is. */
export function choosePort(
  library: Library,
  owner: bigint,
  side: PortSide,
  count: number,
  key: unknown,
): Output {
  if (typeof key === 'string') return new Output(library, library.pointer(`${side}ByName`, owner, key));
  const what = side.endsWith('Input') ? 'input' : 'output';
  return new Output(library, library.pointer(`${side}ByIndex`, owner, portIndex(what, count, key)));
}

/**
 * The index of a port, or that of the only one there is. OpenVINO's C library says no more of a wrong one than that
 * something went wrong.
 */
export function portIndex(what: 'input' | 'output', count: number, key: unknown): number {
  if (key === undefined) {
    if (count !== 1) throw new Error(`There are ${count} ${what}s; say which one.`);
    return 0;
  }
  if (typeof key !== 'number') throw new TypeError(`An ${what} is chosen by its name or its index.`);
  if (!Number.isInteger(key) || key < 0 || key >= count) {
    throw new RangeError(`There is no ${what} ${key}: there are ${count}, counted from 0.`);
  }
  return key;
}

/** A network that was read but not yet compiled for a device. */
export class Model extends Native {
  readonly #readAgain: ReadAgain | undefined;
  /** Memory that the model's constants lie in. */
  readonly memory: readonly unknown[];
  /** What was done to the model since it was read, in this order. */
  readonly #changes: Array<(model: Model) => void> = [];

  constructor(library?: Library, pointer?: bigint, readAgain?: ReadAgain, memory: readonly unknown[] = []) {
    super(library, 'modelFree', pointer, 262_144);
    this.#readAgain = readAgain;
    this.memory = memory;
  }

  get inputs(): Output[] {
    return Array.from({ length: this.#count('modelInputsSize') }, (_, index) => this.input(index));
  }

  get outputs(): Output[] {
    return Array.from({ length: this.getOutputSize() }, (_, index) => this.output(index));
  }

  input(key?: string | number): Output {
    return choosePort(this.library, this.pointer, 'modelInput', this.#count('modelInputsSize'), key);
  }

  output(key?: string | number): Output {
    return choosePort(this.library, this.pointer, 'modelOutput', this.getOutputSize(), key);
  }

  isDynamic(): boolean {
    return this.library.value<boolean>('modelIsDynamic', this.pointer);
  }

  /** The C library knows only the friendly name, which is the model's own unless somebody changed it. */
  getName(): string {
    return this.getFriendlyName();
  }

  getFriendlyName(): string {
    return this.library.text('modelFriendlyName', this.pointer);
  }

  setFriendlyName(): never {
    throw new NotSupportedByRuntime('Model.setFriendlyName');
  }

  getOps(): never {
    throw new NotSupportedByRuntime('Model.getOps');
  }

  getOutputSize(): number {
    return this.#count('modelOutputsSize');
  }

  getOutputShape(index: number): number[] {
    return this.output(checkNumber(index)).getShape();
  }

  getOutputElementType(index: number): string {
    return this.output(checkNumber(index)).getElementType();
  }

  /** Gives the inputs other shapes: one for the only input, or a map from names, indexes or ports. */
  reshape(
    shapes: PartialShape | string | Map<string | number | Output, PartialShape | string>,
    variables?: Record<string, unknown>,
  ): Model {
    if (variables && Object.keys(variables).length > 0)
      throw new NotSupportedByRuntime('reshape of variables');
    const wanted = shapes instanceof Map ? [...shapes] : [[0, shapes] as const];
    if (!(shapes instanceof Map) && this.#count('modelInputsSize') !== 1) {
      throw new Error('reshape() with one shape is for models with one input.');
    }
    const parsed = wanted.map(([key, shape]) => {
      const index = this.inputIndex(key);
      const partial = typeof shape === 'string' ? new PartialShape(shape) : shape;
      if (!(partial instanceof PartialShape)) throw new TypeError('A shape is a PartialShape or a string.');
      return { index, ranges: partial.ranges };
    });
    const apply = (model: Model): void => {
      const structs = parsed.map(({ ranges }) =>
        ranges === null
          ? { rank: { min: 0, max: -1 }, dims: null }
          : { rank: { min: ranges.length, max: ranges.length }, dims: ranges },
      );
      const indexes = parsed.map(({ index }) => index);
      model.library.run('modelReshapeByIndexes', model.pointer, indexes, structs, parsed.length);
      model.remember(apply);
    };
    apply(this);
    return this;
  }

  /** @internal Which of the inputs an index, one of its names or a port of it means; the only one for undefined. */
  inputIndex(key: string | number | Output | undefined): number {
    if (key === undefined || typeof key === 'number') {
      return portIndex('input', this.#count('modelInputsSize'), key);
    }
    const port = typeof key === 'string' ? this.input(key) : key;
    if (!(port instanceof Output))
      throw new TypeError('An input is told by its index, its name or an Output.');
    const name = port.getAnyName();
    const index = this.inputs.findIndex((input) => input.getAnyName() === name);
    if (index < 0) throw new Error(`The model has no input ${name}.`);
    return index;
  }

  /** @internal Keeps a change that was made, for {@link clone} to make it again. */
  remember(change: (model: Model) => void): void {
    this.#changes.push(change);
  }

  /** Reads the model again from where it came, and changes it as this one was: reshaped, preprocessed. */
  clone(): Model {
    void this.pointer;
    if (!this.#readAgain)
      throw new NotSupportedByRuntime('Model.clone of a model that was not read as it is');
    const copy = this.#readAgain();
    for (const change of this.#changes) change(copy);
    return copy;
  }

  #count(name: 'modelInputsSize' | 'modelOutputsSize'): number {
    return this.library.number(name, this.pointer);
  }
}

function checkNumber(index: unknown): number {
  if (typeof index === 'number') return index;
  throw new TypeError('An output is chosen by its index here.');
}
