import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Boundary } from './boundary.ts';

/** A file of annotations as it was written. */
export interface WrittenFile {
  /** Relative to the set's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Most files that are listed one by one; the rest is in the digest. */
const mostListed = 1000;

/**
 * How one conversion wants its files written, and what came of it. Every format writes through an `OutputFolder`, which
 * finds this by itself, so that no format has to know of links, staging and hashes.
 */
export class Writing {
  /** The folder that this is about; output to other folders is written as usual. */
  readonly root: string;
  /** Where the folder will be when it gets its name. */
  readonly destination: string;
  /**
   * `link` makes hard links, and copies where that can't be. `check` links them for as long as the set is checked, for
   * formats that can't be read without their pictures; see {@link removeBorrowed}.
   */
  readonly media: 'copy' | 'link' | 'check';
  /**
   * Folders of earlier tries, whose copies are taken over; null where nobody will try again. Copies get the time of the
   * last change of what they are of, by which whole ones are told from others.
   */
  readonly earlier: readonly string[] | null;
  linked = 0;
  /** Pictures that are not where the source says. */
  absent = 0;
  /** Pictures that were copied; with {@link link}, because the disk would not link them. */
  copied = 0;
  /** Files that were left where they are, as links out of the source's folder lead to them. */
  readonly foreign: string[] = [];
  readonly #source: Boundary | undefined;
  #annotationFiles = 0;
  readonly #files: WrittenFile[] = [];
  readonly #digest = createHash('sha256');

  readonly #borrowed: string[] = [];

  constructor(
    root: string,
    options: {
      /** Where {@link root} will be; the same unless said otherwise. */
      readonly destination?: string;
      readonly media: 'copy' | 'link' | 'check';
      /** Of the set that files are taken from. */
      readonly source?: Boundary;
      readonly earlier?: readonly string[];
    },
  ) {
    this.root = root;
    this.destination = options.destination ?? root;
    this.media = options.media;
    this.earlier = options.earlier ?? null;
    this.#source = options.source;
  }

  /** Whether a file must not be taken along; it is noted then. See {@link Boundary.isForeign}. */
  refuses(path: string, linked: boolean): boolean {
    const refused = this.#source?.isForeign(path, linked) ?? false;
    if (refused) this.foreign.push(path);
    return refused;
  }

  /** Notes a picture that is there for the check only. */
  borrow(target: string): void {
    this.#borrowed.push(target);
  }

  /** Removes the pictures that were there for the check, and the folders that they were alone in. */
  async removeBorrowed(): Promise<void> {
    const folders = new Set<string>();
    for (const [index, path] of this.#borrowed.splice(0).entries()) {
      // Not by the thread pool, the way to which takes ten times as long.
      rmSync(path, { force: true });
      folders.add(dirname(path));
      if (index % 512 === 511) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const folder of folders) {
      // Up to the set's own, as long as they are empty: rmdir takes no others.
      for (let at = folder; at.length > this.root.length; at = dirname(at)) {
        if (
          !(await rmdir(at).then(
            () => true,
            () => false,
          ))
        )
          break;
      }
    }
  }

  /** Notes a file of annotations that was written. */
  file(path: string, bytes: number, sha256: string): void {
    this.#annotationFiles += 1;
    this.#digest.update(`${sha256}  ${path}\n`);
    if (this.#files.length < mostListed) this.#files.push({ path, bytes, sha256 });
  }

  /** Call it once, at the end. `digest` is of the lines `<sha256>  <path>` of all files in the order of writing. */
  summary(): {
    readonly files: number;
    readonly digest: string;
    readonly listed: readonly WrittenFile[];
  } {
    return { files: this.#annotationFiles, digest: this.#digest.digest('hex'), listed: this.#files };
  }
}

const current = new AsyncLocalStorage<Writing>();

/** Runs a format's writer with {@link Writing} in force. */
export function whileWriting<Result>(writing: Writing, work: () => Promise<Result>): Promise<Result> {
  return current.run(writing, work);
}

/** Where a set will be that is written to a folder now, if a conversion knows it. */
export const destinationOf = (root: string): string | null => writingTo(root)?.destination ?? null;

/** What is in force for a folder, if anything. */
export function writingTo(root: string): Writing | undefined {
  const writing = current.getStore();
  return writing?.root === root ? writing : undefined;
}
