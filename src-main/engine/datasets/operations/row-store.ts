import { place, width } from './fingerprints.ts';

/** Numbers of a chunk. */
const chunkBits = 16;
const chunkMask = (1 << chunkBits) - 1;

/** Added to a row's type where its shape is the box around it alone, so that nothing is kept of it. */
const plain = 64;
/** And where it is an approximation. */
const approximated = 128;

/**
 * The fingerprints of many items, in twenty-four bytes for a box and eight more for another shape: a set has a million of
 * them.
 */
export class RowStore {
  /** Where each item's numbers begin. */
  readonly #starts: number[] = [];
  readonly #chunks: Float32Array[] = [];
  #length = 0;

  get items(): number {
    return this.#starts.length;
  }

  clear(): void {
    this.#starts.length = 0;
    this.#length = 0;
  }

  /** Adds the rows of the next item. */
  add(rows: Float32Array): void {
    this.#starts.push(this.#length);
    this.#put(rows.length / width);
    for (let row = 0; row < rows.length; row += width) {
      const isPlain = rows[row + place.shape] === 0 && rows[row + place.sum] === 0;
      const marks = (isPlain ? plain : 0) + (rows[row + place.approximated] === 1 ? approximated : 0);
      this.#put(rows[row + place.type]! + marks);
      const end = isPlain ? place.height : place.sum;
      for (let at = place.label as number; at <= end; at += 1) this.#put(rows[row + at]!);
    }
  }

  /** The rows of an item. */
  of(index: number): Float32Array {
    let from = this.#starts[index]!;
    const rows = new Float32Array(this.#at(from) * width);
    from += 1;
    for (let row = 0; row < rows.length; row += width) {
      const head = this.#at(from);
      const isPlain = (head & plain) !== 0;
      rows[row + place.type] = head & (plain - 1);
      rows[row + place.approximated] = (head & approximated) === 0 ? 0 : 1;
      const end = isPlain ? place.height : place.sum;
      for (let at = place.label as number; at <= end; at += 1) rows[row + at] = this.#at(from + at);
      from += end + 1;
    }
    return rows;
  }

  #put(value: number): void {
    const chunk = this.#length >> chunkBits;
    this.#chunks[chunk] ??= new Float32Array(chunkMask + 1);
    this.#chunks[chunk][this.#length & chunkMask] = value;
    this.#length += 1;
  }

  #at(index: number): number {
    return this.#chunks[index >> chunkBits]![index & chunkMask]!;
  }
}
