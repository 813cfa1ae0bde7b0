import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import {
  applyTransforms,
  type Dataset,
  describeSet,
  type Finding,
  type Histogram,
  noInfos,
  type Source,
  samePictures,
  stepText,
  summaryOf,
  type Task,
  tasks,
  toRecord,
  validate,
} from '../../engine/datasets/index.ts';
import { counted, examples, exitCodes, parseName, printJson, reportFailure, say } from '../shared.ts';
import { type MergedFlags, mergedOptions, openMerged } from './merging.ts';
import { formatsOption, recipeOf, stepsOf, type TransformFlags, transformOptions } from './options.ts';
import { interruptible } from './progress.ts';
import { printProblems } from './report.ts';

interface LookFlags extends TransformFlags, MergedFlags {
  readonly json?: true;
}

/** A command that reads one set, changed on its way if wanted. */
export function lookCommand<Flags extends LookFlags>(
  name: string,
  description: string,
  lines: readonly string[],
  work: (open: () => Promise<Dataset>, flags: Flags, signal: AbortSignal, source: Source) => Promise<number>,
): Command {
  const command = new Command(name)
    .description(description)
    .argument('<source>', 'folder or archive of the set', parseName)
    .addOption(formatsOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(...lines));
  for (const option of [...mergedOptions(), ...transformOptions()]) command.addOption(option);
  return command.action(async (path: string, flags: Flags) => {
    try {
      const recipe = await recipeOf(flags);
      process.exitCode = await interruptible(async (signal) => {
        await using opened = new AsyncDisposableStack();
        const [source] = await openMerged([path], flags, recipe, opened, signal);
        return await work(
          async () =>
            applyTransforms(await source!.open({ signal }), stepsOf(flags, recipe), {
              scratch: null,
              signal,
            }),
          flags,
          signal,
          source!,
        );
      });
    } catch (thrown) {
      process.exitCode = reportFailure(thrown, flags.json ?? false);
    }
  });
}

interface StatsFlags extends LookFlags {
  readonly pictures?: true;
}

/** Says what a set holds. */
export function statsCommand(): Command {
  const lines = ['stats set/', 'stats set.zip --pictures --json', 'stats first/ --merge-with second/'];
  return lookCommand<StatsFlags>(
    'stats',
    'what a dataset holds',
    lines,
    async (open, flags, signal, source) => {
      const dataset = await open();
      const description = await describeSet(dataset, signal);
      const same = flags.pictures ? await samePictures(dataset, signal) : null;
      const { statistics, classes, boxSizes, aspectRatios, heatMap, perItem, pictureSizes } = description;
      if (flags.json) {
        printJson({
          format: source.format.name,
          items: statistics.items,
          annotations: description.annotations,
          itemsWithoutAnnotations: statistics.itemsWithoutAnnotations,
          missingPictures: statistics.missingPictures,
          subsets: Object.fromEntries(statistics.bySubset),
          types: Object.fromEntries(statistics.byType),
          attributes: Object.fromEntries(statistics.byAttribute),
          itemAttributes: Object.fromEntries(statistics.byItemAttribute),
          infos: toRecord(dataset.infos ?? noInfos),
          classes,
          perItem,
          boxSizes,
          aspectRatios,
          heatMap,
          pictureSizes,
          ...(same === null ? {} : { samePictures: same }),
          problems: dataset.problems.total,
        });
        return exitCodes.good;
      }
      say(
        `${source.format.title}: ${counted(statistics.items, 'item')}, ${counted(description.annotations, 'annotation')}`,
      );
      for (const [name, value] of dataset.infos ?? noInfos) {
        say(`  ${name.padEnd(20)} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
      }
      for (const [subset, count] of statistics.bySubset)
        say(`  ${subset.padEnd(20)} ${counted(count, 'item')}`);
      say(`  ${counted(statistics.itemsWithoutAnnotations, 'item')} without annotations`);
      if (statistics.missingPictures > 0) say(`  ${counted(statistics.missingPictures, 'picture')} missing`);
      for (const [type, count] of statistics.byType) say(`  ${type.padEnd(20)} ${count}`);
      printProblems(summaryOf(dataset.problems), '');
      const widest = Math.max(1, ...classes.map(({ count }) => count));
      say('Classes');
      for (const { label, count, items } of classes) {
        say(
          `  ${label.padEnd(20)} ${String(count).padStart(8)} in ${counted(items, 'item')} ${bar(count / widest)}`,
        );
      }
      printHistogram('Sides of boxes, as parts of the picture’s', boxSizes);
      printHistogram('Width over height', aspectRatios);
      say('Where shapes are');
      const fullest = Math.max(1, ...heatMap.flat());
      for (const row of heatMap) say(`  ${row.map((count) => shade(count / fullest)).join('')}`);
      if (same !== null) {
        const leaks = same.filter(({ subsets }) => subsets > 1).length;
        say(`${same.length} pictures are there several times, ${leaks} of them in several subsets.`);
      }
      return exitCodes.good;
    },
  ).addOption(new Option('--pictures', 'also look for pictures that are there several times'));
}

const bar = (part: number): string => styleText('cyan', '█'.repeat(Math.round(20 * part)));
const shades = ' ·░▒▓█';
const shade = (part: number): string => shades[Math.ceil(part * (shades.length - 1))]!.repeat(2);

function printHistogram(title: string, { edges, counts }: Histogram): void {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return;
  say(title);
  for (const [bin, count] of counts.entries()) {
    const edge = edges[bin];
    say(
      `  ${(edge === undefined ? 'more' : `to ${edge}`).padEnd(20)} ${String(count).padStart(8)} ${bar(count / all)}`,
    );
  }
}

interface ValidateFlags extends LookFlags {
  readonly task?: Task;
  readonly pictures: boolean;
  readonly similar: boolean;
}

/** Looks for faults in a set; ends with 1 where there are errors. */
export function validateCommand(): Command {
  return lookCommand<ValidateFlags>(
    'validate',
    'faults in a dataset, and what mends them',
    ['validate set/', 'validate set/ --task segmentation --similar', 'validate set/ --transform clip --json'],
    async (open, flags, signal) => {
      const result = await validate(await open(), {
        pictures: flags.pictures,
        similar: flags.similar,
        signal,
        ...(flags.task === undefined ? {} : { task: flags.task }),
      });
      if (flags.json) printJson({ ...result, findings: result.findings.map(({ items: _, ...own }) => own) });
      else {
        say(
          `For ${result.task}: ${counted(result.items, 'item')}, ${counted(result.annotations, 'annotation')}`,
        );
        for (const finding of result.findings) printFinding(finding);
        if (result.findings.length === 0) say(styleText('green', 'Nothing was found.'));
      }
      const errors = result.findings.some(({ severity }) => severity === 'error');
      return errors ? exitCodes.someFailed : exitCodes.good;
    },
  )
    .addOption(new Option('--task <task>', 'instead of what the set has most of').choices(tasks))
    .option('--no-pictures', 'don’t look at the pictures')
    .option('--similar', 'also look for pictures that look alike in several subsets', false);
}

const colours = { error: 'red', warning: 'yellow', info: 'dim' } as const;

function printFinding({ severity, title, count, byLabel, examples, mend }: Finding): void {
  say(`${styleText(colours[severity], severity.padEnd(8))} ${String(count).padStart(7)}  ${title}`);
  const labels = Object.entries(byLabel).slice(0, 5);
  if (labels.length > 1)
    say(styleText('dim', `    ${labels.map(([label, of]) => `${label} ${of}`).join(', ')}`));
  for (const example of examples.slice(0, 3)) if (example !== '') say(styleText('dim', `    ${example}`));
  if (mend !== null) say(`    --transform '${stepText(mend)}' mends it`);
}
