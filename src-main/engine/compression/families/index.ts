import type { JsonObject } from '../ingest/python-json.ts';
import { bert } from './bert.ts';
import { clip } from './clip.ts';
import { distilbert } from './distilbert.ts';
import { activationOf, type DenseLinear, type Family, type Path } from './family.ts';
import { mobilebert } from './mobilebert.ts';
import { swin } from './swin.ts';
import { vit } from './vit.ts';
import { wav2vec2, wav2vec2Stable } from './wav2vec2.ts';

export type { DenseLinear, Family } from './family.ts';

/** What NNCF 2.8 can prune by structure. */
const families: readonly Family[] = [bert, distilbert, mobilebert, vit, swin, clip, wav2vec2, wav2vec2Stable];

/** What `config.json` calls the models of these families. */
export const knownModelTypes: readonly string[] = [
  ...new Set(families.flatMap(({ modelTypes }) => modelTypes)),
];

/** The family of a model by its `config.json`. */
export const familyOf = (config: JsonObject): Family | undefined =>
  families.find(
    ({ modelTypes, fits }) =>
      modelTypes.some((type) => type === config['model_type']) && fits?.(config) !== false,
  );

/** The family that knows some of a model's modules. */
export const familyOfModules = (modules: readonly string[]): Family | undefined =>
  families.find(({ classes }) =>
    modules.some((module) => pathOf(classes, module)?.some(([, kind]) => kind !== linear)),
  );

/** The class of the whole model, by `config.json` or else by the linear layers that it has besides its blocks. */
export function architectureOf(
  { architectures }: Family,
  { architectures: named }: JsonObject,
  modules?: readonly string[],
): string {
  const [first] = Array.isArray(named) ? named : [];
  if (typeof first === 'string') return first;
  const known = Object.entries(architectures);
  const fitting = known.filter(([, own]) => own.every((module) => modules?.includes(module)));
  return (fitting.toSorted(([, one], [, other]) => other.length - one.length)[0] ?? known[0])?.[0] ?? '';
}

/** Linear layers that a model has which `config.json` describes, before anything is pruned. */
export function denseLinear(config: JsonObject, root?: string): readonly DenseLinear[] {
  const family = familyOf(config);
  if (!family) return [];
  const own = family.architectures[root ?? architectureOf(family, config)] ?? [];
  const heads = headsOf(family);
  return family.linear(config).filter(({ module }) => !heads.includes(module) || own.includes(module));
}

/**
 * NNCF's name of a linear layer: `BertForSequenceClassification/BertModel[bert]/…/NNCFLinear[query]/linear_0`.
 *
 * @returns undefined where a part isn't known, such as a last layer that an export has given a number.
 */
export function nodeOf(family: Family, root: string, module: string): string | undefined {
  const isKnown = module.includes('.') || headsOf(family).includes(module);
  return isKnown ? nameOf(root, pathOf(family.classes, module), 'linear_0') : undefined;
}

const headsOf = ({ architectures }: Family): string[] => Object.values(architectures).flat();

/**
 * NNCF's names of operations that compute, beside linear layers.
 *
 * @param modules linear layers of the model, which tell how many blocks there are.
 */
export function operationsOf(
  family: Family,
  root: string,
  modules: readonly string[],
  config: JsonObject,
): string[] {
  const { module: between, key, usual } = family.activation;
  const [kind, ...functions] = activationOf(config, key, usual);
  const classes = { ...family.classes, ...(kind ? { [between]: kind } : {}) };
  const all = [...family.operations, ...functions.map((operation) => [between, operation] as const)];
  const within = all.flatMap(([pattern, operation]) =>
    membersOf(pattern, modules).flatMap((module) => nameOf(root, pathOf(classes, module), operation) ?? []),
  );
  const besides = family.besides?.(config, root) ?? [];
  return [...within, ...besides.map(([path, operation]) => nameOf(root, path, operation)!)];
}

const linear = 'NNCFLinear';

const nameOf = (root: string, path: Path | undefined, operation: string): string | undefined =>
  path && [root, ...path.map(([part, kind]) => `${kind}[${part}]`), operation].join('/');

/** The parts of a module's path with their classes. */
function pathOf(classes: Family['classes'], module: string): Path | undefined {
  const parts = module.split('.');
  const path: [string, string][] = [];
  for (const [index, part] of parts.entries()) {
    const pattern = parts
      .slice(0, index + 1)
      .join('.')
      .replaceAll(/\.\d+(?=\.|$)/g, '.#');
    const isList = /^\d+$/.test(parts[index + 1] ?? '');
    const isLast = index === parts.length - 1;
    const kind = classes[pattern] ?? (isList ? 'ModuleList' : isLast ? linear : undefined);
    if (kind === undefined) return undefined;
    path.push([part, kind]);
  }
  return path;
}

/** The modules that a pattern stands for, as far as there are linear layers in them or beside them. */
function membersOf(pattern: string, modules: readonly string[]): string[] {
  if (!pattern.includes('#')) return [pattern];
  const last = pattern.slice(pattern.lastIndexOf('.'));
  const within = foundIn(pattern, modules);
  if (within.length > 0 || last === '.#') return within;
  return foundIn(pattern.slice(0, -last.length), modules).map((beside) => beside + last);
}

function foundIn(pattern: string, modules: readonly string[]): string[] {
  const begins = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('#', '\\d+')}(?=\\.)`);
  return [...new Set(modules.flatMap((module) => begins.exec(module)?.[0] ?? []))];
}
