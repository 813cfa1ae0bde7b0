import { createHash } from 'node:crypto';
import { constants, existsSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { temporaryPath } from '../../io/atomic.ts';
import { type Done, Hands } from './hands.ts';
import { folderOf, inside } from './paths.ts';
import { Part, Sink, type TextSink } from './sink.ts';
import { statsOf } from './stats.ts';
import { type Writing, writingTo } from './writing.ts';

const key = 'dataset';

/**
 * Most bytes of a file that is copied without asking the thread pool. A set has a hundred thousand small files, and for
 * them the way to the pool and back takes longer than the work.
 */
const smallFile = 512 * 1024;

/**
 * The folder that a set is written to. Every file is written under another name first, and a file that is already
 * there stops the writing. Paths are relative with forward slashes and must stay inside.
 */
export class OutputFolder {
  readonly root: string;
  readonly #sinks: Sink[] = [];
  readonly #writing: Writing | undefined;
  /** Where a conversion writes, into a folder that nobody sees yet. Else every file needs another name first, one by one. */
  readonly #hands: Hands | undefined;
  /** Those that are there, relative. */
  readonly #folders = new Set<string>();
  #files = 0;

  constructor(root: string) {
    this.root = root;
    const writing = writingTo(root);
    this.#writing = writing;
    this.#hands = writing && new Hands((done) => note(writing, done));
  }

  /** How many files have been given their names. */
  get files(): number {
    return this.#files;
  }

  /** A file that is written bit by bit. */
  async sink(path: string): Promise<TextSink> {
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    const file = await open(temporary, 'wx');
    const sink = new Sink(target, temporary, file, path, createHash('sha256'));
    this.#sinks.push(sink);
    return sink;
  }

  /** A text whose place in another is only known later. It is no file of the set and goes when that one takes it. */
  async part(beside: string): Promise<Part> {
    const target = inside(this.root, beside);
    await mkdir(dirname(target), { recursive: true });
    const temporary = temporaryPath(dirname(target), key);
    return new Part('', temporary, await open(temporary, 'wx'), '', null);
  }

  async text(path: string, text: string): Promise<void> {
    await this.#whole(path, text);
  }

  async bytes(path: string, bytes: Uint8Array): Promise<void> {
    await this.#whole(path, bytes);
  }

  async #whole(path: string, content: string | Uint8Array): Promise<void> {
    if (this.#hands !== undefined) {
      await this.#hands.add({ kind: 'write', path, target: this.#target(path), content });
      this.#files += 1;
      return;
    }
    const target = await this.#free(path);
    const temporary = temporaryPath(dirname(target), key);
    await writeFile(temporary, content, { flag: 'wx' });
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

  /** Counts a picture as one that is not where the source says, for who takes pictures along in another way. */
  missing(): void {
    if (this.#writing !== undefined) this.#writing.absent += 1;
  }

  /**
   * Takes a file along byte by byte: as a copy, as one that shares its blocks where the disk can do that, or as a hard
   * link where links are wanted and possible. False where there is nothing to take.
   */
  async copy(from: string, path: string): Promise<boolean> {
    const writing = this.#writing;
    const own = entryAt(from);
    const linked = own?.isSymbolicLink() === true;
    const found = linked ? statsOf(from) : own;
    if (found?.isFile() !== true || writing?.refuses(from, linked) === true) {
      this.missing();
      return false;
    }
    if (writing === undefined || this.#hands === undefined) {
      const target = await this.#free(path);
      const temporary = temporaryPath(dirname(target), key);
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      await this.#name(temporary, target);
      return true;
    }
    const target = this.#target(path);
    if (writing.media === 'check') writing.borrow(target);
    else this.#files += 1;
    const kind = writing.media === 'check' ? 'borrow' : writing.media;
    const isLarge = kind === 'copy' && found.size > smallFile;
    const earlier = kind === 'copy' ? writing.earlier?.map((folder) => inside(folder, path)) : undefined;
    if (earlier !== undefined && (!isLarge || earlier.some(existsSync)))
      await this.#hands.add({ kind: 'resume', from, target, earlier });
    else if (!isLarge) await this.#hands.add({ kind, from, target });
    else {
      // Nobody waits for the end of a large file who has said stop.
      const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
      await copyFile(from, target, mode).catch((thrown: NodeJS.ErrnoException) => {
        throw thrown.code === 'EEXIST' ? taken(target) : thrown;
      });
      if (earlier !== undefined) await utimes(target, found.atime, found.mtime).catch(() => undefined);
      writing.copied += 1;
    }
    return true;
  }

  /** Finishes every open file. */
  async finish(): Promise<void> {
    await this.#hands?.finish();
    for (const sink of this.#sinks.splice(0)) {
      await sink.close();
      await this.#name(sink.temporary, sink.target);
      this.#writing?.file(sink.path, sink.bytes, sink.sha256);
    }
  }

  /** Drops what is not finished. */
  async discard(): Promise<void> {
    await this.#hands?.stop();
    for (const sink of this.#sinks.splice(0)) {
      await sink.close().catch(() => undefined);
      await rm(sink.temporary, { force: true });
    }
  }

  async #free(path: string): Promise<string> {
    const target = this.#target(path);
    if ((await stat(target).catch(() => undefined)) !== undefined) throw taken(target);
    return target;
  }

  /** The full path, in a folder that is there. */
  #target(path: string): string {
    const target = inside(this.root, path);
    const folder = folderOf(path);
    if (!this.#folders.has(folder)) {
      mkdirSync(dirname(target), { recursive: true });
      this.#folders.add(folder);
    }
    return target;
  }

  async #name(temporary: string, target: string): Promise<void> {
    await rename(temporary, target);
    this.#files += 1;
  }
}

/** A folder's entry itself; nothing where there can't be one, as under a name that is too long. */
function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const taken = (target: string): RefineryError =>
  new RefineryError('OUTPUT_EXISTS', `There already is a file ${target}.`, {
    hint: 'Choose an empty folder.',
  });

function note(writing: Writing, { files, linked, copied, failure }: Done): void {
  for (const { path, bytes, sha256 } of files) writing.file(path, bytes, sha256);
  writing.linked += linked;
  writing.copied += copied;
  if (failure === null) return;
  if (failure.code === 'EEXIST') throw taken(failure.target);
  throw Object.assign(new Error(failure.message), { code: failure.code });
}

export type { Part, TextSink } from './sink.ts';
