/** Numbers of one kind in memory that grows, as narrow as they allow: half as large as an array of doubles, or less. */
class Column {
  #fits: (value: number) => boolean;
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
      const larger = new (this.#data.constructor as Float64ArrayConstructor)(Math.max(16, this.#length * 2));
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

  /** Bytes that it takes without room for growing, in steps of 8. */
  get size(): number {
    return Math.ceil((this.#length * this.#data.BYTES_PER_ELEMENT) / 8) * 8;
  }

  /** Moves into a larger piece of memory, without room for growing. */
  move(memory: ArrayBuffer, offset: number): void {
    const moved = new (this.#data.constructor as Float64ArrayConstructor)(memory, offset, this.#length);
    moved.set(this.#data.subarray(0, this.#length));
    this.#data = moved;
  }

  equals(other: Column): boolean {
    if (this.#length !== other.#length) return false;
    for (let index = 0; index < this.#length; index++) {
      if (this.#data[index] !== other.#data[index]) return false;
    }
    return true;
  }

  copy(): Column {
    const copied = new Column('double');
    copied.#fits = this.#fits;
    copied.#data = this.#data.slice();
    copied.#length = this.#length;
    return copied;
  }
}

const isWhole = (value: number): boolean => value >>> 0 === value && !Object.is(value, -0);
const isShort = (value: number): boolean => Object.is(Math.fround(value), value);

/** The scalars of one tag in the order of the file. `time` is in seconds since 1970, to the millisecond. */
export interface Scalars {
  readonly length: number;
  step(index: number): number;
  time(index: number): number;
  value(index: number): number;
}

/**
 * Scalars of one tag, to be added to. A point takes 8 or 12 bytes instead of the hundred of an object, so that millions of
 * them stay in memory: a step, the milliseconds since the first one, and a value, each as narrow as it may be.
 */
export class ScalarColumns implements Scalars {
  #steps = new Column('whole');
  /** Whether other tags have the same column of steps: it is copied before it is added to. */
  #shared = false;
  /** Milliseconds since {@link #began}. */
  readonly #times = new Column('whole');
  #began = 0;
  readonly #values = new Column('short');

  push(step: number, time: number, value: number): void {
    if (this.#shared) {
      this.#steps = this.#steps.copy();
      this.#shared = false;
    }
    this.#steps.push(step);
    if (this.#times.length === 0) this.#began = time;
    this.#times.push(Math.round((time - this.#began) * 1000));
    this.#values.push(value);
  }

  /**
   * Makes tags take less memory: those that were logged at the same steps, as most are, have one column of steps, and all
   * columns lie together without room for growing. Thousands of small arrays that come and go would leave the memory of
   * the process full of holes. Takes time for every point.
   */
  static compact(tags: readonly ScalarColumns[]): void {
    const known = new Map<string, Column[]>();
    for (const tag of tags) {
      const key = `${tag.length} ${tag.step(0)} ${tag.step(tag.length - 1)}`;
      const alike = known.get(key) ?? [];
      const same = alike.find((column) => column === tag.#steps || column.equals(tag.#steps));
      if (same) tag.#steps = same;
      else known.set(key, [...alike, tag.#steps]);
      tag.#shared = true;
    }
    const columns = [...known.values(), ...tags.map((tag) => [tag.#times, tag.#values])].flat();
    const memory = new ArrayBuffer(columns.reduce((sum, { size }) => sum + size, 0));
    let offset = 0;
    for (const column of columns) {
      const { size } = column;
      column.move(memory, offset);
      offset += size;
    }
  }

  get length(): number {
    return this.#values.length;
  }
  step(index: number): number {
    return this.#steps.at(index);
  }
  time(index: number): number {
    return this.#began + this.#times.at(index) / 1000;
  }
  value(index: number): number {
    return this.#values.at(index);
  }

  /** As it is now: what is added later doesn't show. */
  get now(): Scalars {
    // Compacting and adding change columns, not what is in them up to here.
    return {
      length: this.length,
      step: (index) => this.step(index),
      time: (index) => this.time(index),
      value: (index) => this.value(index),
    };
  }
}
