import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { keepHeapSmall } from '../engine/host/heap.ts';
import { readVersion } from '../engine/host/version.ts';
import { exitCodes } from './shared.ts';

/** Folder with `models/`, `assets/` and `package.json`: the checkout, or the packaged app's resources. */
const resources =
  process.env['REFINERY_RESOURCES'] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..');

type Loader = () => Promise<readonly Command[]>;

/** What loads the commands, by their names: loading all of them takes longer than many a command does. */
const loaders: readonly (readonly [names: readonly string[], load: Loader])[] = [
  [['upscale'], async () => [(await import('./upscale.ts')).upscaleCommand(resources)]],
  [
    ['devices', 'models', 'doctor'],
    async () => {
      const { devicesCommand, doctorCommand, modelsCommand } = await import('./look.ts');
      return [devicesCommand(resources), modelsCommand(resources), doctorCommand(resources)];
    },
  ],
  [['convert-model'], async () => [(await import('./convert-model.ts')).convertModelCommand(resources)]],
  [['monitor'], async () => [(await import('./monitor.ts')).monitorCommand()]],
  [['benchmark'], async () => [(await import('./benchmark.ts')).benchmarkCommand(resources)]],
  [['config'], async () => [(await import('./config.ts')).configCommand()]],
  [
    ['train-check', 'evaluate'],
    async () => {
      const { evaluateCommand, trainCheckCommand } = await import('./datasets/evaluate.ts');
      return [trainCheckCommand(), evaluateCommand(resources)];
    },
  ],
  [['serve'], async () => [(await import('./serve.ts')).serveCommand(resources)]],
  [
    ['detect', 'convert', 'stats', 'validate', 'merge', 'diff'],
    async () => {
      // Before the modules are loaded: what the heap has grown to for them, it keeps.
      keepHeapSmall();
      return (await import('./datasets/index.ts')).datasetCommands();
    },
  ],
];

const program = new Command('refinery')
  .description('A workbench for OpenVINO. Every result is checked and carries a receipt.')
  .version(readVersion(resources))
  .showHelpAfterError('Run with --help for the options.')
  .exitOverride();
// Help, and a command that there isn't, want them all.
const wanted = loaders.filter(([names]) => names.includes(process.argv[2] ?? ''));
for (const [, load] of wanted.length > 0 ? wanted : loaders) {
  for (const command of await load()) program.addCommand(command);
}
for (const command of program.commands.flatMap((one) => [one, ...one.commands])) command.exitOverride();

// Whoever reads this has enough, as `head` does: the work ends as after Ctrl+C.
let isHeard = true;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    if (isHeard) process.kill(process.pid, 'SIGTERM');
    isHeard = false;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no mistakes; all else that commander throws is one of usage.
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
