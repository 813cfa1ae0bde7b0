import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import { RefineryError } from '../../contract/errors.ts';
import {
  parseStep,
  type Recipe,
  readRecipe,
  type TransformStep,
  transformNamed,
} from '../../engine/datasets/index.ts';

/** What several commands take to change a set on its way. */
export interface TransformFlags {
  readonly subsetMap?: Readonly<Record<string, string>>;
  readonly split?: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly transform?: readonly TransformStep[];
  readonly recipe?: string;
}

export const transformOptions = (): readonly Option[] => [
  new Option('--recipe <file>', 'format, pictures and transforms out of a YAML file'),
  new Option('--subset-map <old=new,...>', 'rename subsets, as in valid=val').argParser(
    (text: string, before: Record<string, string> | undefined) => ({
      ...before,
      ...asArgument(() => pairs(text, '--subset-map valid=val,testing=test')),
    }),
  ),
  new Option('--split <subset=ratio,...>', 'deal the items out at random, as in train=0.8,val=0.2').argParser(
    (text: string) => asArgument(() => ratiosIn(text)),
  ),
  new Option('--seed <number>', 'of --split; the same gives the same').argParser(seedIn).default(0),
  new Option('--transform <name:key=value,...>', 'another change; can be given again, in order').argParser(
    (text: string, before: readonly TransformStep[] | undefined) => [
      ...(before ?? []),
      asArgument(() => parseStep(text)),
    ],
  ),
];

/** @throws {RefineryError} `BAD_REQUEST` for what is no ratio, or where they don't add up to 1. */
function ratiosIn(text: string): Record<string, number> {
  const bad = (why: string): RefineryError =>
    new RefineryError('BAD_REQUEST', `${why}.`, { hint: 'For example: --split train=0.8,val=0.2' });
  const ratios: Record<string, number> = {};
  for (const [name, ratio] of Object.entries(pairs(text, '--split train=0.8,val=0.2'))) {
    ratios[name] = ratio === '' ? Number.NaN : Number(ratio);
    if (!(ratios[name] >= 0 && ratios[name] <= 1)) throw bad(`${ratio || name} is no part from 0 to 1`);
  }
  const { error } = transformNamed('random_split').options.safeParse({ subsets: ratios });
  if (error === undefined) return ratios;
  throw bad(
    error.issues[0]?.code === 'invalid_key' ? 'A subset is named without slashes' : error.issues[0]!.message,
  );
}

function seedIn(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.');
}

/** What is wrong with a value of the command line is a mistake of usage. */
function asArgument<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof RefineryError)
      throw new InvalidArgumentError(`${thrown.message} ${thrown.hint ?? ''}`);
    throw thrown;
  }
}

/** Of commands that take several sets. */
export interface FormatsFlag {
  readonly from?: readonly string[];
}

export const formatsOption = (): Option =>
  new Option(
    '--from <format,...>',
    'formats of the sets in their order, or one of all, instead of looking what they are',
  ).argParser((text: string) => text.split(',').map((name) => name.trim()));

/**
 * The format of each set, where it is said.
 *
 * @throws {RefineryError} `BAD_REQUEST` for more or fewer formats than sets.
 */
export function formatsOf(
  { from }: FormatsFlag,
  recipe: Recipe | null,
  sets: number,
): readonly (string | undefined)[] {
  const named = from ?? (recipe?.from === undefined ? [] : [recipe.from]);
  if (named.length > 1 && named.length !== sets) {
    throw new RefineryError('BAD_REQUEST', `--from names ${named.length} formats for ${sets} sets.`, {
      hint: 'Name one for all of them, or one for each in their order.',
    });
  }
  return Array.from({ length: sets }, (_, index) => named[named.length === 1 ? 0 : index] || undefined);
}

/** The steps of a command line, the recipe's first. */
export function stepsOf(flags: TransformFlags, recipe: Recipe | null): TransformStep[] {
  const steps = [...(recipe?.transforms ?? [])];
  if (flags.subsetMap) steps.push({ name: 'map_subsets', options: { subsets: flags.subsetMap } });
  if (flags.split !== undefined) {
    steps.push({ name: 'random_split', options: { subsets: flags.split, seed: flags.seed ?? 0 } });
  }
  return [...steps, ...(flags.transform ?? [])];
}

export async function recipeOf({ recipe }: TransformFlags): Promise<Recipe | null> {
  if (recipe === undefined) return null;
  const text = await readFile(recipe, 'utf8').catch(() => {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no recipe ${recipe}.`);
  });
  return readRecipe(text);
}

function pairs(text: string, example: string): Record<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    const bad = (why: string): RefineryError =>
      new RefineryError('BAD_REQUEST', why, { hint: `For example: ${example}` });
    if (equals < 1 || name === '') throw bad(`“${part}” is not of the form name=value.`);
    if (found.has(name)) throw bad(`${name} is named twice.`);
    found.set(name, part.slice(equals + 1).trim());
  }
  return Object.fromEntries(found);
}
