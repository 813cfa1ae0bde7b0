import type { FunctionName, Library } from './library.ts';

interface Held {
  readonly library: Library;
  readonly free: FunctionName;
  readonly pointer: bigint;
}

const registry = new FinalizationRegistry<Held>(({ library, free, pointer }) => {
  library.value(free, pointer);
});

/**
 * Bytes that a native object stands for, roughly. V8 sees only the small handle and would collect too late; memory
 * that it counts but that is never touched, and so never taken from the system, tells it what hangs on the handle.
 */
export type Weight = 0 | 262_144 | 2_097_152;

/** An object of OpenVINO's. It is freed when JavaScript lets go of it, or at once by {@link dispose}. */
export abstract class Native {
  readonly library: Library;
  readonly #free: FunctionName;
  #pointer: bigint;
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: to be held is its whole use.
  #ballast: ArrayBuffer | undefined;

  constructor(library: Library, free: FunctionName, pointer: bigint, weight: Weight = 0) {
    this.#ballast = weight === 0 ? undefined : new ArrayBuffer(weight);
    this.library = library;
    this.#free = free;
    this.#pointer = pointer;
    registry.register(this, { library, free, pointer }, this);
  }

  /** @throws {Error} after {@link dispose}. */
  get pointer(): bigint {
    if (this.#pointer === 0n) throw new Error(`This ${this.constructor.name} was disposed of.`);
    return this.#pointer;
  }

  dispose(): void {
    if (this.#pointer === 0n) return;
    registry.unregister(this);
    const pointer = this.#pointer;
    this.#pointer = 0n;
    this.#ballast = undefined;
    this.library.value(this.#free, pointer);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
