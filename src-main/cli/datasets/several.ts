import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import {
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
  readonly overlap: string;
  readonly quorum?: string;
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
    .option('--overlap <part>', 'with intersect, from which overlap on two shapes are one', '0.5')
    .option('--quorum <number>', 'with intersect, in how many sets a thing must be; else more than half')
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
        overlap: Number(flags.overlap),
        ...(flags.quorum === undefined ? {} : { quorum: Number(flags.quorum) }),
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
    tellPlan(await planConversion(request), json);
    return exitCodes.good;
  }
  const result = await runConversion(request, (plan) => tellPlan(plan, json));
  tellResult(result, json);
  return result.check === 'failed' ? exitCodes.someFailed : exitCodes.good;
}

/** Says what is different in the second of two sets; ends with 1 where something is, as diff does. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('what is different in the second of two datasets')
    .argument('<before>', 'folder or archive')
    .argument('<after>', 'folder or archive')
    .option('--json', 'as JSON')
    .action(async (before: string, after: string, { json = false }: { json?: boolean }) => {
      try {
        process.exitCode = await interruptible(async (signal) => {
          await using one = await openSource(resolve(before), { signal });
          await using other = await openSource(resolve(after), { signal });
          const found = await diff(await one.open({ signal }), await other.open({ signal }), signal);
          if (json) printJson(found);
          else print(found);
          return found.equal ? exitCodes.good : exitCodes.someFailed;
        });
      } catch (thrown) {
        process.exitCode = reportFailure(thrown, json);
      }
    });
}

function print({ labels, items, annotations, examples, equal }: Awaited<ReturnType<typeof diff>>): void {
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
  for (const [kind, names] of Object.entries(examples)) {
    for (const name of names.slice(0, 5)) console.log(styleText('dim', `  ${kind}: ${name}`));
  }
}
