import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import {
  type MergeMode,
  type MergeOptions,
  mergedSource,
  mergeModes,
  openSource,
  type Recipe,
  type Source,
} from '../../engine/datasets/index.ts';
import { type FormatsFlag, formatsOf } from './options.ts';

/** How sets are merged. */
export interface MergingFlags {
  readonly mode: MergeMode;
  readonly overlap: number;
  readonly quorum?: number;
}

/** Of commands that look at one set, which may be merged with others before. */
export interface MergedFlags extends MergingFlags, FormatsFlag {
  readonly mergeWith?: readonly string[];
}

export const mergingOptions = (): readonly Option[] => [
  new Option(
    '--mode <mode>',
    'exact: pieces of one set; union: everything; intersect: what most sets agree on',
  )
    .choices(mergeModes)
    .default('union'),
  new Option('--overlap <part>', 'with intersect, from which overlap on two shapes are one')
    .argParser(part)
    .default(0.5),
  new Option(
    '--quorum <number>',
    'with intersect, in how many sets a thing must be; else more than half',
  ).argParser(whole),
];

export const mergedOptions = (): readonly Option[] => [
  new Option(
    '--merge-with <source>',
    'merge it with this set first; can be given again. Their formats come last in --from',
  ).argParser((path: string, before: readonly string[] | undefined) => [...(before ?? []), path]),
  ...mergingOptions(),
];

function part(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number above 0 and up to 1.');
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
}

export const mergeOptionsOf = ({ mode, overlap, quorum }: MergingFlags): MergeOptions => ({
  mode,
  overlap,
  ...(quorum === undefined ? {} : { quorum }),
});

/** @param opened is given the sets, to close them. */
export async function openAll(
  paths: readonly string[],
  from: readonly (string | undefined)[],
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const [index, path] of paths.entries()) {
    const format = from[index];
    const options = { signal, ...(format === undefined ? {} : { from: format }) };
    sources.push(opened.use(await openSource(resolve(path), options)));
  }
  return sources;
}

/** Opens sets, the first of which is merged with others where that is wanted. @param opened is given all of them. */
export async function openMerged(
  paths: readonly string[],
  flags: MergedFlags,
  recipe: Recipe | null,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<readonly Source[]> {
  const all = [...paths, ...(flags.mergeWith ?? [])];
  const sources = await openAll(all, formatsOf(flags, recipe, all.length), opened, signal);
  const [first, ...rest] = sources.slice(0, paths.length);
  const others = sources.slice(paths.length);
  return others.length === 0 ? sources : [mergedSource([first!, ...others], mergeOptionsOf(flags)), ...rest];
}
