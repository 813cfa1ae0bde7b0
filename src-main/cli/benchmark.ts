import { extname, resolve } from 'node:path';
import { styleText } from 'node:util';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { RefineryError } from '../contract/errors.ts';
import {
  type Accuracy,
  benchmark,
  type Hint,
  labelsOf,
  type MeasuredModel,
  type MeasuredTable,
  measureAccuracy,
  measuredTable,
  modelFacts,
  parseShapes,
  type Shapes,
  saveText,
  tableCells,
  tableCsv,
  tableMarkdown,
} from '../engine/compression/index.ts';
import { userFolders } from '../engine/host/folders.ts';
import { loadOpenVino, type Precision, precisions } from '../engine/runtime/index.ts';
import { exitCodes, listenForStop, printJson, reportFailure } from './shared.ts';
import { printTable } from './terminal-table.ts';

interface BenchmarkFlags {
  readonly hint: Hint;
  readonly shape?: Shapes;
  readonly seconds: number;
  readonly device: string;
  readonly precision: Precision;
  readonly dataset?: string;
  readonly tokenizer?: string;
  readonly maxLength?: number;
  readonly save?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

/** Measures models of OpenVINO, and holds them against the first. */
export function benchmarkCommand(resources: string): Command {
  return new Command('benchmark')
    .description('measure models: size, throughput, latency, accuracy; all against the first one')
    .argument('<models...>', 'IRs (.xml) or ONNX models, the dense one first')
    .addOption(
      new Option('--hint <hint>', 'many inferences at once, or one after the other')
        .choices(['throughput', 'latency'])
        .default('throughput'),
    )
    .option('--shape <shapes>', 'name[1,128],other[1,128], or [1,128] for all inputs', shapes)
    .option('--seconds <number>', 'how long each is measured', above(0), 10)
    .option('--device <name>', 'CPU, GPU, NPU or AUTO', 'CPU')
    .addOption(
      new Option('--precision <type>', 'what the device computes in').choices(precisions).default('auto'),
    )
    .option('--dataset <file>', 'labelled texts (.tsv, .csv, .jsonl) to measure the accuracy on')
    .option('--tokenizer <folder>', 'with tokenizer.json or vocab.txt (default: beside each model)')
    .option('--max-length <tokens>', 'of the longest text', above(1))
    .option('--save <file>', 'the table as .csv or .md')
    .option('--overwrite', 'replace a table that is there')
    .option('--json', 'as JSON')
    .action(async (models: readonly string[], flags: BenchmarkFlags) => {
      const cancel = new AbortController();
      const stopListening = listenForStop(() => cancel.abort());
      try {
        const format = formatOf(flags.save);
        const measured = await measureAll(models, flags, userFolders(resources), cancel.signal);
        const table = measuredTable({ dense: measured[0]!, others: measured.slice(1) });
        if (flags.json) printJson({ models: measured, table });
        else print(table, measured);
        if (flags.save !== undefined && format) {
          await saveText(resolve(flags.save), format(table), { overwrite: flags.overwrite ?? false });
        }
        process.exitCode = exitCodes.good;
      } catch (thrown) {
        const failed = reportFailure(thrown, flags.json ?? false);
        process.exitCode = cancel.signal.aborted ? exitCodes.interrupted : failed;
      } finally {
        stopListening();
      }
    });
}

function shapes(text: string): Shapes {
  try {
    return parseShapes(text);
  } catch (thrown) {
    if (thrown instanceof RefineryError)
      throw new InvalidArgumentError(`${thrown.message} ${thrown.hint ?? ''}`);
    throw thrown;
  }
}

function above(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value > least && Number.isFinite(value)) return value;
    throw new InvalidArgumentError(`Give a number above ${least}.`);
  };
}

/** @throws {RefineryError} `BAD_REQUEST`, before anything is measured. */
function formatOf(path: string | undefined): ((table: MeasuredTable) => string) | undefined {
  if (path === undefined) return undefined;
  const format = { '.csv': tableCsv, '.md': tableMarkdown }[extname(path).toLowerCase()];
  if (format) return format;
  throw new RefineryError('BAD_REQUEST', 'Tables are saved as .csv or .md.', {
    hint: 'Choose one of these.',
  });
}

async function measureAll(
  paths: readonly string[],
  flags: BenchmarkFlags,
  { cache, runtime }: { readonly cache: string; readonly runtime: string },
  signal: AbortSignal,
): Promise<MeasuredModel[]> {
  const models = paths.map((path) => resolve(path));
  // Files that are missing are told before minutes of measuring.
  const facts = await Promise.all(models.map(modelFacts));
  const openvino = await loadOpenVino({ cacheDir: cache, bundled: runtime });
  const shown = process.stderr.isTTY && !flags.json;
  const bar = new SingleBar({
    format: '{bar} {percentage} %  {what}',
    hideCursor: true,
    clearOnComplete: true,
  });
  const { hint, shape, seconds, device, precision, dataset, tokenizer, maxLength } = flags;
  const labels = labelsOf(models);
  const measured: MeasuredModel[] = [];
  try {
    if (shown) bar.start(1, 0, { what: labels[0] });
    for (const [index, model] of models.entries()) {
      const onProgress = (what: string) => (fraction: number) =>
        bar.update(fraction, { what: `${labels[index]}: ${what}` });
      const speed = await benchmark({
        ...{ openvino, model, device, precision, hint, seconds, signal, onProgress: onProgress('speed') },
        ...(shape ? { shapes: shape } : {}),
      });
      let accuracy: Accuracy | undefined;
      if (dataset !== undefined) {
        accuracy = await measureAccuracy({
          ...{
            openvino,
            model,
            device,
            dataset: resolve(dataset),
            signal,
            onProgress: onProgress('accuracy'),
          },
          ...(tokenizer === undefined ? {} : { tokenizer: resolve(tokenizer) }),
          ...(maxLength === undefined ? {} : { maxLength }),
        });
      }
      measured.push({
        label: labels[index]!,
        facts: facts[index]!,
        benchmark: speed,
        ...(accuracy ? { accuracy } : {}),
      });
    }
  } finally {
    bar.stop();
  }
  return measured;
}

function print(table: MeasuredTable, models: readonly MeasuredModel[]): void {
  printTable(tableCells(table));
  for (const { label, benchmark: speed, accuracy } of models) {
    if (speed) {
      const { median, average, minimum, maximum, p90, p95, p99 } = speed.latency;
      const figures = { median, average, minimum, maximum, p90, p95, p99 };
      const texts = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
      console.log(styleText('dim', `${label}: ${speed.iterations} inferences; ms: ${texts.join(', ')}`));
    }
    for (const note of speed?.notes ?? []) console.log(`${styleText('yellow', 'note')}  ${label}: ${note}`);
    if (accuracy && accuracy.cut > 0)
      console.log(
        `${styleText('yellow', 'note')}  ${label}: ${accuracy.cut} texts were cut to ${accuracy.maxLength} tokens.`,
      );
    for (const { line, reason } of (accuracy?.leftOut ?? []).slice(0, 5))
      console.log(`${styleText('yellow', 'note')}  line ${line} of the data set is left out: ${reason}`);
  }
  for (const condition of table.conditions) console.log(styleText('dim', condition));
}
