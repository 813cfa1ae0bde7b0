import type { Command } from 'commander';
import { convertCommand } from './convert.ts';
import { detectCommand } from './detect.ts';
import { statsCommand, validateCommand } from './look.ts';
import { diffCommand, mergeCommand } from './several.ts';
import { transformsCommand } from './transforms.ts';

/** Every command about datasets. */
export function datasetCommands(): readonly Command[] {
  return [
    detectCommand(),
    convertCommand(),
    statsCommand(),
    validateCommand(),
    mergeCommand(),
    diffCommand(),
    transformsCommand(),
  ];
}
