import type { Dataset } from './format.ts';
import type { Item } from './model/index.ts';

/** Milliseconds of work before others get a turn. */
const turn = 12;

interface Pace {
  readonly signal?: AbortSignal;
  readonly waitWhilePaused?: () => Promise<void>;
}

/** Items, with pauses in which timers, signals and wishes to wait are heard: readers of small files never wait by themselves. */
export async function* breathing(
  items: AsyncIterable<Item>,
  { signal, waitWhilePaused }: Pace,
): AsyncGenerator<Item> {
  let since = performance.now();
  for await (const item of items) {
    yield item;
    if (performance.now() - since < turn) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    await waitWhilePaused?.();
    since = performance.now();
  }
}

/** A set whose items are {@link breathing}, for work that goes through all of them. */
export const paced = (dataset: Dataset, signal?: AbortSignal): Dataset => ({
  ...dataset,
  items: () => breathing(dataset.items(), signal === undefined ? {} : { signal }),
});
