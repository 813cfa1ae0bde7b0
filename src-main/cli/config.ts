import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { RefineryError } from '../contract/errors.ts';
import {
  type ConfigContext,
  type ConfigFinding,
  changeFor,
  checkConfig,
  layersOf,
  parseCompressionConfig,
  readRunFolder,
} from '../engine/compression/index.ts';
import { exitCodes, printJson, reportFailure } from './shared.ts';

interface CheckFlags {
  readonly run?: string;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  readonly modelType?: string;
  readonly json?: true;
}

/** What is about configurations of compression. */
export function configCommand(): Command {
  return new Command('config').description('configurations of NNCF and OVConfig').addCommand(
    new Command('check')
      .description('check a configuration for JPQD before hours of training; 1 when it would be refused')
      .argument('<file>', 'an NNCF configuration or openvino_config.json')
      .option('--run <folder>', 'an earlier training of the model, for the names and shapes of its layers')
      .option('--epochs <number>', 'epochs that are planned', positive)
      .option('--steps-per-epoch <number>', 'optimizer steps of an epoch', positive)
      .option('--model-type <name>', 'model_type of config.json, such as bert')
      .option('--json', 'as JSON')
      .action(async (file: string, flags: CheckFlags) => {
        try {
          const findings = await check(resolve(file), flags);
          if (flags.json) printJson({ findings });
          else print(findings);
          const refused = findings.some(({ severity }) => severity === 'error');
          process.exitCode = refused ? exitCodes.someFailed : exitCodes.good;
        } catch (thrown) {
          process.exitCode = reportFailure(thrown, flags.json ?? false);
        }
      }),
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

async function check(file: string, flags: CheckFlags): Promise<ConfigFinding[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RefineryError('INPUT_NOT_FOUND', 'The configuration can’t be read.', { details: file, cause });
  });
  const { value, problems } = parseCompressionConfig(text);
  if (!value) {
    return problems.map(({ message, place }): ConfigFinding => {
      const where = place && 'line' in place ? `line ${place.line}, column ${place.column ?? 1}` : '$';
      return { rule: 'json', severity: 'error', path: where, message };
    });
  }
  const run = flags.run === undefined ? undefined : await readRunFolder(resolve(flags.run));
  const layers = run ? layersOf(run) : [];
  const modelType = flags.modelType ?? run?.model?.modelType;
  const epochs = flags.epochs ?? run?.training.epochs;
  const stepsPerEpoch = flags.stepsPerEpoch ?? run?.training.stepsPerEpoch;
  const context: ConfigContext = {
    ...(modelType === undefined ? {} : { modelType }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(stepsPerEpoch === undefined ? {} : { stepsPerEpoch }),
    ...(layers.length === 0 ? {} : { layers }),
  };
  return checkConfig(value.source, context);
}

function print(findings: readonly ConfigFinding[]): void {
  const colors = { error: 'red', warning: 'yellow' } as const;
  for (const { severity, path, message, rule } of findings) {
    console.log(
      `${styleText(colors[severity], severity.padEnd(7))}  ${path}  ${message} ${changeFor(rule)} ${styleText('dim', rule)}`,
    );
  }
  if (findings.length === 0) console.log('Nothing was found to be wrong.');
}
