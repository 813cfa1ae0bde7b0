import { CompiledModel } from './compiled-model.ts';
import type { InferRequest, Inputs } from './infer-request.ts';

export type AsyncInferQueueCallback = (
  error: Error | null,
  request: InferRequest,
  userData: object | undefined,
) => void;

/** A pool of requests over one compiled model: each inference takes the next one that is free. */
export class AsyncInferQueue {
  #idle: InferRequest[];
  readonly #waiting: Array<(request: InferRequest) => void> = [];
  #callback: AsyncInferQueueCallback | undefined;
  #released = false;

  /** @param jobs how many requests; the device's optimal number when left out. */
  constructor(compiled: CompiledModel, jobs?: number) {
    if (!(compiled instanceof CompiledModel)) throw new TypeError('AsyncInferQueue takes a CompiledModel.');
    if (jobs !== undefined && (!Number.isInteger(jobs) || jobs < 0)) {
      throw new TypeError('The number of jobs is a whole number.');
    }
    const count = jobs || Number(compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS'));
    this.#idle = Array.from({ length: count }, () => compiled.createInferRequest());
  }

  setCallback(callback: AsyncInferQueueCallback): void {
    if (typeof callback !== 'function') throw new TypeError('setCallback takes a function.');
    this.#callback = callback;
  }

  /**
   * Resolves with the user data when the inference and the callback are over. It rejects when the inference fails,
   * which the callback is told before, and when the callback throws.
   */
  async startAsync(inputs: Inputs, userData?: object): Promise<object | undefined> {
    if (this.#released) throw released();
    if (!this.#callback) throw new Error('Callback has to be set before starting inference.');
    const request = this.#idle.pop() ?? (await new Promise<InferRequest>((take) => this.#waiting.push(take)));
    try {
      const failure = await request.run(inputs).then(
        () => null,
        (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
      );
      this.#callback(failure, request, userData);
      if (failure) throw failure;
    } finally {
      this.#giveBack(request);
    }
    return userData;
  }

  /** What was started before comes to its end. @throws {Error} the second time. */
  release(): void {
    if (this.#released) throw released();
    this.#released = true;
    for (const request of this.#idle) request.dispose();
    this.#idle = [];
  }

  #giveBack(request: InferRequest): void {
    const next = this.#waiting.shift();
    if (next) next(request);
    else if (this.#released) request.dispose();
    else this.#idle.push(request);
  }
}

function released(): Error {
  return new Error('The AsyncInferQueue was released.');
}
