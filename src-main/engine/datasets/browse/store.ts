import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { temporaryFolder } from '../files/temporary.ts';
import type { Item } from '../model/index.ts';

export interface ItemFilter {
  readonly subset: string | null;
  /** Index of a class that an item must have. */
  readonly label: number | null;
  /** Only items without annotations. */
  readonly empty: boolean;
  /** Part of the item's name, in any case of letters. */
  readonly text: string;
}

/** Bytes that are gathered before they go to the disk. */
const chunkBytes = 1024 * 1024;

/**
 * The items of a set for looking at any of them: on disk, with a few numbers of each in memory. A hundred thousand
 * items with a million annotations take some ten megabytes here.
 */
export class ItemStore implements AsyncDisposable {
  readonly #folder: AsyncDisposable;
  readonly #file: FileHandle;
  /** Where each item starts; one more for the end. */
  readonly #starts: number[] = [0];
  readonly #names: string[] = [];
  readonly #subsets: string[] = [];
  readonly #empty: boolean[] = [];
  /** Items that have a class, by its index. */
  readonly #withLabel = new Map<number, number[]>();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #last: { readonly key: string; readonly indices: readonly number[] } | undefined;

  private constructor(folder: AsyncDisposable, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  static async create(): Promise<ItemStore> {
    const folder = temporaryFolder('items');
    return new ItemStore(folder, await open(join(folder.path, 'items'), 'w+'));
  }

  get size(): number {
    return this.#names.length;
  }

  async add(item: Item): Promise<void> {
    const index = this.#names.length;
    const bytes = serialize(item);
    this.#names.push(item.id.toLowerCase());
    this.#subsets.push(item.subset);
    this.#empty.push(item.annotations.length === 0);
    const labels = new Set<number>();
    for (const annotation of item.annotations) {
      if ('label' in annotation && annotation.label !== null) labels.add(annotation.label);
    }
    for (const label of labels) {
      const known = this.#withLabel.get(label);
      if (known) known.push(index);
      else this.#withLabel.set(label, [index]);
    }
    this.#starts.push(this.#starts[index]! + bytes.length);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= chunkBytes) await this.flush();
  }

  /** Writes what is gathered. Items can be read after it. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (bytes.length > 0) await this.#file.write(bytes);
  }

  /** @returns the item, or undefined where there is none of this number. */
  async get(index: number): Promise<Item | undefined> {
    const [start, end] = [this.#starts[index], this.#starts[index + 1]];
    if (start === undefined || end === undefined) return undefined;
    const { buffer } = await this.#file.read(Buffer.alloc(end - start), 0, end - start, start);
    return deserialize(buffer) as Item;
  }

  /** Numbers of the items that fit, in the set's order. */
  find(filter: ItemFilter): readonly number[] {
    const key = JSON.stringify(filter);
    if (this.#last?.key === key) return this.#last.indices;
    const text = filter.text.trim().toLowerCase();
    const candidates =
      filter.label === null
        ? this.#names.map((_, index) => index)
        : (this.#withLabel.get(filter.label) ?? []);
    const indices = candidates.filter(
      (index) =>
        (filter.subset === null || this.#subsets[index] === filter.subset) &&
        (!filter.empty || this.#empty[index]) &&
        (text === '' || this.#names[index]!.includes(text)),
    );
    this.#last = { key, indices };
    return indices;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}
