import type { ConversionRequest, Progress } from './conversion.ts';

export { breathing } from '../breathing.ts';

/** Milliseconds between two notes of progress. */
const noteEvery = 100;

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
