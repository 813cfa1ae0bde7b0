import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { default as Koffi } from 'koffi';

/**
 * Sets and trainings are read piece by piece, and what is read is soon garbage. Left alone, V8 lets a hundred megabytes of it gather
 * before it looks; kept small, the space for young objects costs the same time and a third of the memory, and the space
 * for old ones, which may grow by a third between two looks instead of to the double, a tenth more of the time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
  // So small a space is looked through before several threads have agreed on who looks where.
  setFlagsFromString('--no-parallel-scavenge');
}

/**
 * Gives memory that is free back to the system, after something large was read: what V8 would collect some time later, and
 * what glibc keeps for the next time (malloc_trim(3); nothing happens with other C libraries). Takes some 40 ms.
 */
export function giveFreeMemoryBack(): void {
  tools ??= { collect: findCollector(), trim: findTrim() };
  tools.collect();
  tools.trim(0);
}

let tools: { collect(): void; trim(pad: number): unknown } | undefined;

function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function findTrim(): (pad: number) => unknown {
  try {
    // Loaded when it is needed: most commands read nothing large, and it takes 8 MB.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');
  } catch {
    return () => undefined;
  }
}
