import { openSource, type Source } from '../operations/index.ts';
import { unpackingNotes } from '../operations/pace.ts';

/** A set beside the one that is open, and the format that it is read as. */
export interface OtherSet {
  /** As `openSource` takes it. */
  readonly path: string;
  readonly from: string;
}

/** What is heard and told while one of them is opened. */
export interface Opening {
  readonly signal: AbortSignal;
  readonly onUnpacking: (done: number, total: number) => void;
}

const keyOf = ({ path, from }: OtherSet): string => `${from} ${path}`;

/** Sets that the open one is merged or compared with. An archive is unpacked once. */
export class OtherSets implements AsyncDisposable {
  readonly #sources = new Map<string, Promise<Source>>();

  /** @throws {RefineryError} as `openSource`. */
  async open(set: OtherSet, { signal, onUnpacking }: Opening): Promise<Source> {
    const key = keyOf(set);
    const known = this.#sources.get(key);
    if (known) return known;
    const source = openSource(set.path, {
      from: set.from,
      signal,
      onProgress: unpackingNotes(({ done, total }) => onUnpacking(done, total ?? 0)),
    });
    this.#sources.set(key, source);
    source.catch(() => this.#sources.delete(key));
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#sources.values()) {
      const source = await opening.catch(() => undefined);
      await source?.[Symbol.asyncDispose]();
    }
  }
}
