import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { RefineryError } from '../../contract/errors.ts';
import {
  type ConversionPlan,
  type ConversionRequest,
  formats,
  planConversion,
  runConversion,
  writeRecipe,
} from '../../engine/datasets/index.ts';
import { isBelow } from '../../engine/io/below.ts';
import { examples, exitCodes, parseName, reportFailure } from '../shared.ts';
import { recipeOf, stepsOf, type TransformFlags, transformOptions } from './options.ts';
import { interruptible, progressLine } from './progress.ts';
import { tellPlan, tellResult } from './report.ts';

interface ConvertFlags extends TransformFlags {
  readonly to?: string;
  readonly from?: string;
  readonly output?: string;
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
    .argument('<source>', 'folder or archive of the set', parseName)
    .option(
      '--to <format>',
      formats
        .filter((format) => format.write)
        .map(({ name }) => name)
        .join(', '),
    )
    .option('-o, --output <folder>', 'new or empty; needed but for --dry-run', parseName)
    .option('--from <format>', 'instead of looking what it is')
    .addOption(
      new Option('--media <what>', 'pictures; copy unless said otherwise').choices(['copy', 'link', 'none']),
    )
    .option('--dry-run', 'only say what would be lost')
    .option('--overwrite', 'replace files that are there')
    .option('--strict', 'stop when anything of the source can’t be read')
    .option('--no-receipt', 'write no receipt beside the output')
    .option('--save-recipe <file>', 'keep format, pictures and transforms for another time')
    .option('--json', 'as JSON, one object a line')
    .addHelpText(
      'after',
      examples(
        'convert coco/ --to yolo_ultralytics -o yolo --split train=0.8,val=0.2 --seed 1',
        'convert roboflow.zip --to voc -o voc --subset-map valid=val --media link',
        'convert set/ --to yolo --dry-run',
        'convert set/ --to coco -o new --transform \'filter:annotations="area >= 100"\' --save-recipe r.yaml',
        'convert other/ --recipe r.yaml -o other-new --strict --json',
      ),
    );
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
  if (flags.output === undefined && !flags.dryRun) {
    throw new RefineryError('BAD_REQUEST', 'Where the new set goes is not said.', {
      hint: 'Name a new or empty folder with --output, or only look with --dry-run.',
    });
  }
  const from = flags.from ?? recipe?.from;
  const transforms = stepsOf(flags, recipe);
  const media = flags.media ?? recipe?.media ?? 'copy';
  if (flags.saveRecipe !== undefined) {
    const kept = { version: 1 as const, ...(from === undefined ? {} : { from }), to, media, transforms };
    await saveRecipe(flags.saveRecipe, writeRecipe(kept), flags.overwrite === true);
  }
  const json = flags.json ?? false;
  const progress = progressLine(json);
  const request: ConversionRequest = {
    source,
    to,
    output: flags.output === undefined ? '' : resolve(flags.output),
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
    tellPlan(plan, json);
  };
  if (!json && flags.output !== undefined && isBelow(request.output, source)) {
    console.error('The new set will lie in the source’s folder, and is read with it the next time.');
  }
  return interruptible(async (signal) => {
    if (flags.dryRun) {
      tell(await planConversion({ ...request, signal }));
      return exitCodes.good;
    }
    const result = await runConversion({ ...request, signal }, tell).finally(progress.clear);
    tellResult(result, json);
    return result.check === 'failed' ? exitCodes.someFailed : exitCodes.good;
  });
}

async function saveRecipe(path: string, text: string, overwrite: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: overwrite ? 'w' : 'wx' });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new RefineryError('OUTPUT_EXISTS', `There already is a file ${path}.`, {
        hint: 'Save the recipe under another name, or allow replacing with --overwrite.',
        cause: thrown,
      });
    }
    throw new RefineryError('OUTPUT_NOT_WRITABLE', `The recipe can't be saved as ${path}.`, {
      hint: 'Name a file in a folder that is there and that you may write to.',
      cause: thrown,
    });
  }
}
