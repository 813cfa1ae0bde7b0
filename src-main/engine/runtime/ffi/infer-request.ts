import type { SupportedTypedArray } from 'openvino-node';
import type { CompiledModel } from './compiled-model.ts';
import { elementTypeOf } from './element-type.ts';
import { Native } from './native.ts';
import { Output } from './ports.ts';
import { Tensor } from './tensor.ts';

type Values = Tensor | SupportedTypedArray;
export type Inputs = Values[] | Record<string, Values>;

/** One inference at a time over a compiled model, with its own inputs and outputs. */
export class InferRequest extends Native {
  readonly #compiled: CompiledModel;
  /** Tensors in use: their memory must stay while the request may touch it. */
  readonly #held = new Map<string, Tensor>();

  constructor(compiled: CompiledModel, pointer: bigint) {
    super(compiled.library, 'requestFree', pointer, 262_144);
    this.#compiled = compiled;
  }

  getCompiledModel(): CompiledModel {
    return this.#compiled;
  }

  setTensor(name: string, tensor: Tensor): void {
    if (typeof name !== 'string' || !(tensor instanceof Tensor)) {
      throw new TypeError('InferRequest.setTensor() takes a name and a Tensor.');
    }
    this.library.run('requestSetTensor', this.pointer, name, tensor.pointer);
    this.#held.set(`name ${name}`, tensor);
  }

  setInputTensor(...args: [Tensor] | [number, Tensor]): void {
    this.#set('requestSetInput', 'InferRequest.setInputTensor()', args, this.#compiled.inputs.length);
  }

  setOutputTensor(...args: [Tensor] | [number, Tensor]): void {
    this.#set('requestSetOutput', 'InferRequest.setOutputTensor()', args, this.#compiled.outputNames.length);
  }

  getTensor(port: string | Output): Tensor {
    if (typeof port === 'string') {
      return new Tensor(this.library, this.library.pointer('requestGetTensor', this.pointer, port));
    }
    if (!(port instanceof Output)) throw new TypeError('InferRequest.getTensor() takes a name or an Output.');
    return new Tensor(this.library, this.library.pointer('requestGetByPort', this.pointer, port.pointer));
  }

  getInputTensor(index = 0): Tensor {
    return new Tensor(this.library, this.library.pointer('requestGetInput', this.pointer, checkIndex(index)));
  }

  getOutputTensor(index = 0): Tensor {
    return new Tensor(
      this.library,
      this.library.pointer('requestGetOutput', this.pointer, checkIndex(index)),
    );
  }

  /** Runs on this thread. The results are copies, one by output name, which later inferences leave alone. */
  infer(inputs?: Inputs): Record<string, Tensor> {
    this.runSync(inputs);
    return this.#outputs();
  }

  /** Runs on a thread of its own; the event loop goes on meanwhile. */
  async inferAsync(inputs?: Inputs): Promise<Record<string, Tensor>> {
    await this.run(inputs);
    return this.#outputs();
  }

  /** Not in openvino-node: like `inferAsync`, without copies of the outputs. Read or set them as tensors. */
  async run(inputs?: Inputs): Promise<void> {
    if (inputs !== undefined) this.#setInputs(inputs);
    await this.library.runAsync('requestInfer', this.pointer);
  }

  /** Not in openvino-node: like `infer`, without copies of the outputs. */
  runSync(inputs?: Inputs): void {
    if (inputs !== undefined) this.#setInputs(inputs);
    this.library.run('requestInfer', this.pointer);
  }

  #setInputs(inputs: unknown): void {
    if (typeof inputs !== 'object' || inputs === null || ArrayBuffer.isView(inputs)) {
      throw new TypeError('Infer method takes as an argument an array or an object.');
    }
    if (Array.isArray(inputs)) {
      inputs.forEach((value: unknown, index) => {
        this.setInputTensor(
          index,
          this.#tensorFor(value, () => this.#compiled.input(index)),
        );
      });
      return;
    }
    for (const [name, value] of Object.entries(inputs)) {
      this.setTensor(
        name,
        this.#tensorFor(value, () => this.#compiled.input(name)),
      );
    }
  }

  /** A typed array takes the shape of the input that it is for. */
  #tensorFor(value: unknown, port: () => Output): Tensor {
    if (value instanceof Tensor) return value;
    if (!ArrayBuffer.isView(value) || value instanceof DataView) {
      throw new TypeError('Values passed to the infer method are Tensors or TypedArrays.');
    }
    const input = port();
    return Tensor.create(this.library, [elementTypeOf(input.getElementType()).name, input.getShape(), value]);
  }

  #set(
    name: 'requestSetInput' | 'requestSetOutput',
    what: string,
    args: readonly unknown[],
    count: number,
  ): void {
    const [index, tensor] = args.length === 1 ? [0, args[0]] : args;
    if (typeof index !== 'number' || !(tensor instanceof Tensor)) {
      throw new TypeError(`${what} takes a Tensor, or an index and a Tensor.`);
    }
    if (args.length === 1 && count !== 1)
      throw new Error(`${what} needs an index where there are ${count} of them.`);
    this.library.run(name, this.pointer, checkIndex(index), tensor.pointer);
    this.#held.set(`${name} ${index}`, tensor);
  }

  #outputs(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#compiled.outputNames.map((name, index) => {
        const own = this.getOutputTensor(index);
        const copy = own.detached();
        if (copy !== own) own.dispose();
        return [name, copy];
      }),
    );
  }
}

function checkIndex(index: unknown): number {
  if (!Number.isInteger(index) || (index as number) < 0)
    throw new TypeError('An index is a whole number from 0.');
  return index as number;
}
