import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { convertCommand } from './convert.ts';
import { detectCommand } from './detect.ts';
import { statsCommand, validateCommand } from './look.ts';
import { diffCommand, mergeCommand } from './several.ts';

/** Every command about datasets. */
export function datasetCommands(): readonly Command[] {
  const commands = [
    detectCommand(),
    convertCommand(),
    statsCommand(),
    validateCommand(),
    mergeCommand(),
    diffCommand(),
  ];
  for (const command of commands) command.hook('preAction', keepHeapSmall);
  return commands;
}

/**
 * A set is read item by item, and what is read is soon garbage. Left alone, V8 lets a hundred megabytes of it gather
 * before it looks; kept small, the space for young objects costs the same time and a third of the memory, and the space
 * for old ones, which may grow by a third between two looks instead of to the double, a tenth more of the time.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}
