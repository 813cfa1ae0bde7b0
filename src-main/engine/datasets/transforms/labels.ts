import { z } from 'zod';
import type { Dataset } from '../format.ts';
import type { Annotation, Categories, LabelCategory } from '../model/index.ts';
import { defineTransform, mapAnnotations } from './transform.ts';

/**
 * A view of a set with other classes.
 *
 * @param labels the new ones.
 * @param newIndex for each old class the new one; what is annotated with a class that has none is left out.
 * @param unlabelled whether shapes without a class stay.
 */
function withLabels(
  dataset: Dataset,
  labels: readonly LabelCategory[],
  newIndex: ReadonlyMap<number, number>,
  unlabelled = true,
): Dataset {
  const { attributes, skeletons, colours } = dataset.categories;
  const moved = <Value>(of: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> => {
    const result = new Map<number, Value>();
    for (const [old, value] of of) {
      const index = newIndex.get(old);
      // Of classes that become one, the first gives colour and skeleton.
      if (index !== undefined && !result.has(index)) result.set(index, value);
    }
    return result;
  };
  const names = new Set(labels.map(({ name }) => name));
  const before = new Set(dataset.categories.labels.map(({ name }) => name));
  // A class above that went is above no more; one that never was a class itself, as COCO's supercategories, stays.
  const gone = (parent: string): boolean => before.has(parent) && !names.has(parent);
  const categories: Categories = {
    labels: labels.map((label) => (gone(label.parent) ? { ...label, parent: '' } : label)),
    attributes,
    skeletons: moved(skeletons),
    colours: moved(colours),
  };
  const renumbered = (annotations: readonly Annotation[]): readonly Annotation[] => {
    const kept: Annotation[] = [];
    for (const annotation of annotations) {
      if (!('label' in annotation) || annotation.label === null) {
        if (unlabelled) kept.push(annotation);
        continue;
      }
      const label = newIndex.get(annotation.label);
      if (label === annotation.label) kept.push(annotation);
      else if (label !== undefined) kept.push({ ...annotation, label });
    }
    return kept;
  };
  return { ...mapAnnotations(dataset, renumbered), categories };
}

/** A view of a set without some of its classes and what is annotated with them. The others' numbers close up. */
export function withoutLabels(dataset: Dataset, names: ReadonlySet<string>): Dataset {
  const { labels } = dataset.categories;
  const kept = [...labels.keys()].filter((index) => !names.has(labels[index]!.name));
  const newIndex = new Map(kept.map((old, index) => [old, index] as const));
  return withLabels(
    dataset,
    kept.map((index) => labels[index]!),
    newIndex,
  );
}

/**
 * Takes out VOC's `background`. Left in, it becomes class 0 of a YOLO set and moves every other class's number up by one,
 * and a category of its own in COCO.
 */
export function withoutBackground(dataset: Dataset): Dataset {
  return withoutLabels(dataset, new Set(['background']));
}

/** Puts a class `background` first, where formats of mask pictures have what no mask covers: it would be there twice. */
export function withBackgroundFirst(dataset: Dataset): Dataset {
  const { labels } = dataset.categories;
  const at = labels.findIndex(({ name }) => name === 'background');
  if (at <= 0) return dataset;
  const order = [at, ...[...labels.keys()].filter((index) => index !== at)];
  return withLabels(
    dataset,
    order.map((index) => labels[index]!),
    new Map(order.map((old, index) => [old, index] as const)),
  );
}

export const dropBackground = defineTransform({
  name: 'drop_background',
  about: 'classes',
  description: 'Takes out the class background, which VOC counts as its first.',
  options: z.strictObject({}),
  apply: withoutBackground,
});

export const removeLabels = defineTransform({
  name: 'remove_labels',
  about: 'classes',
  description: 'Takes out classes and what is annotated with them.',
  options: z.strictObject({
    labels: z.array(z.string()).min(1).describe('names of the classes').meta({ names: 'classes' }),
  }),
  apply(dataset, { labels }) {
    tellUnknown(dataset, labels, 'remove_labels');
    return withoutLabels(dataset, new Set(labels));
  },
});

/** A name that is mistyped changes nothing. */
function tellUnknown({ categories, problems }: Dataset, names: Iterable<string>, transform: string): void {
  const known = new Set(categories.labels.map(({ name }) => name));
  for (const name of names) {
    if (!known.has(name)) problems.add('', name, `${transform}: there is no class of this name`);
  }
}

export const remapLabels = defineTransform({
  name: 'remap_labels',
  about: 'classes',
  aliases: ['rename_labels', 'merge_labels'],
  description: 'Renames classes, joins those that get one name, and deletes those that get none.',
  options: z.strictObject({
    labels: z
      .record(z.string(), z.string().nullable())
      .describe('old name: new name; an empty new name deletes the class')
      .meta({ names: 'classes' }),
    default: z
      .enum(['keep', 'delete'])
      .default('keep')
      .describe('what becomes of classes that are not named, and of shapes without a class'),
  }),
  names: 'labels',
  apply(dataset, { labels: mapping, default: otherwise }) {
    const target = new Map(Object.entries(mapping));
    tellUnknown(dataset, target.keys(), 'remap_labels');
    const labels: LabelCategory[] = [];
    const newIndex = new Map<number, number>();
    const given = new Map<string, number>();
    const unchanged = new Set<string>();
    for (const [index, label] of dataset.categories.labels.entries()) {
      const explicit = target.has(label.name);
      const name = explicit ? target.get(label.name) : otherwise === 'keep' ? label.name : null;
      if (name === null || name === undefined || name === '') continue;
      const known = given.get(name);
      // Two classes of one name that nobody asked to join stay two.
      const twin = !explicit && unchanged.has(name);
      if (known !== undefined && !twin) newIndex.set(index, known);
      else {
        newIndex.set(index, labels.length);
        given.set(name, known ?? labels.length);
        labels.push({ ...label, name });
      }
      if (!explicit) unchanged.add(name);
    }
    return withLabels(dataset, labels, newIndex, otherwise === 'keep');
  },
});

export const reorderLabels = defineTransform({
  name: 'project_labels',
  about: 'classes',
  aliases: ['reorder_labels'],
  description: 'Brings the classes into an order. Those that are not named go, new names are added.',
  options: z.strictObject({
    labels: z
      .array(z.string())
      .min(1)
      .describe('names of the classes in their new order')
      .meta({ names: 'classes' }),
    rest: z
      .enum(['delete', 'append'])
      .default('delete')
      .describe('whether classes that are not named go, or come after the others'),
  }),
  apply(dataset, { labels: wanted, rest }) {
    const old = dataset.categories.labels;
    const names = [...new Set(wanted)];
    if (rest === 'append') for (const { name } of old) if (!names.includes(name)) names.push(name);
    const newIndex = new Map<number, number>();
    const labels = names.map((name, index): LabelCategory => {
      const own = old.findIndex((label) => label.name === name);
      for (const [at, label] of old.entries()) if (label.name === name) newIndex.set(at, index);
      return own < 0 ? { name, parent: '', attributes: [] } : withoutNumber(old[own]!);
    });
    return withLabels(dataset, labels, newIndex);
  },
});

/** The source's number of a class would undo the new order in COCO, whose readers sort by it. */
function withoutNumber({ name, parent, attributes }: LabelCategory): LabelCategory {
  return { name, parent, attributes };
}
