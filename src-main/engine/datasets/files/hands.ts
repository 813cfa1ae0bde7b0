import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { WrittenFile } from './writing.ts';

/**
 * One small file to be made, which must not be there yet. `link` makes a hard link, and a copy where the disk can't;
 * `borrow` makes a link or nothing; `resume` takes over a copy of an earlier try, one of the paths in `earlier`, if it is
 * whole, and else makes one that can be taken over.
 */
export type Order =
  | { readonly kind: 'write'; readonly path: string; readonly target: string; readonly content: Content }
  | { readonly kind: 'copy' | 'link' | 'borrow'; readonly from: string; readonly target: string }
  | {
      readonly kind: 'resume';
      readonly from: string;
      readonly target: string;
      readonly earlier: readonly string[];
    };

type Content = string | Uint8Array;

/** What came of some orders. */
export interface Done {
  /** Written ones, in their order. */
  readonly files: readonly WrittenFile[];
  readonly linked: number;
  readonly copied: number;
  /** The first that could not be carried out; those after it were not tried. */
  readonly failure: { readonly code: string; readonly message: string; readonly target: string } | null;
}

/**
 * Carries orders out. It runs in this thread or in another one, where nothing of this file is in scope: everything that
 * it uses is handed to it.
 */
function carryOut(
  orders: readonly Order[],
  {
    constants,
    copyFileSync,
    linkSync,
    lstatSync,
    realpathSync,
    statSync,
    utimesSync,
    writeFileSync,
  }: typeof fs,
  { hash }: Pick<typeof crypto, 'hash'>,
): Done {
  const files: WrittenFile[] = [];
  const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
  let linked = 0;
  let copied = 0;
  const link = (from: string, target: string): boolean => {
    try {
      // A link to a symbolic link would be one, too, and lead nowhere from its new place.
      linkSync(lstatSync(from).isSymbolicLink() ? realpathSync(from) : from, target);
      return true;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw thrown;
      return false;
    }
  };
  const resume = (from: string, target: string, earlier: readonly string[]): void => {
    const { atime, mtime, mtimeMs, size } = statSync(from);
    for (const path of earlier) {
      const made = lstatSync(path, { throwIfNoEntry: false });
      // The time is given to a copy when it is whole; a millisecond is what gets lost on the way.
      const isWhole = made?.isFile() && made.size === size && Math.abs(made.mtimeMs - mtimeMs) < 1;
      if (isWhole && link(path, target)) return;
    }
    copyFileSync(from, target, mode);
    try {
      utimesSync(target, atime, mtime);
    } catch {
      // A disk without times of its own: it is copied again, if need be.
    }
  };
  for (const order of orders) {
    const { target } = order;
    try {
      if (order.kind === 'write') {
        const { path, content } = order;
        writeFileSync(target, content, { flag: 'wx' });
        files.push({ path, bytes: Buffer.byteLength(content), sha256: hash('sha256', content) });
      } else if (order.kind === 'resume') {
        copied += 1;
        resume(order.from, target, order.earlier);
      } else if (order.kind !== 'copy' && link(order.from, target)) linked += 1;
      else {
        copied += 1;
        if (order.kind !== 'borrow') copyFileSync(order.from, target, mode);
      }
    } catch (thrown) {
      const { code = '', message } = thrown as NodeJS.ErrnoException;
      return { files, linked, copied, failure: { code, message, target } };
    }
  }
  return { files, linked, copied, failure: null };
}

/** What the other thread runs. */
function thread(work: typeof carryOut): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const [own, sums] = [process.getBuiltinModule('node:fs'), process.getBuiltinModule('node:crypto')];
  parentPort?.on('message', (orders: readonly Order[]) => parentPort.postMessage(work(orders, own, sums)));
}

/** So many orders, or characters in them, are handed over at once. */
const mostOrders = 256;
const mostCharacters = 256 * 1024;

/** With so many orders handed over that are not carried out yet, the next one waits. */
const mostAhead = 4;

/** A small set is written before another thread has started. */
const fewOrders = 512;

/**
 * Makes small files, from some hundred on in a thread of its own: the system's work for them takes as long as reading and
 * converting what is in them. They are made in the order in which they come.
 */
export class Hands {
  readonly #onDone: (done: Done) => void;
  #worker: Worker | undefined;
  #orders: Order[] = [];
  #characters = 0;
  #given = 0;
  #ahead = 0;
  #waiting: (() => void)[] = [];
  #failure: unknown;

  /** @param onDone is called for all orders, in their order. What it throws, the next call of a method throws. */
  constructor(onDone: (done: Done) => void) {
    this.#onDone = onDone;
  }

  /** Takes an order on. @throws what became of an earlier one. */
  async add(order: Order): Promise<void> {
    this.#orders.push(order);
    this.#characters += order.kind === 'write' ? order.content.length : 0;
    if (this.#orders.length >= mostOrders || this.#characters >= mostCharacters) await this.#handOver();
  }

  /** Resolves when every order is carried out. */
  async finish(): Promise<void> {
    try {
      await this.#handOver();
      while (this.#ahead > 0 && this.#failure === undefined) await this.#answer();
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      await this.stop();
    }
  }

  /** Drops what is not begun, and resolves when nothing is done any more. */
  async stop(): Promise<void> {
    this.#orders = [];
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #handOver(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const orders = this.#orders;
    this.#orders = [];
    this.#characters = 0;
    this.#given += orders.length;
    if (this.#worker === undefined && this.#given <= fewOrders) {
      this.#take(carryOut(orders, fs, crypto));
    } else {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(orders);
      this.#ahead += 1;
      while (this.#ahead >= mostAhead && this.#failure === undefined) await this.#answer();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): Worker {
    const worker = new Worker(`(${thread.toString()})(${carryOut.toString()})`, {
      eval: true,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (done: Done) => {
      this.#ahead -= 1;
      // It must not keep a process alive that has forgotten it.
      if (this.#ahead === 0) worker.unref();
      this.#take(done);
    });
    worker.on('error', (thrown) => this.#fail(thrown));
    return worker;
  }

  #take(done: Done): void {
    try {
      this.#onDone(done);
    } catch (thrown) {
      this.#fail(thrown);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #fail(thrown: unknown): void {
    this.#failure ??= thrown;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #answer(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
