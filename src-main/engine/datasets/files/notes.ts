import { AsyncLocalStorage } from 'node:async_hooks';
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { isBelow } from '../../io/below.ts';
import type { ProblemLog } from '../model/index.ts';

/** What is told of a list, a table or a record file without a word in it. */
export const emptyFile = 'the file is empty';

/** What is told of a name in a set's folder that leads to nothing that has bytes: reading a pipe would wait for ever. */
export const noFile = 'it is no file: a pipe, a device or a link to nowhere';

/** What is told of the first file of a set that lies elsewhere. */
const foreignFile = 'it is a link to a file outside of the set, which is read with it; there may be more';

/** What is told of an entry that is no JSON in a file whose other entries are read. */
export const damagedEntry = 'the entry is damaged: it is no JSON';

/**
 * What those who only open files have to say of one: that it is empty, or that its text is not UTF-8. They hand out text
 * and rows to fifty readers, none of which has to pass its problems down to them: as {@link Writing} is for writers,
 * this is found by itself. {@link withNotes} puts it in force for every format.
 */
export class FileNotes {
  readonly #root: string;
  readonly #told = new Set<string>();
  /** Of what was noted before the set was open. */
  #waiting: (readonly [file: string, place: string, reason: string])[] = [];
  #problems: ProblemLog | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** Notes something once, however often the file is read. */
  add(path: string, reason: string, place = ''): void {
    const below = relative(this.#root, path);
    const file = (below.startsWith('..') || isAbsolute(below) ? path : below).replaceAll(sep, '/');
    const key = `${file}\n${place}\n${reason}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    if (this.#problems === undefined) this.#waiting.push([file, place, reason]);
    else this.#problems.add(file, place, reason);
  }

  /** Notes, once for a set, that one of its files is a link out of it: what it leads to is read as a part of the set. */
  addLink(path: string): void {
    if (this.#told.has(foreignFile) || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
    if (isBelow(realpathSync(path), realpathSync(this.#root))) return;
    this.#told.add(foreignFile);
    this.add(path, foreignFile);
  }

  /** What was noted so far and what will be goes to a set's problems. */
  tellTo(problems: ProblemLog): void {
    this.#problems = problems;
    for (const [file, place, reason] of this.#waiting.splice(0)) problems.add(file, place, reason);
  }

  /** What was noted of a set that could not be opened, as sentences. */
  get sentences(): string {
    return this.#waiting
      .map(([file, place, reason]) => ` ${file}${place === '' ? '' : `, ${place}`}: ${reason}.`)
      .join('');
  }
}

const current = new AsyncLocalStorage<FileNotes>();

/** Runs a part of a reader with {@link FileNotes} in force. */
export function whileReading<Result>(notes: FileNotes, work: () => Result): Result {
  return current.run(notes, work);
}

/**
 * {@link whileReading} for what is done for every item: going back to the one context that is made here costs a third of
 * making one each time.
 */
export function readingContext(notes: FileNotes): <Result>(work: () => Result) => Result {
  return current.run(notes, () => AsyncLocalStorage.snapshot());
}

/** Notes something about a file of the set that is being read. @returns whether one is being read. */
export function noteFile(path: string, reason: string, place = ''): boolean {
  const notes = current.getStore();
  notes?.add(path, reason, place);
  return notes !== undefined;
}

/** Notes that a list, a table or a description of the set that is being read lies outside of it. */
export function noteLink(path: string): void {
  current.getStore()?.addLink(path);
}
