import { copyFile, type FileHandle, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { temporaryPath } from '../../io/atomic.ts';
import { inside } from './paths.ts';

const key = 'dataset';
const flushAt = 256 * 1024;

/** A text file that grows; it gets its name when the output is finished. */
export interface TextSink {
  write(text: string): Promise<void>;
}

/**
 * The folder that a set is written to. Every file is written under another name first, and a file that is already
 * there stops the writing unless overwriting was asked for. Paths are relative with forward slashes and must stay inside.
 */
export class OutputFolder {
  readonly root: string;
  readonly overwrite: boolean;
  readonly #sinks: Sink[] = [];
  #files = 0;

  constructor(root: string, overwrite: boolean) {
    this.root = root;
    this.overwrite = overwrite;
  }

  /** How many files have been given their names. */
  get files(): number {
    return this.#files;
  }

  /** A file that is written bit by bit. */
  async sink(path: string): Promise<TextSink> {
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    const sink = new Sink(target, temporary, await open(temporary, 'wx'));
    this.#sinks.push(sink);
    return sink;
  }

  /** A text whose place in another is only known later. It is no file of the set and goes when that one takes it. */
  async part(beside: string): Promise<Part> {
    const target = inside(this.root, beside);
    await mkdir(dirname(target), { recursive: true });
    const temporary = temporaryPath(dirname(target), key);
    return new Part('', temporary, await open(temporary, 'wx'));
  }

  async text(path: string, text: string): Promise<void> {
    await this.bytes(path, Buffer.from(text, 'utf8'));
  }

  async bytes(path: string, bytes: Uint8Array): Promise<void> {
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    await writeFile(temporary, bytes, { flag: 'wx' });
    await this.#name(temporary, target);
  }

  /** Copies a file byte by byte. False where there is nothing to copy. */
  async copy(from: string, path: string): Promise<boolean> {
    if ((await stat(from).catch(() => undefined))?.isFile() !== true) return false;
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    await copyFile(from, temporary);
    await this.#name(temporary, target);
    return true;
  }

  /** Finishes every open file. */
  async finish(): Promise<void> {
    for (const sink of this.#sinks.splice(0)) {
      await sink.close();
      await this.#name(sink.temporary, sink.target);
    }
  }

  /** Drops what is not finished. */
  async discard(): Promise<void> {
    for (const sink of this.#sinks.splice(0)) {
      await sink.close().catch(() => undefined);
      await rm(sink.temporary, { force: true });
    }
  }

  async #free(path: string): Promise<string> {
    const target = inside(this.root, path);
    if (!this.overwrite && (await stat(target).catch(() => undefined)) !== undefined) {
      throw new RefineryError('OUTPUT_EXISTS', `There already is a file ${target}.`, {
        hint: 'Choose an empty folder, or allow overwriting.',
      });
    }
    await mkdir(dirname(target), { recursive: true });
    return target;
  }

  async #name(temporary: string, target: string): Promise<void> {
    await rename(temporary, target);
    this.#files += 1;
  }
}

class Sink implements TextSink {
  readonly target: string;
  readonly temporary: string;
  readonly #file: FileHandle;
  #pieces: string[] = [];
  #held = 0;
  #closed = false;

  constructor(target: string, temporary: string, file: FileHandle) {
    this.target = target;
    this.temporary = temporary;
    this.#file = file;
  }

  async write(text: string): Promise<void> {
    this.#pieces.push(text);
    this.#held += text.length;
    if (this.#held >= flushAt) await this.#flush();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flush();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const text = this.#pieces.join('');
    this.#pieces = [];
    this.#held = 0;
    if (text !== '') await this.#file.appendFile(text, 'utf8');
  }
}

/** A part of a file, kept on the disk until it is moved into the file. */
export class Part extends Sink {
  async moveTo(sink: TextSink): Promise<void> {
    await this.close();
    const file = await open(this.temporary, 'r');
    try {
      for await (const chunk of file.createReadStream({ encoding: 'utf8' }))
        await sink.write(chunk as string);
    } finally {
      await file.close().catch(() => undefined);
      await rm(this.temporary, { force: true });
    }
  }

  async drop(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.temporary, { force: true });
  }
}
