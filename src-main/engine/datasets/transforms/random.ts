/**
 * A generator of random numbers that gives the same for the same seed on every machine and in every version:
 * xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state filled by
 * SplitMix32 from the seed.
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed any whole number; its lower 32 bits count. */
  constructor(seed: number) {
    let counter = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      counter = (counter + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    });
  }

  /** A generator that goes on from a state, as the reference program does. */
  static from(state: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.#state.set(state);
    return random;
  }

  /** A whole number from 0 to 2³² − 1. */
  next(): number {
    const state = this.#state;
    const [s0, s1, s2, s3] = state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    const third = s2 ^ s0;
    const fourth = s3 ^ s1;
    state[1] = s1 ^ third;
    state[0] = s0 ^ fourth;
    state[2] = third ^ (s1 << 9);
    state[3] = rotate(fourth, 11);
    return result;
  }

  /** A whole number from 0 to `count` − 1, each as likely as the others. */
  below(count: number): number {
    const limit = 2 ** 32 - (2 ** 32 % count);
    for (;;) {
      const value = this.next();
      if (value < limit) return value % count;
    }
  }

  /** Brings a list into a random order, in place, by Fisher and Yates. */
  shuffle<List extends { length: number; [index: number]: number }>(list: List): List {
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const value = list[last]!;
      list[last] = list[other]!;
      list[other] = value;
    }
    return list;
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
