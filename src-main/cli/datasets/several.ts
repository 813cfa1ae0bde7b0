import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import {
  diff,
  type MergeMode,
  merge,
  mergeModes,
  openSource,
  runConversion,
  type Source,
} from '../../engine/datasets/index.ts';
import { exitCodes, printJson, reportFailure } from '../shared.ts';
import { interruptible } from './progress.ts';

interface MergeFlags {
  readonly to: string;
  readonly output: string;
  readonly mode: MergeMode;
  readonly overlap: string;
  readonly quorum?: string;
  readonly media: 'copy' | 'link' | 'none';
  readonly overwrite?: true;
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
    .option('--overwrite', 'replace files that are there')
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
  const conflicts = { total: 0, byReason: {} as Record<string, number> };
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
  const result = await runConversion(
    {
      source: together,
      to: flags.to,
      output: resolve(flags.output),
      media: flags.media,
      planAhead: false,
      signal,
      ...(flags.overwrite ? { overwrite: true } : {}),
    },
    ({ problems }) => Object.assign(conflicts, { total: problems.total, byReason: problems.byReason }),
  );
  if (flags.json) {
    const { items, annotations, check, receipt, output } = result;
    printJson({ event: 'done', output, items, annotations, check, receipt, conflicts });
  } else {
    console.log(`${styleText('green', 'Done')}    ${result.items} items, ${result.annotations} annotations`);
    for (const [reason, count] of Object.entries(conflicts.byReason)) {
      console.log(`${styleText('yellow', String(count))}  ${reason}`);
    }
  }
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
