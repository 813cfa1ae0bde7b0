import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { RefineryError } from '../../contract/errors.ts';
import {
  applyTransforms,
  type Difference,
  diff,
  mergedSource,
  planConversion,
  runConversion,
  transformNamed,
  withoutLoneBackground,
} from '../../engine/datasets/index.ts';
import { examples, exitCodes, parseName, parseNames, printJson, reportFailure, say } from '../shared.ts';
import {
  type MergedFlags,
  type MergingFlags,
  mergedOptions,
  mergeOptionsOf,
  mergingOptions,
  openAll,
  openMerged,
} from './merging.ts';
import {
  type FormatsFlag,
  formatsOf,
  formatsOption,
  recipeOf,
  stepsOf,
  type TransformFlags,
  transformOptions,
} from './options.ts';
import { interruptible } from './progress.ts';
import { tellPlan, tellResult } from './report.ts';

interface MergeFlags extends TransformFlags, FormatsFlag, MergingFlags {
  readonly to?: string;
  readonly output?: string;
  readonly media?: 'copy' | 'link' | 'none';
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly strict?: true;
  readonly json?: true;
}

/** Joins sets into one. */
export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('join datasets into one')
    .argument('<sources...>', 'folders or archives of the sets', parseNames)
    .option('--to <format>', 'of the result')
    .option('-o, --output <folder>', 'new or empty; needed but for --dry-run', parseName)
    .addOption(formatsOption())
    .addOption(
      new Option('--media <what>', 'pictures; copy unless said otherwise').choices(['copy', 'link', 'none']),
    )
    .option('--dry-run', 'only say what would be lost')
    .option('--overwrite', 'replace files that are there')
    .option('--strict', 'stop when anything of the sources can’t be read, or they don’t agree')
    .option('--json', 'as JSON, one object a line')
    .addHelpText(
      'after',
      examples(
        'merge first/ second.zip --to coco -o both',
        'merge anna/ ben/ clara/ --mode intersect --quorum 2 --to cvat -o agreed',
      ),
    );
  for (const option of [...mergingOptions(), ...transformOptions()]) command.addOption(option);
  return command.action(async (paths: readonly string[], flags: MergeFlags) => {
    try {
      process.exitCode = await interruptible((signal) => mergeSets(paths, flags, signal));
    } catch (thrown) {
      process.exitCode = reportFailure(thrown, flags.json ?? false);
    }
  });
}

async function mergeSets(paths: readonly string[], flags: MergeFlags, signal: AbortSignal): Promise<number> {
  const recipe = await recipeOf(flags);
  const to = flags.to ?? recipe?.to;
  if (to === undefined) {
    throw new RefineryError('BAD_REQUEST', 'Which format the set is to have is not said.', {
      hint: 'Name it with --to or in a recipe.',
    });
  }
  await using opened = new AsyncDisposableStack();
  const sources = await openAll(paths, formatsOf(flags, recipe, paths.length), opened, signal);
  const request = {
    source: mergedSource(sources, mergeOptionsOf(flags)),
    to,
    output: flags.output === undefined ? '' : resolve(flags.output),
    transforms: stepsOf(flags, recipe),
    media: flags.media ?? recipe?.media ?? 'copy',
    signal,
    // Who reads along can still stop it.
    planAhead: process.stdout.isTTY === true,
    ...(flags.overwrite ? { overwrite: true } : {}),
    ...(flags.strict ? { strict: true } : {}),
  };
  const json = flags.json ?? false;
  if (flags.dryRun) {
    tellPlan(await planConversion(request), json, ofSets);
    return exitCodes.good;
  }
  const result = await runConversion(request, (plan) => tellPlan(plan, json, ofSets));
  tellResult(result, json);
  return result.check === 'failed' ? exitCodes.someFailed : exitCodes.good;
}

/** What stands before problems: some can't be read, and on others the sets don't agree. */
const ofSets = 'of the sets: ';

interface DiffFlags extends TransformFlags, MergedFlags {
  readonly pictures: boolean;
  readonly json?: boolean;
}

/** Says what is different in the second of two sets; ends with 1 where something is, as diff does. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description('what is different in the second of two datasets')
    .argument('<before>', 'folder or archive', parseName)
    .argument('<after>', 'folder or archive', parseName)
    .option('--no-pictures', 'don’t compare the pictures')
    .addOption(formatsOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `\nThe first set is merged and changed, where that is wanted, before it is compared.\n${examples(
        'diff before/ after/',
        'diff coco/ yolo/ --no-pictures --json',
      )}`,
    );
  for (const option of [...mergedOptions(), ...transformOptions()]) command.addOption(option);
  return command.action(async (before: string, after: string, flags: DiffFlags) => {
    const { json = false } = flags;
    try {
      process.exitCode = await interruptible(async (signal) => {
        const found = await compare([before, after], flags, signal);
        if (json) printJson(found);
        else print(found);
        return found.equal ? exitCodes.good : exitCodes.someFailed;
      });
    } catch (thrown) {
      process.exitCode = reportFailure(thrown, json);
    }
  });
}

async function compare(paths: readonly string[], flags: DiffFlags, signal: AbortSignal): Promise<Difference> {
  const recipe = await recipeOf(flags);
  const steps = stepsOf(flags, recipe);
  await using opened = new AsyncDisposableStack();
  const sources = await openMerged(paths, flags, null, opened, signal);
  const [before, after] = [sources[0]!, sources[1]!];
  const [one, other] = withoutLoneBackground(
    [await before.open({ signal }), await after.open({ signal })],
    [before.format, after.format],
  );
  const changed = await applyTransforms(one, steps, { scratch: null, signal });
  // Pictures that a change makes anew are only there when a set is written.
  const pictures = flags.pictures && !steps.some(({ name }) => transformNamed(name).remakes);
  return await diff(changed, other, { pictures, signal });
}

function print(found: Difference): void {
  const { labels, items, annotations, attributes, infos, pictures, examples, equal } = found;
  if (equal) say(styleText('green', 'The sets are the same.'));
  for (const name of labels.added) say(`${styleText('green', '+')} class ${name}`);
  for (const name of labels.gone) say(`${styleText('red', '-')} class ${name}`);
  if (labels.reordered) say('The classes are in another order.');
  say(
    `Items: ${items.same} same, ${items.changed} changed, ${items.added} added, ${items.gone} gone, ${items.moved} moved`,
  );
  for (const { type, same, changed, added, gone } of annotations) {
    say(`  ${type.padEnd(12)} ${same} same, ${changed} changed, ${added} added, ${gone} gone`);
  }
  for (const [what, { count, names }] of Object.entries(attributes)) {
    if (count > 0) say(`Attributes of ${count} ${what} differ: ${names.join(', ')}`);
  }
  if (infos.length > 0) say(`What the sets say of themselves differs: ${infos.join(', ')}`);
  if (pictures !== null) {
    const { same, changed, missing } = pictures;
    if (changed + missing > 0)
      say(`Pictures: ${same} same, ${changed} changed, ${missing} in one of the sets only`);
  }
  for (const [kind, names] of Object.entries(examples)) {
    for (const name of names.slice(0, 5)) say(styleText('dim', `  ${kind}: ${name}`));
  }
}
