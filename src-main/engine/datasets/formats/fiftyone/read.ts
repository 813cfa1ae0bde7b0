import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, pictureSize, textIfThere } from '../../files/folder.ts';
import { jsonEntries, parseLenient } from '../../files/json.ts';
import { fileNameOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { imageItem, isSubsetName, take, UniqueIds } from '../common/read.ts';
import { type Fields, isOtherLabel, labelsIn, toAnnotations } from './labels.ts';

export const samplesFile = 'samples.json';
export const labelsFile = 'labels.json';

/** The folder of the pictures. */
const dataFolder = 'data';

/** Fields of a sample that are no attributes of it. */
const ofSample = new Set([
  '_id',
  'id',
  'filepath',
  'tags',
  'metadata',
  '_media_type',
  '_rand',
  '_dataset_id',
]);

/** Reads FiftyOne's own export (`samples.json`), and its simple ones of classes or boxes (`labels.json`). */
export async function readFiftyOne(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  if (await isFile(inside(folder, samplesFile))) return readSamples(folder, options);
  if (await isFile(inside(folder, labelsFile))) return readLabels(folder, options);
  throw new RefineryError('INPUT_NOT_FOUND', `There is no ${samplesFile} or ${labelsFile} in ${folder}.`);
}

async function* samplesIn(folder: string): AsyncGenerator<readonly [index: number, sample: Fields]> {
  for await (const { index, value } of jsonEntries(inside(folder, samplesFile), new Set(['samples'])))
    if (isRecord(value)) yield [index, value];
}

/** What a set's samples have, found by going through them once. */
interface Survey {
  readonly builder: CategoryBuilder;
  /** Fields whose labels are taken. */
  readonly fields: ReadonlySet<string>;
}

async function readSamples(folder: string, options: ReadOptions): Promise<Dataset> {
  const problems = new ProblemLog();
  const { builder, fields } = await surveyed(folder, problems, options);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      for await (const [index, sample] of samplesIn(folder)) {
        options.signal?.throwIfAborted();
        const complain = (reason: string): void => problems.add(samplesFile, `samples[${index}]`, reason);
        const item = await sampleItem(folder, sample, builder, fields, ids, complain);
        if (item !== null) yield item;
      }
    },
  };
}

async function surveyed(folder: string, problems: ProblemLog, options: ReadOptions): Promise<Survey> {
  const builder = new CategoryBuilder();
  for (const name of await declaredClasses(folder, problems)) builder.named(name);
  const kinds = new Map<string, string>();
  const others = new Set<string>();
  const names = new Map<string, Set<string>>();
  for await (const [, sample] of samplesIn(folder)) {
    options.signal?.throwIfAborted();
    await options.waitWhilePaused?.();
    for (const [name, value] of Object.entries(sample)) {
      const found = labelsIn(value);
      if (found === null) {
        if (isOtherLabel(value)) others.add(name);
        continue;
      }
      kinds.set(name, found.kind);
      const known = names.get(name) ?? new Set<string>();
      names.set(name, known);
      for (const label of found.labels) {
        const own = field(label, 'label');
        if (typeof own === 'string') known.add(own);
      }
    }
  }
  // Of fields of one kind, as what was marked and what a model found, the one is taken that is called so.
  const fields = new Set<string>();
  for (const kind of new Set(kinds.values())) {
    const of = [...kinds.keys()].filter((name) => kinds.get(name) === kind);
    const chosen =
      of.find((name) => /ground_?truth/i.test(name)) ?? of.find((name) => !/predict/i.test(name)) ?? of[0]!;
    fields.add(chosen);
    for (const name of of)
      if (name !== chosen)
        problems.add(samplesFile, name, `of several fields of this kind, ${chosen} is read`);
  }
  for (const name of others) problems.add(samplesFile, name, 'labels of this kind are not read');
  for (const name of fields) for (const label of names.get(name) ?? []) builder.named(label);
  return { builder, fields };
}

/** Classes that metadata.json lists. */
async function declaredClasses(folder: string, problems: ProblemLog): Promise<readonly string[]> {
  const text = await textIfThere(inside(folder, 'metadata.json'));
  if (text === undefined) return [];
  try {
    const parsed = parseLenient(text);
    const all = isRecord(parsed)
      ? [field(parsed, 'default_classes'), ...Object.values(recordOf(field(parsed, 'classes')))]
      : [];
    return all.flatMap((names) =>
      Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [],
    );
  } catch (thrown) {
    problems.add('metadata.json', '', reasonOf(thrown));
    return [];
  }
}

const recordOf = (value: unknown): Fields => (isRecord(value) ? value : {});

async function sampleItem(
  folder: string,
  sample: Fields,
  builder: CategoryBuilder,
  fields: ReadonlySet<string>,
  ids: UniqueIds,
  complain: (reason: string) => void,
): Promise<Item | null> {
  const given = String(field(sample, 'filepath') ?? '').replaceAll('\\', '/');
  const isForeign = given.startsWith('/') || /^[a-z]+:/i.test(given);
  const path = safeRelative(isForeign ? `${dataFolder}/${fileNameOf(given)}` : given);
  if (path === null) {
    complain("the picture's name is missing or leaves the set's folder");
    return null;
  }
  const tags = field(sample, 'tags');
  const marks = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  const subset = marks.find(isSubsetName) ?? 'default';
  const attributes = new Map<string, AttributeValue>();
  const rest = marks.filter((tag) => tag !== subset);
  if (rest.length > 0) attributes.set('tags', rest);
  for (const [name, value] of attributesOf(sample)) {
    const isLabel = labelsIn(field(sample, name)) !== null || isOtherLabel(field(sample, name));
    if (!ofSample.has(name) && !isLabel && value !== null) attributes.set(name, value);
  }
  const within = path.startsWith(`${dataFolder}/`) ? path.slice(dataFolder.length + 1) : path;
  const size = sizeIn(field(sample, 'metadata')) ?? (await pictureSize(inside(folder, path)));
  const annotations: Annotation[] = [];
  let group = 0;
  for (const name of fields) {
    const found = labelsIn(field(sample, name));
    for (const label of found?.labels ?? []) {
      const own = field(label, 'label');
      const number = typeof own === 'string' ? (builder.find(own) ?? null) : null;
      const made = toAnnotations(found!.kind, label, number, size);
      if (typeof field(label, 'mask_path') === 'string')
        complain(`${name}: a mask in a file of its own is not read`);
      if (typeof made === 'string') complain(`${name}: ${made}`);
      else {
        if (made.length > 1) group += 1;
        for (const part of made) take({ ...part, group: made.length > 1 ? group : 0 }, annotations, complain);
      }
    }
  }
  return imageItem(folder, path, { id: ids.of(subset, within), subset, annotations }, size, attributes);
}

function sizeIn(metadata: unknown): Size | null {
  const [width, height] = ['width', 'height'].map((name) => wholeOf(field(recordOf(metadata), name), 0));
  return width! > 0 && height! > 0 ? { width: width!, height: height! } : null;
}

/** `{"classes": […], "labels": {<picture>: …}}`: a class, or a list of boxes, for each picture of `data/`. */
async function readLabels(folder: string, options: ReadOptions): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  let labels: Fields = {};
  const classes: string[] = [];
  for await (const { key, value } of jsonEntries(
    inside(folder, labelsFile),
    new Set(['classes', 'labels']),
  )) {
    if (key === 'labels') labels = recordOf(value);
    else if (typeof value === 'string') classes.push(value);
  }
  for (const name of classes) builder.named(name);
  const nameOf = (value: unknown): string | undefined =>
    typeof value === 'number' ? classes[value] : typeof value === 'string' ? value : undefined;
  for (const value of Object.values(labels)) {
    for (const label of Array.isArray(value) ? value : [value]) {
      const name = nameOf(isRecord(label) ? field(label, 'label') : label);
      if (name !== undefined) builder.named(name);
    }
  }
  const pictures = new Map<string, string>();
  for await (const path of filesUnder(folder, dataFolder))
    if (isPicture(path)) pictures.set(stemOf(path.slice(dataFolder.length + 1)), path);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const id of new Set([...pictures.keys(), ...Object.keys(labels)])) {
        options.signal?.throwIfAborted();
        const complain = (reason: string): void => problems.add(labelsFile, id, reason);
        const safe = safeRelative(id);
        if (safe === null) {
          complain("the picture's name leaves the set's folder");
          continue;
        }
        const path = pictures.get(id) ?? `${dataFolder}/${safe}.jpg`;
        const size = await pictureSize(inside(folder, path));
        const annotations: Annotation[] = [];
        const value = field(labels, id);
        for (const label of Array.isArray(value)
          ? value
          : value === null || value === undefined
            ? []
            : [value]) {
          const fields = isRecord(label) ? label : { label };
          const name = nameOf(field(fields, 'label'));
          const number = name === undefined ? null : (builder.find(name) ?? null);
          const kind =
            Array.isArray(value) && isRecord(label) && field(label, 'bounding_box') !== undefined
              ? 'Detection'
              : 'Classification';
          const made = toAnnotations(kind, fields, number, size);
          if (typeof made === 'string') complain(made);
          else for (const part of made) take(part, annotations, complain);
        }
        yield await imageItem(folder, path, { id: safe, subset: 'default', annotations }, size);
      }
    },
  };
}
