import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Argument, Command, Option } from 'commander';
import { type Parity, type WeightType, weightTypes } from '../contract/models.ts';
import { type ConversionEvent, type ConversionReceipt, convertLdm } from '../engine/convert/index.ts';
import { userFolders } from '../engine/host/folders.ts';
import { readVersion } from '../engine/host/version.ts';
import { exitCodes, listenForStop, printJson, reportFailure } from './shared.ts';

interface ConvertModelFlags {
  readonly output: string;
  readonly via?: 'onnx';
  readonly weights: WeightType;
  readonly json?: true;
}

/** Converts original checkpoints to OpenVINO, and proves that they give the same. */
export function convertModelCommand(resources: string): Command {
  return new Command('convert-model')
    .description('convert an original checkpoint to OpenVINO, compared with PyTorch before it counts')
    .addArgument(
      new Argument('<kind>', 'ldm: latent diffusion for super-resolution, as diffusers saves it').choices([
        'ldm',
      ]),
    )
    .argument('<folder>', 'with unet, vqvae and scheduler')
    .requiredOption('-o, --output <folder>', 'new or empty folder for the converted model')
    .addOption(
      new Option('--weights <type>', 'how weights are kept; int8 only in the UNet')
        .choices(weightTypes)
        .default('fp16'),
    )
    .addOption(new Option('--via <format>', 'the way through ONNX').choices(['onnx']))
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nNeeds Python 3.10 or later. PyTorch and what goes with it (1.2 GB) are installed once, into the cache folder.',
    )
    .action(async (_kind: string, folder: string, flags: ConvertModelFlags) => {
      const json = flags.json ?? false;
      const cancel = new AbortController();
      const stopListening = listenForStop(() => cancel.abort());
      const python = process.env['REFINERY_CONVERT_PYTHON'];
      const output = resolve(flags.output);
      try {
        const receipt = await convertLdm({
          source: resolve(folder),
          output,
          weights: flags.weights,
          via: flags.via ?? 'torch',
          scripts: join(resources, 'models', 'convert'),
          cacheDir: userFolders(resources).cache,
          appVersion: readVersion(resources),
          ...(python ? { python } : {}),
          signal: cancel.signal,
          onEvent: json ? printJson : printEvent,
        });
        if (json) printJson({ event: 'done', output, receipt });
        else printDone(output, receipt);
        process.exitCode = exitCodes.good;
      } catch (thrown) {
        const failed = reportFailure(thrown, json);
        process.exitCode = cancel.signal.aborted ? exitCodes.interrupted : failed;
      } finally {
        stopListening();
      }
    });
}

function printEvent(event: ConversionEvent): void {
  switch (event.event) {
    case 'plan':
      if (event.download > 0) {
        console.log(
          `A Python environment is made first: about ${megabytes(event.download)} to download, ${megabytes(event.disk)} on the disk with the model, two to ten minutes. Ctrl+C stops; what was installed is kept.`,
        );
      }
      return;
    case 'progress':
      if (event.fraction > 0) console.log(`${percent(event.fraction)}  ${event.stage}`);
      else if (process.stderr.isTTY) console.error(styleText('dim', event.stage));
      return;
    case 'parity':
      printParity(event);
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const percent = (fraction: number): string => `${Math.round(fraction * 100)} %`.padStart(5);

const figure = (value: number | null): string =>
  (value === null ? 'not a number' : value.toExponential(1)).padEnd(9);

function printParity({ part, what, maxAbs, relative, limit, passed }: Parity): void {
  const mark = passed ? styleText('green', 'equal') : styleText('red', 'apart');
  const bound = limit === null ? '' : styleText('dim', ` of ${limit}`);
  console.log(
    `       ${mark}  ${part.padEnd(8)}${what.padEnd(18)} largest difference ${figure(maxAbs)} relative ${figure(relative)}${bound}`,
  );
}

function printDone(output: string, { files, versions }: ConversionReceipt): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`${styleText('green', 'Done')}   ${output}  ${megabytes(bytes)}`);
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(styleText('dim', `       ${names.join(', ')}; receipt in conversion.json`));
  console.log(`       refinery upscale photo.png --model ${output}`);
}
