import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type Difference,
  diff,
  type MergeMode,
  merge,
  mergeModes,
  openSource,
  planConversion,
  runConversion,
  type Source,
} from '../../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from '../shared.ts';
import { interruptible } from './progress.ts';
import { tellPlan, tellResult } from './report.ts';

interface MergeFlags {
  readonly to: string;
  readonly output: string;
  readonly mode: MergeMode;
  readonly overlap: number;
  readonly quorum?: number;
  readonly media: 'copy' | 'link' | 'none';
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly strict?: true;
  readonly json?: true;
}

/** Joins sets into one. */
export function mergeCommand(): Command {
  return new Command('merge')
    .description('join datasets into one')
    .argument('<sources...>', 'folders or archives of the sets')
    .requiredOption('--to <format>', 'of the result')
    .requiredOption('-o, --output <folder>', 'new or empty')
    .addOption(
      new Option(
        '--mode <mode>',
        'exact: pieces of one set; union: everything; intersect: what most sets agree on',
      )
        .choices(mergeModes)
        .default('union'),
    )
    .option('--overlap <part>', 'with intersect, from which overlap on two shapes are one', part, 0.5)
    .option(
      '--quorum <number>',
      'with intersect, in how many sets a thing must be; else more than half',
      whole,
    )
    .addOption(new Option('--media <what>', 'pictures').choices(['copy', 'link', 'none']).default('copy'))
    .option('--dry-run', 'only say what would be lost')
    .option('--overwrite', 'replace files that are there')
    .option('--strict', 'stop when anything of the sources can’t be read, or they don’t agree')
    .option('--json', 'as JSON')
    .action(async (paths: readonly string[], flags: MergeFlags) => {
      try {
        process.exitCode = await interruptible((signal) => mergeSets(paths, flags, signal));
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, flags.json ?? false);
      }
    });
}

function part(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number above 0 and up to 1.');
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
}

async function mergeSets(paths: readonly string[], flags: MergeFlags, signal: AbortSignal): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const sources: Source[] = [];
  for (const path of paths) sources.push(opened.use(await openSource(resolve(path), { signal })));
  const [first] = sources;
  const together: Source = {
    ...first!,
    path: sources.map(({ path }) => path).join(', '),
    async open() {
      const sets = await Promise.all(sources.map((source) => source.open({ signal })));
      const merged = await merge(sets, {
        mode: flags.mode,
        overlap: flags.overlap,
        ...(flags.quorum === undefined ? {} : { quorum: flags.quorum }),
      });
      return merged;
    },
  };
  const request = {
    source: together,
    to: flags.to,
    output: resolve(flags.output),
    media: flags.media,
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

interface DiffFlags {
  readonly pictures: boolean;
  readonly json?: boolean;
}

/** Says what is different in the second of two sets; ends with 1 where something is, as diff does. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('what is different in the second of two datasets')
    .argument('<before>', 'folder or archive')
    .argument('<after>', 'folder or archive')
    .option('--no-pictures', 'don’t compare the pictures')
    .option('--json', 'as JSON')
    .action(async (before: string, after: string, flags: DiffFlags) => {
      const { pictures, json = false } = flags;
      try {
        process.exitCode = await interruptible(async (signal) => {
          await using one = await openSource(resolve(before), { signal });
          await using other = await openSource(resolve(after), { signal });
          const found = await diff(await one.open({ signal }), await other.open({ signal }), {
            pictures,
            signal,
          });
          if (json) printJson(found);
          else print(found);
          return found.equal ? exitCodes.good : exitCodes.someFailed;
        });
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

function print(found: Difference): void {
  const { labels, items, annotations, attributes, infos, pictures, examples, equal } = found;
  if (equal) console.log(styleText('green', 'The sets are the same.'));
  for (const name of labels.added) console.log(`${styleText('green', '+')} class ${name}`);
  for (const name of labels.gone) console.log(`${styleText('red', '-')} class ${name}`);
  if (labels.reordered) console.log('The classes are in another order.');
  console.log(
    `Items: ${items.same} same, ${items.changed} changed, ${items.added} added, ${items.gone} gone, ${items.moved} moved`,
  );
  for (const { type, same, changed, added, gone } of annotations) {
    console.log(`  ${type.padEnd(12)} ${same} same, ${changed} changed, ${added} added, ${gone} gone`);
  }
  for (const [what, { count, names }] of Object.entries(attributes)) {
    if (count > 0) console.log(`Attributes of ${count} ${what} differ: ${names.join(', ')}`);
  }
  if (infos.length > 0) console.log(`What the sets say of themselves differs: ${infos.join(', ')}`);
  if (pictures !== null) {
    const { same, changed, missing } = pictures;
    if (changed + missing > 0)
      console.log(`Pictures: ${same} same, ${changed} changed, ${missing} in one of the sets only`);
  }
  for (const [kind, names] of Object.entries(examples)) {
    for (const name of names.slice(0, 5)) console.log(styleText('dim', `  ${kind}: ${name}`));
  }
}
