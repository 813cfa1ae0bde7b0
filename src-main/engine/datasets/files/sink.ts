import type { Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';

/** Most bytes that wait to be written. */
const mostHeld = 256 * 1024;

/** Bytes that a file begins with: a set of many sequences has a thousand open. */
const firstBytes = 4 * 1024;

/** Most bytes of UTF-8 that a unit of a string becomes. */
const bytesPerUnit = 3;

/** A text file that grows; it gets its name when the output is finished. Wait for each call before the next one. */
export interface TextSink {
  write(text: string): Promise<void>;
  /** Adds UTF-8 as it is. */
  append(bytes: Uint8Array): Promise<void>;
}

/** A file in the making. */
export class Sink implements TextSink {
  readonly target: string;
  readonly temporary: string;
  /** As it was asked for, relative to the set. */
  readonly path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash | null;
  /** What is not in the file yet. As bytes, for texts that wait would be old, and costly, garbage. */
  #buffer = Buffer.allocUnsafeSlow(firstBytes);
  #held = 0;
  #closed = false;
  bytes = 0;
  /** Of all bytes, once it is closed. */
  sha256 = '';

  /** @param hash null for what is no file of its own. */
  constructor(target: string, temporary: string, file: FileHandle, path: string, hash: Hash | null) {
    this.target = target;
    this.temporary = temporary;
    this.path = path;
    this.#file = file;
    this.#hash = hash;
  }

  async write(text: string): Promise<void> {
    const most = bytesPerUnit * text.length;
    if (most > mostHeld) return this.append(Buffer.from(text));
    if (this.#held + most > mostHeld) await this.#flush();
    if (this.#held + most > this.#buffer.length) this.#grow(this.#held + most);
    this.#held += this.#buffer.write(text, this.#held);
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#put(chunk);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flush();
    this.sha256 = this.#hash?.digest('hex') ?? '';
    await this.#file.close();
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, Math.min(2 * this.#buffer.length, mostHeld)));
    this.#buffer.copy(larger, 0, 0, this.#held);
    this.#buffer = larger;
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#held);
    this.#held = 0;
    if (bytes.length > 0) await this.#put(bytes);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#hash?.update(bytes);
    this.bytes += bytes.length;
    await this.#file.appendFile(bytes);
  }
}

/** A part of a file, kept on the disk until it is moved into the file. */
export class Part extends Sink {
  async moveTo(sink: TextSink): Promise<void> {
    await this.close();
    const file = await open(this.temporary, 'r');
    try {
      // One for all: of a stream's, hundreds wait to be collected.
      const chunk = Buffer.allocUnsafe(mostHeld);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length);
        if (bytesRead === 0) break;
        await sink.append(chunk.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
      await rm(this.temporary, { force: true });
    }
  }

  async drop(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.temporary, { force: true });
  }
}
