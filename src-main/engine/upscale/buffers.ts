/** Bytes that are kept, at most. */
const mostKept = 256 * 1024 * 1024;

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

  /** Takes a buffer back that nobody looks at any more; the oldest ones go where there are too many. */
  give(buffer: Buffer): void {
    if (!(buffer.buffer instanceof ArrayBuffer)) return;
    this.#idle.push(buffer.buffer);
    let bytes = this.#idle.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (bytes > mostKept) bytes -= this.#idle.shift()!.byteLength;
  }

  clear(): void {
    this.#idle = [];
  }
}
