import type { Command } from 'commander';
import { keepHeapSmall } from '../../engine/datasets/index.ts';
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
