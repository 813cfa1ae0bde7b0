import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { RefineryError } from '../../contract/errors.ts';
import {
  annotationsIn,
  type ConversionPlan,
  type ConversionRequest,
  type ConversionResult,
  formats,
  planConversion,
  runConversion,
  type TypeLoss,
  writeRecipe,
} from '../../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from '../shared.ts';
import { recipeOf, stepsOf, type TransformFlags, transformOptions } from './options.ts';
import { interruptible, progressLine } from './progress.ts';

interface ConvertFlags extends TransformFlags {
  readonly to?: string;
  readonly from?: string;
  readonly output: string;
  readonly media?: 'copy' | 'link' | 'none';
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly strict?: true;
  readonly receipt: boolean;
  readonly saveRecipe?: string;
  readonly json?: true;
}

/** Converts a set, saying before what the target can't hold, and reading the result back after. */
export function convertCommand(): Command {
  const command = new Command('convert')
    .description('convert a dataset; says beforehand what is lost, and reads the result back')
    .argument('<source>', 'folder or archive of the set')
    .option(
      '--to <format>',
      formats
        .filter((format) => format.write)
        .map(({ name }) => name)
        .join(', '),
    )
    .requiredOption('-o, --output <folder>', 'new or empty')
    .option('--from <format>', 'instead of looking what it is')
    .addOption(
      new Option('--media <what>', 'pictures; copy unless said otherwise').choices(['copy', 'link', 'none']),
    )
    .option('--dry-run', 'only say what would be lost')
    .option('--overwrite', 'replace files that are there')
    .option('--strict', 'stop when anything of the source can’t be read')
    .option('--no-receipt', 'write no receipt beside the output')
    .option('--save-recipe <file>', 'keep format, pictures and transforms for another time')
    .option('--json', 'as JSON, one object a line');
  for (const option of transformOptions()) command.addOption(option);
  return command.action(async (source: string, flags: ConvertFlags) => {
    try {
      process.exitCode = await convert(resolve(source), flags);
    } catch (thrown) {
      process.exitCode = reportFailure(thrown, flags.json ?? false);
    }
  });
}

async function convert(source: string, flags: ConvertFlags): Promise<number> {
  const recipe = await recipeOf(flags);
  const to = flags.to ?? recipe?.to;
  if (to === undefined) {
    throw new RefineryError('BAD_REQUEST', 'Which format the set is to have is not said.', {
      hint: 'Name it with --to or in a recipe.',
    });
  }
  const from = flags.from ?? recipe?.from;
  const transforms = stepsOf(flags, recipe);
  const media = flags.media ?? recipe?.media ?? 'copy';
  if (flags.saveRecipe !== undefined) {
    const kept = { version: 1 as const, ...(from === undefined ? {} : { from }), to, media, transforms };
    await writeFile(flags.saveRecipe, writeRecipe(kept), { flag: flags.overwrite ? 'w' : 'wx' });
  }
  const json = flags.json ?? false;
  const progress = progressLine(json);
  const request: ConversionRequest = {
    source,
    to,
    output: resolve(flags.output),
    transforms,
    media,
    receipt: flags.receipt,
    // Who reads along can still stop it.
    planAhead: process.stdout.isTTY === true,
    onProgress: progress.show,
    ...(from === undefined ? {} : { from }),
    ...(flags.overwrite ? { overwrite: true } : {}),
    ...(flags.strict ? { strict: true } : {}),
  };
  const tell = (plan: ConversionPlan): void => {
    progress.clear();
    if (json) printJson({ event: 'plan', ...plain(plan) });
    else printPlan(plan);
  };
  return interruptible(async (signal) => {
    if (flags.dryRun) {
      tell(await planConversion({ ...request, signal }));
      return exitCodes.good;
    }
    const result = await runConversion({ ...request, signal }, tell).finally(progress.clear);
    if (json) printJson({ event: 'done', ...plainResult(result) });
    else printResult(result);
    return result.check === 'failed' ? exitCodes.someFailed : exitCodes.good;
  });
}

function plain({ from, to, statistics, loss, advice, choices, problems, changes }: ConversionPlan) {
  return {
    from,
    to,
    items: statistics.items,
    annotations: annotationsIn(statistics),
    subsets: Object.fromEntries(statistics.bySubset),
    types: loss.types,
    classes: loss.classes,
    attributes: Object.fromEntries(loss.attributes),
    notes: loss.notes,
    advice,
    choices,
    problems: problems.total,
    changes: changes.byReason,
  };
}

function plainResult({ problems, checkProblems, ...rest }: ConversionResult) {
  const back = rest.roundTrip.types.reduce(
    (sum, { equal, near, changed, added }) => sum + equal + near + changed + added,
    0,
  );
  return {
    ...rest,
    readBack: { items: rest.roundTrip.items.found, annotations: back },
    problems: Object.entries(problems.byReason).map(([reason, count]) => ({ reason, count })),
    checkProblems: Object.entries(checkProblems.byReason).map(([reason, count]) => ({ reason, count })),
  };
}

function printPlan({
  fromTitle,
  toTitle,
  statistics,
  loss,
  advice,
  choices,
  problems,
  changes,
}: ConversionPlan): void {
  console.log(`${fromTitle} -> ${toTitle}: ${statistics.items} items`);
  for (const type of loss.types) console.log(`  ${type.type.padEnd(12)} ${fateText(type)}`);
  const touched = loss.classes.filter(({ dropped, approximated }) => dropped + approximated > 0);
  for (const { label, dropped, approximated } of touched.slice(0, 8)) {
    const parts = [approximated > 0 && `${approximated} approximated`, dropped > 0 && `${dropped} dropped`];
    console.log(styleText('dim', `    ${label ?? 'without a class'}: ${parts.filter(Boolean).join(', ')}`));
  }
  if (touched.length > 8) console.log(styleText('dim', `    and ${touched.length - 8} classes more`));
  for (const [name, count] of loss.attributes) console.log(`  attribute ${name}: dropped from ${count}`);
  for (const note of [...loss.notes, ...advice]) console.log(`  ${note}`);
  for (const { type, step, becomes, annotations } of choices)
    console.log(`  With --transform ${step.name}, ${annotations} of the type ${type} become ${becomes}.`);
  for (const [reason, count] of Object.entries(changes.byReason)) console.log(`  ${count} ${reason}`);
  for (const [reason, count] of Object.entries(problems.byReason))
    console.log(`  ${styleText('yellow', String(count))} can't be read: ${reason}`);
}

function fateText({ kept, approximated, merged, dropped, becomes, overlap }: TypeLoss): string {
  const how =
    overlap === null
      ? ''
      : ` (mean overlap ${overlap.mean.toFixed(2)}, least ${overlap.least.toFixed(2)}, ${overlap.measured} measured)`;
  const parts = [
    kept > 0 && `${kept} kept`,
    merged > 0 && `${merged} stand in their object’s ${becomes}`,
    approximated > 0 && `${approximated} become ${becomes}${how}`,
    dropped > 0 && styleText('red', `${dropped} dropped`),
  ];
  return parts.filter(Boolean).join(', ');
}

function printResult(result: ConversionResult): void {
  const { items, annotations, files, media, roundTrip, problems, checkProblems } = result;
  const good = result.check === 'passed';
  console.log(
    `${styleText(good ? 'green' : 'yellow', 'Done')}    ${items} items, ${annotations} annotations in ${files} files`,
  );
  const { found, expected } = roundTrip.items;
  console.log(
    `Read back: ${found} of ${expected} items, ${(100 * roundTrip.score).toFixed(1)} % of the annotations as said`,
  );
  for (const { type, near, changed, missing, added } of roundTrip.types) {
    const parts = [
      near > 0 && `${near} rounded`,
      changed > 0 && `${changed} changed`,
      missing > 0 && `${missing} missing`,
      added > 0 && `${added} more`,
    ];
    const text = parts.filter(Boolean).join(', ');
    if (text !== '') console.log(`  ${type.padEnd(12)} ${text}`);
  }
  if (media.linked > 0 && media.copied > 0)
    console.log(`${media.copied} pictures were copied: no link was possible.`);
  if (result.renamedForCollisions > 0) {
    console.log(`${result.renamedForCollisions} items got another name, as their own was taken.`);
  }
  if (roundTrip.renamedItems.count > 0) {
    const [first] = roundTrip.renamedItems.examples;
    console.log(
      `${roundTrip.renamedItems.count} items are named otherwise now: ${first?.from} is ${first?.to}.`,
    );
  }
  for (const { from, to } of roundTrip.renamedLabels) console.log(`The class ${from} is ${to} now.`);
  for (const line of roundTrip.damaged.slice(0, good ? 0 : 5)) console.log(`  ${line}`);
  for (const [reason, count] of [
    ...Object.entries(problems.byReason),
    ...Object.entries(checkProblems.byReason),
  ])
    console.log(`${styleText('yellow', String(count))}  ${reason}`);
  if (result.receipt !== null) console.log(styleText('dim', `Receipt: ${result.receipt}`));
}
