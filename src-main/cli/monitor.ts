import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import {
  type Advice,
  adviceFor,
  type Derived,
  derive,
  followRunFolder,
  percent,
  type Run,
  readRunFolder,
  saveText,
  seriesCsv,
  summaryOf,
  thousands,
  trainingReport,
} from '../engine/compression/index.ts';
import { compareCommand } from './monitor-compare.ts';
import { exitCodes, printJson, reportFailure } from './shared.ts';

interface MonitorFlags {
  readonly also?: readonly string[];
  readonly follow?: true;
  readonly json?: true;
  readonly report?: string;
  readonly csv?: string;
  readonly overwrite?: boolean;
}

/** Reads what a JPQD training left, or leaves, in its folder, and says what to make of it. */
export function monitorCommand(): Command {
  return new Command('monitor')
    .description('look at a training with JPQD: stages, sparsity, heads kept, INT8 coverage, advice')
    .argument('<folder>', 'the output_dir of the training')
    .option('--also <files...>', 'files elsewhere that belong to it: console logs, an NNCF configuration')
    .option('--follow', 'go on, and print anew at each change; Ctrl+C ends it')
    .addOption(new Option('--report <file>', 'a page of HTML that stands by itself').conflicts('follow'))
    .addOption(new Option('--csv <file>', 'all logged series as a table').conflicts('follow'))
    .option('--overwrite', 'replace a report or table that is there')
    .option('--json', 'as JSON, one object for each look')
    .addCommand(compareCommand())
    .action(async (folder: string, flags: MonitorFlags) => {
      const also = (flags.also ?? []).map((file) => resolve(file));
      const show = (run: Run): number => {
        const derived = derive(run);
        const advice = adviceFor({ run, derived });
        if (flags.json) printJson(summaryOf(run, derived, advice));
        else printRun(run, derived, advice);
        return advice.some(({ severity }) => severity === 'error') ? exitCodes.someFailed : exitCodes.good;
      };
      try {
        if (!flags.follow) {
          const run = await readRunFolder(resolve(folder), { also });
          process.exitCode = show(run);
          await save(run, flags);
        } else {
          const following = await followRunFolder(resolve(folder), ({ run }) => show(run), { also });
          await new Promise<void>((stop) => process.once('SIGINT', () => stop()));
          await following.close();
        }
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

async function save(run: Run, { report, csv, overwrite = false }: MonitorFlags): Promise<void> {
  if (report !== undefined) {
    const derived = derive(run);
    const advice = adviceFor({ run, derived });
    await saveText(resolve(report), trainingReport({ run, derived, advice, at: new Date() }), { overwrite });
  }
  if (csv !== undefined) await saveText(resolve(csv), seriesCsv(run), { overwrite });
}

function printRun(run: Run, derived: Derived, advice: readonly Advice[]): void {
  const { progress, sparsity, structure, quantization, metric, stages } = derived;
  const line = (label: string, text: string): void => console.log(`${label.padEnd(14)} ${text}`);
  const end = progress.maxSteps === undefined ? '' : ` of ${thousands.format(progress.maxSteps)}`;
  line('Step', `${thousands.format(progress.step ?? 0)}${end}`);
  line('Stage', stages.now);
  if (stages.masking) line('', styleText('dim', stages.masking.explanation));
  if (sparsity.now) {
    line(
      'Sparsity',
      `${percent(sparsity.now.model)} of the model, ${percent(sparsity.now.prunable)} of what can be pruned`,
    );
  }
  if (metric)
    line(
      metric.key,
      `${metric.last.value.toFixed(4)}, best ${metric.best.value.toFixed(4)} at step ${metric.best.step}`,
    );
  if (structure) {
    line(
      'Parameters',
      `${thousands.format(structure.denseParameters)} -> ${thousands.format(structure.prunedParameters)} in linear layers`,
    );
    for (const { layer, heads, feedForward } of structure.layers) {
      const parts = [
        heads && `heads ${heads.kept} of ${heads.dense}`,
        feedForward && `feed-forward ${feedForward.kept} of ${feedForward.dense}`,
      ];
      line(`  layer ${layer}`, parts.filter(Boolean).join(', '));
    }
  }
  if (quantization)
    line('INT8', `${percent(quantization.parameterShare)} of the weights of linear layers and embeddings`);
  const colors = { error: 'red', warning: 'yellow', note: 'dim' } as const;
  for (const { severity, title, evidence, change } of advice) {
    console.log(`\n${styleText(colors[severity], severity)}  ${title}`);
    for (const { text, where } of evidence) console.log(`  ${text} ${styleText('dim', where)}`);
    console.log(`  ${change}`);
  }
  const damaged = run.problems.filter(({ severity }) => severity !== 'note');
  for (const { file, message } of damaged)
    console.log(`\n${styleText('yellow', 'file')}  ${file}: ${message}`);
}
