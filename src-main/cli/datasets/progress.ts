import type { Progress } from '../../engine/datasets/index.ts';
import { exitCodes, listenForStop, printJson } from '../shared.ts';

const words: Readonly<Record<Progress['stage'], string>> = {
  unpacking: 'Unpacking',
  planning: 'Reading',
  writing: 'Writing',
  checking: 'Reading back',
};

/** A line that says how far things are: on a terminal one that changes, as JSON one object now and then. */
export function progressLine(json: boolean): { show(progress: Progress): void; clear(): void } {
  const terminal = process.stderr.isTTY === true;
  return {
    show({ stage, done, total }) {
      if (json) printJson({ event: 'progress', stage, done, total });
      else if (terminal) {
        const items = `${done}${total === null ? '' : ` of ${total}`}`;
        const share = `${Math.round((100 * done) / (total || 1))} %`;
        process.stderr.write(`\r\x1b[K${words[stage]} ${stage === 'unpacking' ? share : items}`);
      }
    },
    clear: () => {
      if (!json && terminal) process.stderr.write('\r\x1b[K');
    },
  };
}

/** Runs work that Ctrl+C ends in an orderly way: what is half written goes, and the exit code tells. */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const stopListening = listenForStop(stop);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    if (!controller.signal.aborted) throw thrown;
    console.error('Stopped. Nothing was left behind.');
    return exitCodes.interrupted;
  } finally {
    stopListening();
  }
}
