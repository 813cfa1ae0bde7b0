import { logarithm, sineAndCosine } from './float32-math.ts';

/** Where a sampler's normal numbers come from: mean 0, variance 1. */
export interface NoiseSource {
  /** Fills the whole array with the stream's next numbers. One call is one draw of torch's `randn`. */
  fill(target: Float32Array): void;
}

/** Where a generator stands in its stream. Can be written as JSON. */
export interface GeneratorState {
  /** The 624 words of the Mersenne Twister, each from 0 to 2³² − 1. */
  readonly words: readonly number[];
  /** How many of the words are used up, 0 to 624. */
  readonly used: number;
  /** Second number of a pair, kept for the next short draw. */
  readonly spare: number | null;
}

const size = 624;
const shift = 397;

/** Above this, torch fills a whole array by blocks of 16. */
const block = 16;
const half = block / 2;
const fullTurn = Math.fround(2 * Math.PI);

/**
 * The normal numbers of `torch.Generator('cpu').manual_seed(seed)`: bit by bit those of `torch.randn` on a machine
 * with AVX2. Short draws (under 16) go another way in torch, in double precision and in pairs.
 */
export class TorchGenerator implements NoiseSource {
  readonly #words = new Uint32Array(size);
  #used = size;
  #spare: number | null = null;
  readonly #pair = new Float32Array(2);

  /** @param seed a whole number; torch uses its lowest 32 bits. */
  constructor(seed: number | bigint) {
    const words = this.#words;
    words[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    // Knuth's generator, as init_genrand in the Mersenne Twister's reference code.
    for (let index = 1; index < size; index += 1) {
      const before = words[index - 1]!;
      words[index] = Math.imul(1_812_433_253, before ^ (before >>> 30)) + index;
    }
  }

  /** Like `torch.randn(count)`: the next numbers, as singles. */
  normal(count: number): Float32Array {
    const target = new Float32Array(count);
    this.fill(target);
    return target;
  }

  fill(target: Float32Array): void {
    const count = target.length;
    if (count < block) {
      for (let index = 0; index < count; index += 1) target[index] = this.#single();
      return;
    }
    this.#uniforms(target, 0);
    for (let start = 0; start + block <= count; start += block) this.#transform(target, start);
    if (count % block !== 0) {
      // The last block overlaps numbers that are done; they are drawn anew.
      this.#uniforms(target, count - block);
      this.#transform(target, count - block);
    }
  }

  save(): GeneratorState {
    return { words: [...this.#words], used: this.#used, spare: this.#spare };
  }

  /** @throws {RangeError} when the state is not one that `save` gave. */
  restore({ words, used, spare }: GeneratorState): void {
    if (words.length !== size || !Number.isInteger(used) || used < 0 || used > size) {
      throw new RangeError('This is not the state of a Mersenne Twister.');
    }
    this.#words.set(words);
    this.#used = used;
    this.#spare = spare;
  }

  /** Uniform singles in [0, 1) with 24 random bits, to the end of the array. */
  #uniforms(target: Float32Array, start: number): void {
    for (let index = start; index < target.length; index += 1) {
      target[index] = (this.#next() & 0xffffff) * 2 ** -24;
    }
  }

  /** Box and Muller's transform over 16 uniform numbers: eight radii, then eight angles. */
  #transform(target: Float32Array, start: number): void {
    const pair = this.#pair;
    for (let index = start; index < start + half; index += 1) {
      const radius = Math.fround(Math.sqrt(Math.fround(-2 * logarithm(Math.fround(1 - target[index]!)))));
      sineAndCosine(Math.fround(fullTurn * target[index + half]!), pair);
      target[index] = radius * pair[1]!;
      target[index + half] = radius * pair[0]!;
    }
  }

  /** One number of the pairwise way. */
  #single(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const angle = 2 * Math.PI * this.#uniformDouble();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniformDouble()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform double in [0, 1): the lowest 53 bits of two words, the first of which is the high one. */
  #uniformDouble(): number {
    const high = this.#next() & 0x1fffff;
    const low = this.#next();
    return (high * 2 ** 32 + low) * 2 ** -53;
  }

  /** The next 32 random bits, tempered. */
  #next(): number {
    if (this.#used >= size) this.#renew();
    let word = this.#words[this.#used]!;
    this.#used += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  #renew(): void {
    const words = this.#words;
    for (let index = 0; index < size; index += 1) {
      const mixed = (words[index]! & 0x80000000) | (words[(index + 1) % size]! & 0x7fffffff);
      words[index] = words[(index + shift) % size]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#used = 0;
  }
}
