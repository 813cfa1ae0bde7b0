/** The last few arrays of a run, in memory that is used again. */
export class History {
  readonly #depth: number;
  /** Filled arrays, the newest first. */
  #filled: Float32Array[] = [];
  /** Memory to fill next. */
  #free: Float32Array[] = [];

  constructor(depth: number) {
    this.#depth = depth;
  }

  get count(): number {
    return this.#filled.length;
  }

  /** An array that went in: 0 is the newest. It must be there. */
  at(back: number): Float32Array {
    const found = this.#filled[back];
    if (!found) throw new RangeError(`The sampler remembers ${this.count} steps, not ${back + 1}.`);
    return found;
  }

  /** A place for the newest array, whose content is anything; the oldest goes where there are too many. */
  next(length: number): Float32Array {
    if (this.#filled.length === this.#depth) this.#free.push(this.#filled.pop()!);
    const place = this.#free.pop() ?? new Float32Array(length);
    this.#filled.unshift(place);
    return place;
  }

  push(values: Float32Array): void {
    this.next(values.length).set(values);
  }

  /** Copies, the oldest first. */
  save(): Float32Array[] {
    return this.#filled.map((values) => values.slice()).reverse();
  }

  restore(saved: readonly Float32Array[] | undefined): void {
    this.#free = [];
    this.#filled = (saved ?? []).slice(-this.#depth).map((values) => values.slice());
    this.#filled.reverse();
  }
}
