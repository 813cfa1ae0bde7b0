import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';
import { Random } from './random.ts';
import { defineTransform, mapItems } from './transform.ts';

/** Nothing that a subset's name would do in a path but be a folder or a part of a file's name. */
const SubsetName = z
  .string()
  .min(1)
  .max(100)
  .refine(
    (name) => !/[\\/\0]/.test(name) && name !== '.' && name !== '..',
    'a subset is named without slashes',
  );

export const mapSubsets = defineTransform({
  name: 'map_subsets',
  aliases: ['rename_subsets'],
  description: 'Renames subsets; those that get one name become one.',
  options: z.strictObject({
    subsets: z.record(z.string(), SubsetName).describe('old name: new name; the others keep theirs'),
  }),
  names: 'subsets',
  apply(dataset, { subsets }) {
    const target = new Map(Object.entries(subsets));
    return mapItems(dataset, (item) => ({ ...item, subset: target.get(item.subset) ?? item.subset }));
  },
});

const Ratios = z
  .record(SubsetName, z.number().min(0).max(1))
  .refine((ratios) => Object.keys(ratios).length > 0, 'at least one subset is needed')
  .refine(
    (ratios) => Math.abs(Object.values(ratios).reduce((sum, ratio) => sum + ratio, 0) - 1) <= 1e-7,
    'the ratios must add up to 1',
  )
  .describe('subset: its part of all items, 0 to 1; together 1');

const Seed = z
  .number()
  .int()
  .min(0)
  .max(0xffffffff)
  .default(0)
  .describe('whole number; the same gives the same');

const GroupBy = z
  .string()
  .optional()
  .describe('items whose ids agree in what this regular expression finds stay together');

export const randomSplit = defineTransform({
  name: 'random_split',
  aliases: ['split'],
  description: 'Joins all subsets and deals the items out at random, by ratio.',
  options: z.strictObject({ subsets: Ratios, seed: Seed, group_by: GroupBy }),
  names: 'subsets',
  apply: (dataset, { subsets, seed, group_by }) => split(dataset, subsets, seed, group_by, () => ''),
});

export const stratifiedSplit = defineTransform({
  name: 'stratified_split',
  description:
    'Deals the items out at random, by ratio, so that each class is spread over the subsets alike.',
  options: z.strictObject({ subsets: Ratios, seed: Seed, group_by: GroupBy }),
  names: 'subsets',
  async apply(dataset, { subsets, seed, group_by }) {
    const frequency = new Map<number, number>();
    for await (const item of dataset.items()) {
      for (const label of labelsIn(item)) frequency.set(label, (frequency.get(label) ?? 0) + 1);
    }
    // An item counts for the rarest class in it: common classes spread by themselves.
    const stratum = (item: Item): string => {
      let rarest = -1;
      for (const label of labelsIn(item)) {
        if (rarest < 0 || frequency.get(label)! < frequency.get(rarest)!) rarest = label;
      }
      return String(rarest);
    };
    return split(dataset, subsets, seed, group_by, stratum);
  },
});

function labelsIn({ annotations }: Item): Set<number> {
  const labels = new Set<number>();
  for (const annotation of annotations) {
    if ('label' in annotation && annotation.label !== null) labels.add(annotation.label);
  }
  return labels;
}

/**
 * Deals items out by ratio: in each stratum the groups are shuffled, and the borders lie where the items so far reach
 * the ratios so far, rounded down as in Datumaro; the last subset takes the rest. What one stratum rounds off, the
 * next makes good.
 */
async function split(
  dataset: Dataset,
  subsets: Readonly<Record<string, number>>,
  seed: number,
  groupBy: string | undefined,
  stratumOf: (item: Item) => string,
): Promise<Dataset> {
  const names = Object.keys(subsets);
  const groupOf = grouping(groupBy);
  const strata = new Map<string, number[]>();
  const groups: number[][] = [];
  const known = new Map<string, number>();
  let items = 0;
  for await (const item of dataset.items()) {
    const key = groupOf?.(item.id) ?? null;
    let group = key === null ? undefined : known.get(key);
    if (group === undefined) {
      group = groups.length;
      groups.push([]);
      if (key !== null) known.set(key, group);
      const stratum = stratumOf(item);
      const members = strata.get(stratum);
      if (members === undefined) strata.set(stratum, [group]);
      else members.push(group);
    }
    groups[group]!.push(items);
    items += 1;
  }
  const chosen = new Uint16Array(items);
  const random = new Random(seed);
  const ratios = names.map((name) => subsets[name]!);
  const placed = names.map(() => 0);
  let before = 0;
  for (const stratum of [...strata.keys()].sort()) {
    const members = random.shuffle(strata.get(stratum)!);
    before += members.reduce((sum, group) => sum + groups[group]!.length, 0);
    const last = ratios.findLastIndex((ratio) => ratio > 0);
    let sum = 0;
    const room = ratios.map((ratio, at) => {
      const from = at === 0 ? 0 : Math.floor(sum * before + 1e-9);
      sum += ratio;
      return (at === last ? before : Math.floor(sum * before + 1e-9)) - from - placed[at]!;
    });
    let turn = 0;
    for (const group of members) {
      while (turn < last && room[turn]! <= 0) turn += 1;
      const size = groups[group]!.length;
      room[turn]! -= size;
      placed[turn]! += size;
      for (const item of groups[group]!) chosen[item] = turn;
    }
  }
  return mapItems(dataset, (item, index) => ({ ...item, subset: names[chosen[index]!]! }));
}

function grouping(groupBy: string | undefined): ((id: string) => string | null) | null {
  if (groupBy === undefined) return null;
  let pattern: RegExp;
  try {
    pattern = new RegExp(groupBy, 'u');
  } catch (thrown) {
    throw new RefineryError(
      'BAD_REQUEST',
      `group_by is no regular expression: ${(thrown as Error).message}.`,
    );
  }
  return (id) => {
    const found = pattern.exec(id);
    return found === null ? null : (found[1] ?? found[0]);
  };
}
