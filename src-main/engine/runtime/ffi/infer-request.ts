import type { SupportedTypedArray } from 'openvino-node';
import type { CompiledModel } from './compiled-model.ts';
import { elementTypeOf } from './element-type.ts';
import type { FunctionName } from './library.ts';
import { portIndex } from './model.ts';
import { Native } from './native.ts';
import { NotSupportedByRuntime } from './not-supported.ts';
import { Output } from './ports.ts';
import { Tensor } from './tensor.ts';

type Values = Tensor | SupportedTypedArray;
export type Inputs = Values[] | Record<string, Values>;

/** A tensor that a request uses. */
interface Held {
  readonly tensor: Tensor;
  /** The tensor's version when it was set. */
  readonly version: number;
  readonly set: () => void;
}

/** One inference at a time over a compiled model, with its own inputs and outputs. */
export class InferRequest extends Native {
  readonly #compiled: CompiledModel | undefined;
  /** Tensors in use, by port: their memory must stay while the request may touch it. */
  readonly #held = new Map<string, Held>();
  /** Settles when the asynchronous inference in progress, the last in line, is over. */
  #running: Promise<void> | undefined;

  constructor(compiled?: CompiledModel, pointer?: bigint) {
    super(compiled?.library, 'requestFree', pointer, 262_144);
    this.#compiled = compiled;
  }

  getCompiledModel(): CompiledModel {
    if (this.#compiled) return this.#compiled;
    throw new Error('This InferRequest is empty. Usable ones come from CompiledModel.createInferRequest().');
  }

  setTensor(name: string, tensor: Tensor): void {
    if (typeof name !== 'string' || !(tensor instanceof Tensor)) {
      throw new TypeError('InferRequest.setTensor() takes a name and a Tensor.');
    }
    this.#hold(this.getCompiledModel().portKey(name), tensor, () =>
      this.library.run('requestSetTensor', this.pointer, name, tensor.pointer),
    );
  }

  setInputTensor(...args: [Tensor] | [number, Tensor]): void {
    this.#set('input', args);
  }

  setOutputTensor(...args: [Tensor] | [number, Tensor]): void {
    this.#set('output', args);
  }

  getTensor(port: string | Output): Tensor {
    const compiled = this.getCompiledModel();
    if (typeof port === 'string') return this.#wrap('requestGetTensor', port, compiled.portKey(port));
    if (!(port instanceof Output)) throw new TypeError('InferRequest.getTensor() takes a name or an Output.');
    return this.#wrap('requestGetByPort', port.pointer, compiled.portKey(port.getAnyName()));
  }

  getInputTensor(index?: number): Tensor {
    const place = portIndex('input', this.getCompiledModel().inputNames.length, index);
    return this.#wrap('requestGetInput', place, `input ${place}`);
  }

  getOutputTensor(index?: number): Tensor {
    const place = portIndex('output', this.getCompiledModel().outputNames.length, index);
    return this.#wrap('requestGetOutput', place, `output ${place}`);
  }

  /** Runs on this thread. The results are copies, one by output name, which later inferences leave alone. */
  infer(inputs?: Inputs): Record<string, Tensor> {
    this.runSync(inputs);
    return this.#outputs();
  }

  /** Runs on a thread of its own; the event loop goes on meanwhile. */
  async inferAsync(inputs?: Inputs): Promise<Record<string, Tensor>> {
    return this.#inTurn(inputs, () => this.#outputs());
  }

  /** Not in openvino-node: like `inferAsync`, without copies of the outputs. Read or set them as tensors. */
  async run(inputs?: Inputs): Promise<void> {
    return this.#inTurn(inputs, () => undefined);
  }

  /** Not in openvino-node: like `infer`, without copies of the outputs. */
  runSync(inputs?: Inputs): void {
    if (this.#running) throw new Error('The InferRequest is busy with an asynchronous inference.');
    this.#prepare(inputs);
    this.library.run('requestInfer', this.pointer);
  }

  /** Each inference has its inputs and gives its outputs before the next one may change them. */
  async #inTurn<Result>(inputs: Inputs | undefined, finish: () => Result): Promise<Result> {
    const before = this.#running;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running = promise;
    try {
      if (before) await before;
      this.#prepare(inputs);
      await this.library.runAsync('requestInfer', this.pointer);
      return finish();
    } finally {
      if (this.#running === promise) this.#running = undefined;
      resolve();
    }
  }

  #prepare(inputs: Inputs | undefined): void {
    if (inputs !== undefined) this.#setInputs(inputs);
    // A tensor that grew is another one to OpenVINO.
    for (const [key, { tensor, version, set }] of this.#held) {
      if (tensor.version !== version) this.#hold(key, tensor, set);
    }
  }

  #setInputs(inputs: unknown): void {
    if (typeof inputs !== 'object' || inputs === null || ArrayBuffer.isView(inputs)) {
      throw new TypeError('Infer method takes as an argument an array or an object.');
    }
    if (Array.isArray(inputs)) {
      inputs.forEach((value: unknown, index) => {
        this.setInputTensor(
          index,
          this.#tensorFor(value, () => this.getCompiledModel().input(index)),
        );
      });
      return;
    }
    for (const [name, value] of Object.entries(inputs)) {
      this.setTensor(
        name,
        this.#tensorFor(value, () => this.getCompiledModel().input(name)),
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

  #set(side: 'input' | 'output', args: readonly unknown[]): void {
    const [index, tensor] = args.length === 1 ? [undefined, args[0]] : args;
    if ((args.length !== 1 && typeof index !== 'number') || !(tensor instanceof Tensor)) {
      const name = side === 'input' ? 'setInputTensor' : 'setOutputTensor';
      throw new TypeError(`InferRequest.${name}() takes a Tensor, or an index and a Tensor.`);
    }
    const { inputNames, outputNames } = this.getCompiledModel();
    const place = portIndex(side, (side === 'input' ? inputNames : outputNames).length, index);
    const name = side === 'input' ? 'requestSetInput' : 'requestSetOutput';
    this.#hold(`${side} ${place}`, tensor, () => this.library.run(name, this.pointer, place, tensor.pointer));
  }

  #hold(key: string, tensor: Tensor, set: () => void): void {
    // What OpenVINO writes into it could not be read.
    if (tensor.isOfStrings && key.startsWith('output'))
      throw new NotSupportedByRuntime('A tensor of strings as an output');
    set();
    this.#held.set(key, { tensor, version: tensor.version, set });
  }

  #wrap(name: FunctionName, key: unknown, port: string): Tensor {
    const pointer = this.library.pointer(name, this.pointer, key);
    const owner = this.#held.get(port)?.tensor.owner;
    return new Tensor(this.library, pointer, owner ? { owner } : {});
  }

  #outputs(): Record<string, Tensor> {
    return Object.fromEntries(
      this.getCompiledModel().outputNames.map((name, index) => {
        const own = new Tensor(this.library, this.library.pointer('requestGetOutput', this.pointer, index));
        const copy = own.detached();
        if (copy !== own) own.dispose();
        return [name, copy];
      }),
    );
  }
}
