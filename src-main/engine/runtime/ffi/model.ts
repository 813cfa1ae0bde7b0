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
  if (key === undefined) {
    if (count !== 1) throw new Error(`There are ${count} ports here; say which one.`);
    return new Output(library, library.pointer(`${side}ByIndex`, owner, 0));
  }
  if (typeof key === 'string') return new Output(library, library.pointer(`${side}ByName`, owner, key));
  if (typeof key === 'number') return new Output(library, library.pointer(`${side}ByIndex`, owner, key));
  throw new TypeError('A port is chosen by its name or its index.');
}

/** A network that was read but not yet compiled for a device. */
export class Model extends Native {
  readonly #readAgain: ReadAgain | undefined;
  /** Memory that the model's constants lie in. */
  readonly memory: readonly unknown[];
  readonly #reshapes: Array<(model: Model) => void> = [];

  constructor(library: Library, pointer: bigint, readAgain?: ReadAgain, memory: readonly unknown[] = []) {
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
    return this.output(index).getShape();
  }

  getOutputElementType(index: number): string {
    return this.output(index).getElementType();
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
    const names = this.inputs.map((port) => port.getAnyName());
    const parsed = wanted.map(([key, shape]) => {
      const index =
        typeof key === 'number' ? key : names.indexOf(typeof key === 'string' ? key : key.getAnyName());
      if (index < 0 || index >= names.length) throw new Error(`The model has no input ${String(key)}.`);
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
      model.#reshapes.push(apply);
    };
    apply(this);
    return this;
  }

  /** Reads the model again from where it came, and reshapes it as this one was. */
  clone(): Model {
    if (!this.#readAgain)
      throw new NotSupportedByRuntime('Model.clone of a model that was not read as it is');
    const copy = this.#readAgain();
    for (const apply of this.#reshapes) apply(copy);
    return copy;
  }

  #count(name: 'modelInputsSize' | 'modelOutputsSize'): number {
    return this.library.number(name, this.pointer);
  }
}
