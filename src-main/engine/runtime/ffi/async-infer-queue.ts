import { CompiledModel } from './compiled-model.ts';
import type { InferRequest, Inputs } from './infer-request.ts';

export type AsyncInferQueueCallback = (error: Error | null, request: InferRequest, userData: object) => void;

/** A pool of requests over one compiled model: each inference takes the next one that is free. */
export class AsyncInferQueue {
  #idle: InferRequest[];
  #all: InferRequest[];
  readonly #waiting: Array<(request: InferRequest) => void> = [];
  #callback: AsyncInferQueueCallback | undefined;

  /** @param jobs how many requests; the device's optimal number when left out. */
  constructor(compiled: CompiledModel, jobs?: number) {
    if (!(compiled instanceof CompiledModel)) throw new TypeError('AsyncInferQueue takes a CompiledModel.');
    if (jobs !== undefined && (!Number.isInteger(jobs) || jobs < 0)) {
      throw new TypeError('The number of jobs is a whole number.');
    }
    const count = jobs || Number(compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS'));
    this.#all = Array.from({ length: count }, () => compiled.createInferRequest());
    this.#idle = [...this.#all];
  }

  setCallback(callback: AsyncInferQueueCallback): void {
    if (typeof callback !== 'function') throw new TypeError('setCallback takes a function.');
    this.#callback = callback;
  }

  /** Resolves with the user data when the inference and the callback are over. */
  async startAsync(inputs: Inputs, userData: object = {}): Promise<object> {
    const callback = this.#callback;
    if (!callback) throw new Error('Callback has to be set before starting inference.');
    if (this.#all.length === 0) throw new Error('The queue was released.');
    const request = this.#idle.pop() ?? (await new Promise<InferRequest>((take) => this.#waiting.push(take)));
    try {
      await request.run(inputs);
      callback(null, request, userData);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      callback(error, request, userData);
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(request);
      else this.#idle.push(request);
    }
    return userData;
  }

  release(): void {
    for (const request of this.#idle) request.dispose();
    this.#idle = [];
    this.#all = [];
    this.#callback = undefined;
  }
}
