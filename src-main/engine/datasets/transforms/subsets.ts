import { z } from 'zod';
import type { AnnotationType, Item } from '../model/index.ts';
import { grouping, Ratios, Seed, SubsetName, split, together } from './dealing.ts';
import { defineTransform, mapItems, tellingOf } from './transform.ts';

export const mapSubsets = defineTransform({
  name: 'map_subsets',
  about: 'splits',
  aliases: ['rename_subsets'],
  description: 'Renames subsets; those that get one name become one.',
  options: z.strictObject({
    subsets: z
      .record(z.string(), SubsetName)
      .describe('old name: new name; the others keep theirs')
      .meta({ names: 'subsets' }),
  }),
  names: 'subsets',
  apply(dataset, { subsets }) {
    const target = new Map(Object.entries(subsets));
    const unseen = new Set(target.keys());
    const renamed = mapItems(dataset, (item) => {
      unseen.delete(item.subset);
      return { ...item, subset: target.get(item.subset) ?? item.subset };
    });
    return tellingOf(renamed, unseen, dataset.problems, 'map_subsets: there is no subset of this name');
  },
});

export const randomSplit = defineTransform({
  name: 'random_split',
  about: 'splits',
  aliases: ['split'],
  description: 'Joins all subsets and deals the items out at random, by ratio.',
  options: z.strictObject({ subsets: Ratios, seed: Seed, ...together }),
  names: 'subsets',
  apply: async (dataset, { subsets, seed, ...options }) =>
    split(dataset, subsets, seed, await grouping(dataset, options), () => ''),
});

/** Which annotations count for a task. */
const tasks: Readonly<
  Record<'any' | 'classification' | 'detection' | 'segmentation', readonly AnnotationType[] | null>
> = {
  any: null,
  classification: ['label'],
  detection: ['box', 'rotated_box'],
  segmentation: ['mask', 'polygon'],
};

export const stratifiedSplit = defineTransform({
  name: 'stratified_split',
  about: 'splits',
  description:
    'Deals the items out at random, by ratio, so that each class is spread over the subsets alike.',
  options: z.strictObject({
    subsets: Ratios,
    seed: Seed,
    task: z
      .enum(['any', 'classification', 'detection', 'segmentation'])
      .default('any')
      .describe('which annotations count: all, classes of pictures, boxes, or outlines and masks'),
    ...together,
  }),
  names: 'subsets',
  async apply(dataset, { subsets, seed, task, ...options }) {
    const types = tasks[task];
    const frequency = new Map<number, number>();
    for await (const item of dataset.items()) {
      for (const label of labelsIn(item, types)) frequency.set(label, (frequency.get(label) ?? 0) + 1);
    }
    // An item counts for the rarest class in it: common classes spread by themselves.
    const stratum = (item: Item): string => {
      let rarest = -1;
      for (const label of labelsIn(item, types)) {
        if (rarest < 0 || frequency.get(label)! < frequency.get(rarest)!) rarest = label;
      }
      return String(rarest);
    };
    return split(dataset, subsets, seed, await grouping(dataset, options), stratum);
  },
});

function labelsIn({ annotations }: Item, types: readonly AnnotationType[] | null): Set<number> {
  const labels = new Set<number>();
  for (const annotation of annotations) {
    if (types !== null && !types.includes(annotation.type)) continue;
    if ('label' in annotation && annotation.label !== null) labels.add(annotation.label);
  }
  return labels;
}
