import { type FunctionName, Library } from './library.ts';

interface Held {
  readonly library: Library;
  readonly free: FunctionName;
  readonly pointer: bigint;
}

const registry = new FinalizationRegistry<Held>(({ library, free, pointer }) => {
  try {
    library.value(free, pointer);
  } catch {
    // Nobody could catch it here, and the process would end: memory that stays is the smaller harm.
  }
});

/**
 * Bytes that a native object stands for, roughly. V8 sees only the small handle and would collect too late; memory
 * that it counts but that is never touched, and so never taken from the system, tells it what hangs on the handle.
 */
export type Weight = 0 | 262_144 | 2_097_152;

/**
 * An object of OpenVINO's. It is freed when JavaScript lets go of it, or at once by {@link dispose}.
 *
 * openvino-node documents constructors without arguments for most of its classes; what they make is empty, and every
 * use of it but {@link dispose} throws.
 */
export abstract class Native {
  readonly #library: Library | undefined;
  readonly #free: FunctionName;
  #pointer: bigint;
  // biome-ignore lint/correctness/noUnusedPrivateClassMembers: to be held is its whole use.
  #ballast: ArrayBuffer | undefined;

  /** @throws {TypeError} for arguments that are not this module's own. */
  constructor(library: Library | undefined, free: FunctionName, pointer = 0n, weight: Weight = 0) {
    this.#library = library;
    this.#free = free;
    this.#pointer = pointer;
    if (library === undefined) return;
    if (!(library instanceof Library) || typeof pointer !== 'bigint' || pointer === 0n) {
      throw new TypeError(`The constructor of ${this.constructor.name} takes no arguments.`);
    }
    this.#ballast = weight === 0 ? undefined : new ArrayBuffer(weight);
    registry.register(this, { library, free, pointer }, this);
  }

  /** @throws {Error} when this is empty. */
  get library(): Library {
    if (this.#library) return this.#library;
    const { name } = this.constructor;
    throw new Error(
      `This ${name} is empty, as new ${name}() makes it. Usable ones come from a Core's methods.`,
    );
  }

  /** @throws {Error} when this is empty, and after {@link dispose}. */
  get pointer(): bigint {
    if (this.#pointer !== 0n) return this.#pointer;
    void this.library;
    throw new Error(`This ${this.constructor.name} was disposed of.`);
  }

  /** Stands for another object of OpenVINO's from now on, and frees the one before. */
  protected replace(pointer: bigint): void {
    const { library } = this;
    registry.unregister(this);
    library.value(this.#free, this.pointer);
    this.#pointer = pointer;
    registry.register(this, { library, free: this.#free, pointer }, this);
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
