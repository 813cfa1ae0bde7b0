import { isMap, isScalar, parseDocument } from 'yaml';
import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import { paced } from '../breathing.ts';
import type { Dataset } from '../format.ts';
import {
  annotationsToLabels,
  decrementBoxes,
  reindexAnnotations,
  removeAnnotations,
  removeAttributes,
  removeDuplicateAnnotations,
} from './annotations.ts';
import { correct } from './correct.ts';
import { removeDuplicates } from './duplicates.ts';
import { dropEmpty, filter } from './filter.ts';
import { projectInfos } from './infos.ts';
import {
  dropMissing,
  idFromImageName,
  labelSampler,
  reindex,
  removeItems,
  rename,
  sample,
  sort,
} from './items.ts';
import { dropBackground, remapLabels, removeLabels, reorderLabels } from './labels.ts';
import { bakeOrientation } from './orientation.ts';
import { clipToPicture, crop, resize, tile } from './pictures.ts';
import { reidentificationSplit } from './reidentification.ts';
import { relevancySampler } from './relevancy.ts';
import { cropCovered, mergeInstances } from './segments.ts';
import { shapeTransforms } from './shapes.ts';
import { mapSubsets, randomSplit, stratifiedSplit } from './subsets.ts';
import type { Transform, TransformContext } from './transform.ts';
import { untile } from './untile.ts';
import { xpathFilter } from './xpath.ts';

export type { Transform, TransformContext } from './transform.ts';

/** Every transform. A new one is a `defineTransform` and a line here. */
export const transforms: readonly Transform[] = [
  mapSubsets,
  randomSplit,
  stratifiedSplit,
  reidentificationSplit,
  remapLabels,
  reorderLabels,
  removeLabels,
  dropBackground,
  filter,
  xpathFilter,
  dropEmpty,
  ...shapeTransforms,
  cropCovered,
  mergeInstances,
  annotationsToLabels,
  decrementBoxes,
  reindexAnnotations,
  removeAnnotations,
  removeAttributes,
  removeDuplicateAnnotations,
  clipToPicture,
  reindex,
  rename,
  idFromImageName,
  sort,
  removeItems,
  dropMissing,
  sample,
  labelSampler,
  relevancySampler,
  removeDuplicates,
  correct,
  projectInfos,
  bakeOrientation,
  resize,
  crop,
  tile,
  untile,
];

/** One transform with its options, as it stands in a recipe. */
export const TransformStep = z.strictObject({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type TransformStep = z.output<typeof TransformStep>;

/** @throws {RefineryError} `BAD_REQUEST` for a name that there isn't. */
export function transformNamed(name: string): Transform {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  const found = transforms.find((known) => known.name === wanted || known.aliases.includes(wanted));
  if (found) return found;
  throw new RefineryError('BAD_REQUEST', `There is no transform named ${name}.`, {
    hint: `There are ${transforms.map((known) => known.name).join(', ')}.`,
  });
}

/** JSON Schema of a transform's options, as they are given. */
export const optionsSchema = ({ options }: Transform) =>
  z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });

/** Applies transforms in turn. */
export async function applyTransforms(
  dataset: Dataset,
  steps: readonly TransformStep[],
  context: TransformContext,
): Promise<Dataset> {
  let changed = steps.length === 0 ? dataset : paced(dataset, context.signal);
  for (const { name, options } of steps) {
    changed = await transformNamed(name).apply(changed, options, context);
  }
  return changed;
}

/**
 * Reads a step as it is typed: `name`, `name:key=value,key=value` or `name:{key: value}` in YAML. Values are YAML, too:
 * `filter:annotations="area >= 100"`, `remove_labels:labels=[cat, dog]`. A key that is no option goes into the option
 * of names that some have: `map_subsets:valid=val`, `random_split:train=0.8,val=0.2,seed=1`.
 *
 * @throws {RefineryError} `BAD_REQUEST` for what can't be read.
 */
export function parseStep(text: string): TransformStep {
  const colon = text.indexOf(':');
  const transform = transformNamed(colon < 0 ? text : text.slice(0, colon));
  const rest = colon < 0 ? '' : text.slice(colon + 1).trim();
  const pairs = rest.startsWith('{') ? yamlPairs(rest, text) : splitPairs(rest, text);
  const options = new Map<string, unknown>();
  const named = new Map<string, unknown>();
  for (const [key, value] of pairs) {
    if (Object.hasOwn(transform.options.shape, key) || transform.names === null) options.set(key, value);
    else named.set(key, value);
  }
  if (named.size > 0) options.set(transform.names!, Object.fromEntries(named));
  return { name: transform.name, options: Object.fromEntries(options) };
}

/** A step as {@link parseStep} reads it. */
export function stepText({ name, options }: TransformStep): string {
  return Object.keys(options).length === 0 ? name : `${name}:${JSON.stringify(options)}`;
}

const unreadable = (text: string, why: string): RefineryError =>
  new RefineryError('BAD_REQUEST', `The transform ${JSON.stringify(text)} can't be read: ${why}.`, {
    hint: 'For example: --transform random_split:train=0.8,val=0.2,seed=1',
  });

function yamlValue(text: string, whole: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw unreadable(whole, error.message);
  return document.toJS({ maxAliasCount: 0 }) as unknown;
}

function yamlPairs(text: string, whole: string): [string, unknown][] {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error || !isMap(document.contents)) throw unreadable(whole, error?.message ?? 'it is no map');
  return document.contents.items.map(({ key, value }) => [
    isScalar(key) ? String(key.value) : '',
    yamlValue(value === null ? 'null' : String(value), whole),
  ]);
}

/** Splits at commas that are in no quotes and no brackets. */
function splitPairs(text: string, whole: string): [string, unknown][] {
  if (text === '') return [];
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\[[^\]]*\]|\{[^}]*\}|[^,])+/g) ?? [];
  return parts.map((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) throw unreadable(whole, `${part.trim()} has no value`);
    return [part.slice(0, equals).trim(), yamlValue(part.slice(equals + 1), whole)];
  });
}
