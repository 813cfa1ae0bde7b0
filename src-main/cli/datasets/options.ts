import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import { RefineryError } from '../../contract/errors.ts';
import { parseStep, type Recipe, readRecipe, type TransformStep } from '../../engine/datasets/index.ts';

/** What several commands take to change a set on its way. */
export interface TransformFlags {
  readonly subsetMap?: Readonly<Record<string, string>>;
  readonly split?: string;
  readonly seed?: string;
  readonly transform?: readonly TransformStep[];
  readonly recipe?: string;
}

export const transformOptions = (): readonly Option[] => [
  new Option('--recipe <file>', 'format, pictures and transforms out of a YAML file'),
  new Option('--subset-map <old=new,...>', 'rename subsets, as in valid=val').argParser(
    (text: string, before: Record<string, string> | undefined) => ({
      ...before,
      ...asArgument(() => pairs(text)),
    }),
  ),
  new Option('--split <subset=ratio,...>', 'deal the items out at random, as in train=0.8,val=0.2'),
  new Option('--seed <number>', 'of --split; the same gives the same').default('0'),
  new Option('--transform <name:key=value,...>', 'another change; can be given again, in order').argParser(
    (text: string, before: readonly TransformStep[] | undefined) => [
      ...(before ?? []),
      asArgument(() => parseStep(text)),
    ],
  ),
];

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

/** The steps of a command line, the recipe's first. */
export function stepsOf(flags: TransformFlags, recipe: Recipe | null): TransformStep[] {
  const steps = [...(recipe?.transforms ?? [])];
  if (flags.subsetMap) steps.push({ name: 'map_subsets', options: { subsets: flags.subsetMap } });
  if (flags.split !== undefined) {
    const ratios = Object.entries(pairs(flags.split)).map(([name, ratio]) => [name, Number(ratio)]);
    steps.push({
      name: 'random_split',
      options: { subsets: Object.fromEntries(ratios), seed: Number(flags.seed ?? 0) },
    });
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

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const equals = part.indexOf('=');
      if (equals > 0) return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
      throw new RefineryError('BAD_REQUEST', `${part} is not of the form name=value.`, {
        hint: 'For example: --subset-map valid=val,testing=test',
      });
    }),
  );
}
