import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { RefineryError } from '../contract/errors.ts';
import {
  type AnyFormat,
  type Dataset,
  detectFormats,
  type Format,
  formatNamed,
  formats,
  type Loss,
  lossOf,
  type Statistics,
  statisticsOf,
  withoutBackground,
} from '../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from './shared.ts';

/** Names what a folder of annotated pictures is, with reasons. */
export function detectCommand(): Command {
  return new Command('detect')
    .description('which dataset format a folder is in, and why')
    .argument('<folder>')
    .option('--json', 'as JSON')
    .action(async (folder: string, { json = false }: { json?: boolean }) => {
      try {
        const candidates = (await detectFormats(resolve(folder))).map(
          ({ format, confidence, reasons, against }) => ({
            format: format.name,
            confidence,
            reasons,
            against,
          }),
        );
        if (json) printJson({ candidates });
        else if (candidates.length === 0) console.log('No format that is known fits this folder.');
        for (const { format, confidence, reasons, against } of json ? [] : candidates) {
          console.log(`${format}  ${styleText('dim', `${Math.round(confidence * 100)} %`)}`);
          for (const reason of reasons) console.log(`  ${reason}`);
          for (const reason of against) console.log(`  ${styleText('dim', `but: ${reason}`)}`);
        }
        process.exitCode = candidates.length > 0 ? exitCodes.good : exitCodes.someFailed;
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

interface ConvertFlags {
  readonly to: string;
  readonly from?: string;
  readonly output: string;
  readonly media: 'copy' | 'none';
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly strict?: true;
  readonly json?: true;
}

/** Converts a set, saying before what the target can't hold, and reading the result back after. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('convert a dataset; says beforehand what is lost, and reads the result back')
    .argument('<source>', 'folder of the set')
    .requiredOption(
      '--to <format>',
      formats
        .filter((format) => format.write)
        .map(({ name }) => name)
        .join(', '),
    )
    .requiredOption('-o, --output <folder>', 'new or empty')
    .option('--from <format>', 'instead of looking what it is')
    .addOption(new Option('--media <what>', 'pictures').choices(['copy', 'none']).default('copy'))
    .option('--dry-run', 'only say what would be lost')
    .option('--overwrite', 'replace files that are there')
    .option('--strict', 'stop when anything of the source can’t be read')
    .option('--json', 'as JSON, one object a line')
    .action(async (source: string, flags: ConvertFlags) => {
      try {
        process.exitCode = await convert(resolve(source), flags);
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

async function convert(source: string, flags: ConvertFlags): Promise<number> {
  const from = flags.from ? named(flags.from) : await detected(source);
  const to = named(flags.to);
  if (!isWritable(to)) {
    throw new RefineryError('BAD_REQUEST', `${to.title} can only be read.`, {
      hint: 'Choose another target.',
    });
  }
  const output = resolve(flags.output);
  if (!flags.overwrite && existsSync(output) && readdirSync(output).length > 0) {
    throw new RefineryError('OUTPUT_EXISTS', `The folder ${output} is not empty.`, {
      hint: 'Choose a new folder, or allow --overwrite.',
    });
  }
  const keepsBackground = to.name.startsWith('voc') || !from.name.startsWith('voc');
  // Only VOC counts its background as a class.
  const open = async (): Promise<Dataset> => {
    const read = await from.read(source);
    return keepsBackground ? read : withoutBackground(read);
  };
  const dataset = await open();
  const statistics = await statisticsOf(dataset);
  const loss = lossOf(statistics, to.abilities);
  const { total } = dataset.problems;
  if (flags.json)
    printJson({ event: 'plan', from: from.name, to: to.name, ...plain(statistics, loss), problems: total });
  else printPlan(from, to, statistics, loss, dataset.problems.byReason);
  if (flags.strict && total > 0) {
    throw new RefineryError('INPUT_CORRUPT', `${total} things in the source can't be read.`, {
      hint: 'Mend them, or convert without --strict: the rest is carried over and each is listed.',
    });
  }
  if (flags.dryRun) return exitCodes.good;

  await mkdir(output, { recursive: true });
  const report = await to.write(await open(), output, {
    media: flags.media,
    ...(flags.overwrite ? { overwrite: true } : {}),
  });
  const back = await statisticsOf(await to.read(output));
  const written = { items: report.items, annotations: report.annotations, files: report.files };
  const complete = back.items === report.items;
  const result = {
    event: 'done',
    output,
    ...written,
    readBack: { items: back.items, annotations: sum(back) },
    problems: [...report.problems.byReason].map(([reason, count]) => ({ reason, count })),
  };
  if (flags.json) printJson(result);
  else {
    console.log(
      `${styleText('green', 'Done')}    ${written.items} items, ${written.annotations} annotations in ${written.files} files`,
    );
    console.log(`Read back: ${back.items} items, ${sum(back)} annotations`);
    for (const { reason, count } of result.problems)
      console.log(`${styleText('yellow', String(count))}  ${reason}`);
  }
  return complete ? exitCodes.good : exitCodes.someFailed;
}

function named(name: string): AnyFormat {
  const format = formatNamed(name);
  if (format) return format;
  throw new RefineryError('BAD_REQUEST', `There is no format named ${name}.`, {
    hint: `There are ${formats.map((known) => known.name).join(', ')}.`,
  });
}

async function detected(folder: string): Promise<AnyFormat> {
  const [best, next] = await detectFormats(folder);
  if (best && best.confidence > (next?.confidence ?? 0)) return best.format;
  throw new RefineryError(
    'INPUT_UNSUPPORTED',
    best ? 'This folder could be of several formats.' : 'No format that is known fits this folder.',
    { hint: 'Name the format with --from; `refinery detect` says what speaks for each.' },
  );
}

const isWritable = (format: AnyFormat): format is Format => format.write !== undefined;

const sum = ({ byType }: Statistics): number =>
  [...byType.values()].reduce((total, count) => total + count, 0);

function plain({ items, bySubset }: Statistics, { types, attributes, notes }: Loss) {
  return {
    items,
    subsets: Object.fromEntries(bySubset),
    types,
    attributes: Object.fromEntries(attributes),
    notes,
  };
}

function printPlan(
  from: AnyFormat,
  to: AnyFormat,
  statistics: Statistics,
  { types, attributes, notes }: Loss,
  problems: ReadonlyMap<string, number>,
): void {
  console.log(`${from.title} -> ${to.title}: ${statistics.items} items`);
  for (const { type, kept, approximated, merged, dropped, becomes } of types) {
    const parts = [
      kept > 0 && `${kept} kept`,
      merged > 0 && `${merged} stand in their object’s ${becomes}`,
      approximated > 0 && `${approximated} become ${becomes}`,
      dropped > 0 && styleText('red', `${dropped} dropped`),
    ];
    console.log(`  ${type.padEnd(12)} ${parts.filter(Boolean).join(', ')}`);
  }
  for (const [name, count] of attributes) console.log(`  attribute ${name}: dropped from ${count}`);
  for (const note of notes) console.log(`  ${note}`);
  for (const [reason, count] of problems)
    console.log(`  ${styleText('yellow', String(count))} can't be read: ${reason}`);
}
