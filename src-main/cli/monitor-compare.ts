import { basename, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import {
  type Axis,
  type Comparison,
  compareRuns,
  comparisonReport,
  readRunFolder,
  saveText,
} from '../engine/compression/index.ts';
import { exitCodes, printJson, reportFailure } from './shared.ts';
import { printTable } from './terminal-table.ts';

interface CompareFlags {
  readonly axis: Axis;
  readonly smoothing: string;
  readonly metric?: string;
  readonly report?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

/** Holds several trainings against each other. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('hold trainings against each other: settings that differ, the models on the front, curves')
    .argument('<folders...>', 'the output_dir of each training')
    .addOption(
      new Option('--axis <axis>', 'what curves are over').choices(['step', 'epoch', 'time']).default('step'),
    )
    .option('--smoothing <weight>', 'of curves, 0 to 1, as in TensorBoard', '0')
    .option('--metric <key>', 'the metric of quality, such as eval_f1')
    .option('--report <file>', 'a page of HTML that stands by itself')
    .option('--overwrite', 'replace a report that is there')
    .option('--json', 'as JSON, with all curves')
    .action(async (folders: readonly string[], flags: CompareFlags, command: Command) => {
      // Options that monitor has too are taken by it.
      const { report, overwrite, json }: CompareFlags = command.optsWithGlobals();
      try {
        const smoothing = Number(flags.smoothing);
        if (!(smoothing >= 0 && smoothing < 1))
          command.error('error: --smoothing is a number from 0 up to 1');
        const runs = await Promise.all(
          folders.map(async (folder) => ({ name: folder, run: await readRunFolder(resolve(folder)) })),
        );
        const comparison = compareRuns(named(runs), {
          axis: flags.axis,
          smoothing,
          ...(flags.metric === undefined ? {} : { quality: flags.metric }),
        });
        if (json) printJson(comparison);
        else printComparison(comparison);
        if (report !== undefined) {
          const page = comparisonReport(comparison, new Date());
          await saveText(resolve(report), page, { overwrite: overwrite ?? false });
        }
        process.exitCode = exitCodes.good;
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'CommanderError') throw thrown;
        process.exitCode = reportFailure(thrown, json ?? false);
      }
    });
}

/** By the folder's own name where that tells them apart, else by the whole path. */
function named<Entry extends { readonly name: string }>(runs: readonly Entry[]): Entry[] {
  const short = runs.map(({ name }) => basename(resolve(name)));
  return runs.map((run, index) =>
    new Set(short).size === runs.length ? { ...run, name: short[index]! } : run,
  );
}

function printComparison({ runs, settings, pareto }: Comparison): void {
  const different = settings.filter(({ differs }) => differs);
  const cut = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 39)}…`);
  console.log(`${different.length} of ${settings.length} settings differ`);
  if (different.length > 0) {
    printTable([
      ['', ...runs.map(cut)],
      ...different.map(({ name, values }) => [
        name,
        ...values.map((value) => (value === null ? '–' : cut(String(value)))),
      ]),
    ]);
  }
  if (!pareto) return;
  console.log(`\nModels by ${pareto.metric} ${styleText('dim', '* no other is better in both')}`);
  printTable([
    ['', 'step', 'stage', pareto.metric, 'MB', 'parameters', 'sparsity'],
    ...pareto.candidates.map(({ run, checkpoint, step, stage, metric, costs }, index) => {
      const star = (cost: keyof typeof pareto.fronts, text: string): string =>
        costs[cost] === undefined ? '–' : `${text}${pareto.fronts[cost].includes(index) ? '*' : ' '}`;
      return [
        `${runs[run]} ${checkpoint}`.trim(),
        String(step ?? '–'),
        stage,
        metric.toFixed(4),
        star('bytes', ((costs.bytes ?? 0) / 1e6).toFixed(2)),
        star('parameters', new Intl.NumberFormat('en').format(costs.parameters ?? 0)),
        star('sparsity', (costs.sparsity ?? 0).toFixed(3)),
      ];
    }),
  ]);
}
