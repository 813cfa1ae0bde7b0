import { createHash } from 'node:crypto';
import { constants, copyFileSync, linkSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { temporaryPath } from '../../io/atomic.ts';
import { inside } from './paths.ts';
import { Part, Sink, type TextSink } from './sink.ts';
import { type Writing, writingTo } from './writing.ts';

const key = 'dataset';

/**
 * Most bytes of a file that is copied without asking the thread pool. A set has a hundred thousand small files, and for
 * them the way to the pool and back takes longer than the work.
 */
const smallFile = 512 * 1024;

/**
 * The folder that a set is written to. Every file is written under another name first, and a file that is already
 * there stops the writing unless overwriting was asked for. Paths are relative with forward slashes and must stay inside.
 */
export class OutputFolder {
  readonly root: string;
  readonly overwrite: boolean;
  readonly #sinks: Sink[] = [];
  readonly #writing: Writing | undefined;
  readonly #folders = new Set<string>();
  #files = 0;

  constructor(root: string, overwrite: boolean) {
    this.root = root;
    this.overwrite = overwrite;
    this.#writing = writingTo(root);
  }

  /** How many files have been given their names. */
  get files(): number {
    return this.#files;
  }

  /** A file that is written bit by bit. */
  async sink(path: string): Promise<TextSink> {
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    const sink = new Sink(target, temporary, await open(temporary, 'wx'), path);
    this.#sinks.push(sink);
    return sink;
  }

  /** A text whose place in another is only known later. It is no file of the set and goes when that one takes it. */
  async part(beside: string): Promise<Part> {
    const target = inside(this.root, beside);
    await mkdir(dirname(target), { recursive: true });
    const temporary = temporaryPath(dirname(target), key);
    return new Part('', temporary, await open(temporary, 'wx'), '');
  }

  async text(path: string, text: string): Promise<void> {
    await this.bytes(path, Buffer.from(text, 'utf8'));
  }

  async bytes(path: string, bytes: Uint8Array): Promise<void> {
    this.#writing?.whole(path, bytes);
    if (this.#writing?.staged === true) {
      const target = this.#target(path);
      direct(target, () => writeFileSync(target, bytes, { flag: 'wx' }));
      this.#files += 1;
      return;
    }
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    await writeFile(temporary, bytes, { flag: 'wx' });
    await this.#name(temporary, target);
  }

  /** A file whose bytes come in pieces, for one that would not fit into memory. */
  async stream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    const hash = createHash('sha256');
    let length = 0;
    const file = await open(temporary, 'wx');
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        length += piece.length;
        await file.appendFile(piece);
      }
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw thrown;
    } finally {
      await file.close();
    }
    await this.#name(temporary, target);
    this.#writing?.file(path, length, hash.digest('hex'));
  }

  /**
   * Takes a file along byte by byte: as a copy, as one that shares its blocks where the disk can do that, or as a hard
   * link where links are wanted and possible. False where there is nothing to take.
   */
  async copy(from: string, path: string): Promise<boolean> {
    const writing = this.#writing;
    const found = statSync(from, { throwIfNoEntry: false });
    if (found?.isFile() !== true) {
      if (writing !== undefined) writing.absent += 1;
      return false;
    }
    if (writing?.staged !== true) {
      const target = await this.#free(path);
      const temporary = temporaryPath(dirname(target), key);
      if (writing === undefined || !linked(writing, from, temporary)) {
        await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      }
      await this.#name(temporary, target);
      return true;
    }
    const target = this.#target(path);
    if (writing.media === 'check') {
      if (linked(writing, from, target)) writing.borrow(target);
      return true;
    }
    if (!linked(writing, from, target)) {
      const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
      if (found.size <= smallFile) direct(target, () => copyFileSync(from, target, mode));
      else {
        await copyFile(from, target, mode).catch((thrown: unknown) => {
          direct(target, () => {
            throw thrown;
          });
        });
      }
    }
    this.#files += 1;
    return true;
  }

  /** Finishes every open file. */
  async finish(): Promise<void> {
    for (const sink of this.#sinks.splice(0)) {
      await sink.close();
      await this.#name(sink.temporary, sink.target);
      this.#writing?.file(sink.path, sink.bytes, sink.sha256);
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
    const target = this.#target(path);
    if (!this.overwrite && (await stat(target).catch(() => undefined)) !== undefined) throw taken(target);
    return target;
  }

  /** The full path, in a folder that is there. */
  #target(path: string): string {
    const target = inside(this.root, path);
    const folder = dirname(target);
    if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
    return target;
  }

  async #name(temporary: string, target: string): Promise<void> {
    await rename(temporary, target);
    this.#files += 1;
  }
}

const taken = (target: string): RefineryError =>
  new RefineryError('OUTPUT_EXISTS', `There already is a file ${target}.`, {
    hint: 'Choose an empty folder, or allow overwriting.',
  });

/** Makes a file that must not be there yet. */
function direct(target: string, make: () => void): void {
  try {
    make();
  } catch (thrown) {
    throw (thrown as NodeJS.ErrnoException).code === 'EEXIST' ? taken(target) : thrown;
  }
}

/** Links a file where that is wanted. False where it must be copied: another disk, or one without links. */
function linked(writing: Writing, from: string, target: string): boolean {
  if (writing.media !== 'copy') {
    try {
      // A link to a symbolic link would be one, too, and lead nowhere from its new place.
      linkSync(realpathSync(from), target);
      writing.linked += 1;
      return true;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw taken(target);
    }
  }
  writing.copied += 1;
  return false;
}

export type { Part, TextSink } from './sink.ts';
