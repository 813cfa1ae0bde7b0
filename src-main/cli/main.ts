import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { readVersion } from '../engine/host/version.ts';
import { benchmarkCommand } from './benchmark.ts';
import { configCommand } from './config.ts';
import { convertModelCommand } from './convert-model.ts';
import { evaluateCommand, trainCheckCommand } from './datasets/evaluate.ts';
import { datasetCommands } from './datasets/index.ts';
import { devicesCommand, doctorCommand, modelsCommand } from './look.ts';
import { monitorCommand } from './monitor.ts';
import { serveCommand } from './serve.ts';
import { exitCodes } from './shared.ts';
import { upscaleCommand } from './upscale.ts';

/** Folder with `models/`, `assets/` and `package.json`: the checkout, or the packaged app's resources. */
const resources =
  process.env['REFINERY_RESOURCES'] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const program = new Command('refinery')
  .description('A workbench for OpenVINO. Every result is checked and carries a receipt.')
  .version(readVersion(resources))
  .showHelpAfterError('Run with --help for the options.')
  .exitOverride()
  .addCommand(upscaleCommand(resources))
  .addCommand(devicesCommand(resources))
  .addCommand(modelsCommand(resources))
  .addCommand(doctorCommand(resources))
  .addCommand(convertModelCommand(resources))
  .addCommand(monitorCommand())
  .addCommand(benchmarkCommand(resources))
  .addCommand(configCommand())
  .addCommand(trainCheckCommand())
  .addCommand(evaluateCommand(resources))
  .addCommand(serveCommand(resources));
for (const command of datasetCommands()) program.addCommand(command);
for (const command of program.commands.flatMap((one) => [one, ...one.commands])) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no mistakes; all else that commander throws is one of usage.
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
