import { asNumber, type JsonObject } from '../ingest/python-json.ts';
import { activations } from './activations.ts';

/** A linear layer of a model that `config.json` describes, before anything is pruned. */
export interface DenseLinear {
  /** Such as `bert.encoder.layer.0.attention.self.query`. */
  readonly module: string;
  /** [outputs, inputs] of its weights, as torch has them. */
  readonly shape: readonly [outputs: number, inputs: number];
  /** Rows of one head; only of layers that make queries. */
  readonly headSize?: number;
}

/**
 * What is known of the models of one family, as transformers 4.38 builds them, and of the names that NNCF 2.8 gives their
 * parts. `fixtures/make_families.py` asks NNCF itself.
 */
export interface Family {
  /** What `model_type` says in `config.json`. */
  readonly modelTypes: readonly string[];
  /** Whether it is this family, where models of one type are built in several ways. */
  fits?(config: JsonObject): boolean;
  /**
   * Classes of whole models by the linear layers that they have besides the blocks, the likeliest first. NNCF begins every
   * name with that class.
   */
  readonly architectures: Readonly<Record<string, readonly string[]>>;
  /**
   * Classes of modules, `#` standing for any number. Not listed are linear layers, lists (modules whose members have
   * numbers), and the activation.
   */
  readonly classes: Readonly<Record<string, string>>;
  /** The module between the feed-forward layers, and what `config.json` calls its function. */
  readonly activation: { readonly module: string; readonly key: string; readonly usual: string };
  /** Linear layers of all architectures, by the order in the model; empty where a size is missing. */
  linear(config: JsonObject): readonly DenseLinear[];
  /** Operations beside linear layers and the activation that compute: the module, and what NNCF appends to its name. */
  readonly operations: readonly (readonly [module: string, operation: string])[];
  /** Operations whose modules `config.json` alone tells, or that stand in the whole model itself. */
  besides?(config: JsonObject, root: string): readonly (readonly [path: Path, operation: string])[];
}

/** The parts of a module's path with their classes. */
export type Path = readonly (readonly [part: string, kind: string])[];

/** The class of an activation that a configuration names, and its operations; nothing for one that isn't known. */
export function activationOf(config: JsonObject, key: string, usual: string): readonly string[] {
  const name = config[key] ?? usual;
  return typeof name === 'string' && Object.hasOwn(activations, name) ? activations[name]! : [];
}

/** Numbers of a configuration. */
export type Sizes<Name extends string> = Readonly<Record<Name, number>>;

/**
 * @param names keys of config.json, with what transformers takes where one is missing; null where it is needed.
 * @returns undefined where one is missing that is needed, or is no whole number above 0.
 */
export function sizesOf<Name extends string>(
  config: JsonObject,
  names: Readonly<Record<Name, number | null>>,
): Sizes<Name> | undefined {
  const found = Object.entries<number | null>(names).map(
    ([name, usual]) => [name, asNumber(config[name]) ?? usual] as const,
  );
  const isSize = (size: number | null): boolean => size !== null && Number.isInteger(size) && size > 0;
  return found.every(([, size]) => isSize(size)) ? (Object.fromEntries(found) as Sizes<Name>) : undefined;
}

/** Most families name their sizes so, and are as large as BERT where a configuration says nothing. */
export const usualSizes = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
} as const;

/** How many classes a model tells apart: transformers writes their names only where there aren't two. */
export function labelsOf({ id2label: labels }: JsonObject): number {
  return typeof labels === 'object' && labels !== null ? Object.keys(labels).length : 2;
}

/** More than any model has. */
const mostBlocks = 1000;

/** The layers of as many blocks as there are; none for a number that no model has. */
export function blocks(count: number, block: (index: number) => readonly DenseLinear[]): DenseLinear[] {
  if (count > mostBlocks) return [];
  return Array.from({ length: count }, (_, index) => block(index)).flat();
}

/** The same operation of several modules. */
export const each = (operation: string, ...modules: readonly string[]) =>
  modules.map((module) => [module, operation] as const);

/** Outputs and inputs of weights; of layers that make queries also the rows of one head. */
type Shape = readonly [outputs: number, inputs: number, headSize?: number];

/** Linear layers by the names that they have below a module. */
export function below(module: string, shapes: Readonly<Record<string, Shape>>): DenseLinear[] {
  return Object.entries(shapes).map(([name, [outputs, inputs, headSize]]) => ({
    module: `${module}.${name}`,
    shape: [outputs, inputs],
    ...(headSize === undefined ? {} : { headSize }),
  }));
}
