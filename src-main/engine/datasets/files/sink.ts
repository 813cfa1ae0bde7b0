import type { Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';

const flushAt = 256 * 1024;

/** A text file that grows; it gets its name when the output is finished. */
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
  #pieces: string[] = [];
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
    this.#pieces.push(text);
    this.#held += text.length;
    if (this.#held >= flushAt) await this.#flush();
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

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pieces.join(''), 'utf8');
    this.#pieces = [];
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
      const chunk = Buffer.allocUnsafe(flushAt);
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
