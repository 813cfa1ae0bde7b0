import type { Item } from '../model/index.ts';
import type { ConversionRequest, Progress } from './conversion.ts';

/** Milliseconds of work before others get a turn, and between two notes of progress. */
const turn = 12;
const noteEvery = 100;

/** Items, with pauses in which timers, signals and wishes to wait are heard: readers of small files never wait by themselves. */
export async function* breathing(
  items: AsyncIterable<Item>,
  { signal, waitWhilePaused }: Pick<ConversionRequest, 'signal' | 'waitWhilePaused'>,
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

/** Tells of an archive that is unpacked, now and then and at its end. */
export function unpackingNotes(
  onProgress: ConversionRequest['onProgress'],
): (done: number, total: number) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (done, total) => {
    const now = performance.now();
    if (now - told < noteEvery && done < total) return;
    told = now;
    onProgress?.({ stage: 'unpacking', done, total });
  };
}

/**
 * Counts, and tells of it now and then; called with a number, starts from that and tells of it at once. What is told never
 * goes back: a set that is written anew, or read twice, is as far as it came before until it has come farther.
 */
export function counting(
  request: Pick<ConversionRequest, 'onProgress'>,
  stageName: Progress['stage'],
  total: number | null,
) {
  let done = 0;
  let reached = 0;
  let told = performance.now();
  let ever = false;
  return (from?: number): void => {
    done = from ?? done + 1;
    reached = Math.max(reached, done);
    const now = performance.now();
    // Who was told that something is on its way is told its end, too.
    if (from === undefined && now - told < noteEvery && !(ever && done === total)) return;
    told = now;
    ever = true;
    request.onProgress?.({ stage: stageName, done: reached, total });
  };
}
