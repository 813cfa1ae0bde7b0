/**
 * Numbers of a file, each given once. Those from 1 on without a gap, as most files have them, take no memory; a set of a
 * million would take forty megabytes.
 */
export class UniqueNumbers {
  /** Every number up to this one is given. */
  #all = 0;
  /** The given ones beyond. */
  readonly #others = new Set<number>();

  /** The wanted number where it is one and free, else the least that is free. */
  take(wanted: unknown): number {
    const usable = typeof wanted === 'number' && Number.isSafeInteger(wanted) && wanted > this.#all;
    const number = usable && !this.#others.has(wanted) ? wanted : this.#all + 1;
    if (number > this.#all + 1) this.#others.add(number);
    else {
      this.#all = number;
      while (this.#others.delete(this.#all + 1)) this.#all += 1;
    }
    return number;
  }
}
