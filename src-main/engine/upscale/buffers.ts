/** Buffers that are kept, at most. */
const kept = 4;

/** Larger ones are let go at once, in bytes. */
const largest = 64 * 1024 * 1024;

/**
 * Large buffers to be used again. To V8 each new one looks like a reason to collect garbage, which in a batch of
 * photos costs a tenth of the time.
 */
export class BufferPool {
  #idle: ArrayBuffer[] = [];

  /** A buffer of this length, with anything in it. */
  take(length: number): Buffer {
    const index = this.#idle.findIndex(({ byteLength }) => byteLength >= length && byteLength < 2 * length);
    const [found] = index < 0 ? [] : this.#idle.splice(index, 1);
    return Buffer.from(found ?? new ArrayBuffer(length), 0, length);
  }

  /** Takes a buffer back that nobody looks at any more. */
  give(buffer: Buffer): void {
    if (buffer.buffer instanceof ArrayBuffer && buffer.length <= largest) {
      this.#idle = [...this.#idle.slice(1 - kept), buffer.buffer];
    }
  }
}
