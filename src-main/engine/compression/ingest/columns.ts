/** Numbers of one kind in memory that grows, as narrow as they allow: half as large as an array of doubles, or less. */
class Column {
  readonly #fits: (value: number) => boolean;
  #data: Float32Array | Uint32Array | Float64Array;
  #length = 0;

  constructor(kind: 'whole' | 'short' | 'double') {
    const sizes = { whole: Uint32Array, short: Float32Array, double: Float64Array } as const;
    this.#data = new sizes[kind](16);
    this.#fits = { whole: isWhole, short: isShort, double: () => true }[kind];
  }

  push(value: number): void {
    if (!(this.#data instanceof Float64Array) && !this.#fits(value))
      this.#data = Float64Array.from(this.#data);
    if (this.#length === this.#data.length) {
      const larger = new (this.#data.constructor as Float64ArrayConstructor)(Math.ceil(this.#length * 1.25));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  at(index: number): number {
    return this.#data[index]!;
  }

  get length(): number {
    return this.#length;
  }
}

const isWhole = (value: number): boolean => value >>> 0 === value && !Object.is(value, -0);
const isShort = (value: number): boolean => Object.is(Math.fround(value), value);

/** The scalars of one tag in the order of the file. `time` is in seconds since 1970. */
export interface Scalars {
  readonly length: number;
  step(index: number): number;
  time(index: number): number;
  value(index: number): number;
}

/**
 * Scalars of one tag, to be added to. A point takes 16 bytes instead of the hundred of an object, so that millions of
 * them stay in memory.
 */
export class ScalarColumns implements Scalars {
  readonly #steps = new Column('whole');
  readonly #times = new Column('double');
  readonly #values = new Column('short');

  push(step: number, time: number, value: number): void {
    this.#steps.push(step);
    this.#times.push(time);
    this.#values.push(value);
  }

  get length(): number {
    return this.#steps.length;
  }
  step(index: number): number {
    return this.#steps.at(index);
  }
  time(index: number): number {
    return this.#times.at(index);
  }
  value(index: number): number {
    return this.#values.at(index);
  }

  /** As it is now: what is added later doesn't show. */
  get now(): Scalars {
    return {
      length: this.length,
      step: (index) => this.step(index),
      time: (index) => this.time(index),
      value: (index) => this.value(index),
    };
  }
}
