import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';
import { alike, usualDistance } from './duplicates.ts';
import { Pattern } from './patterns.ts';
import { Random } from './random.ts';
import { mapItems } from './transform.ts';

/** Nothing that a subset's name would do in a path but be a folder or a part of a file's name. */
export const SubsetName = z
  .string()
  .min(1)
  .max(100)
  .refine(
    (name) => !/[\\/\0]/.test(name) && name !== '.' && name !== '..',
    'a subset is named without slashes',
  );

export const Ratios = z
  .record(SubsetName, z.number().min(0).max(1))
  .refine((ratios) => Object.keys(ratios).length > 0, 'at least one subset is needed')
  .refine(
    (ratios) => Math.abs(Object.values(ratios).reduce((sum, ratio) => sum + ratio, 0) - 1) <= 1e-7,
    'the ratios must add up to 1',
  )
  .describe('subset: its part of all items, 0 to 1; together 1');

export const Seed = z
  .number()
  .int()
  .min(0)
  .max(0xffffffff)
  .default(0)
  .describe('whole number; the same gives the same');

/** What keeps items together in one subset. */
export const together = {
  group_by: z
    .string()
    .optional()
    .describe('items whose ids agree in what this regular expression finds stay together'),
  group_attribute: z
    .string()
    .optional()
    .describe('items that have the same value of this attribute stay together: a person, a video'),
  group_similar: z
    .boolean()
    .default(false)
    .describe('whether pictures that look alike stay together, so that none is in training and in test'),
};

type Together = {
  readonly group_by?: string | undefined;
  readonly group_attribute?: string | undefined;
  readonly group_similar: boolean;
};

/**
 * Deals items out by ratio: in each stratum the groups are shuffled, and the borders lie where the items so far reach
 * the ratios so far, rounded down as in Datumaro; the last subset takes the rest. What one stratum rounds off, the
 * next makes good.
 */
export async function split(
  dataset: Dataset,
  subsets: Readonly<Record<string, number>>,
  seed: number,
  grouping: Grouping,
  stratumOf: (item: Item) => string,
): Promise<Dataset> {
  const names = Object.keys(subsets);
  const strata = new Map<string, number[]>();
  const groups: number[][] = [];
  const known = new Map<string, number>();
  let items = 0;
  for await (const item of dataset.items()) {
    const key = grouping.of(item, items);
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
  if (grouping.nothing !== null && known.size === 0 && items > 0)
    dataset.problems.add('', '', grouping.nothing);
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

/** What keeps items together. */
export interface Grouping {
  /** What an item stays together with; null where it is alone. */
  of(item: Item, index: number): string | null;
  /** What is to be told where all are alone, which nobody wants who asks for this. */
  readonly nothing: string | null;
}

export const alone: Grouping = { of: () => null, nothing: null };

export async function grouping(
  dataset: Dataset,
  { group_by, group_attribute, group_similar }: Together,
): Promise<Grouping> {
  const given = [group_by, group_attribute, group_similar ? '' : undefined].filter(
    (one) => one !== undefined,
  );
  if (given.length > 1)
    throw new RefineryError('BAD_REQUEST', 'Items can be kept together by one thing only.', {
      hint: 'Give one of group_by, group_attribute and group_similar.',
    });
  if (group_similar) {
    const groups = await alike(dataset, usualDistance);
    return { of: (_, index) => String(groups[index]), nothing: null };
  }
  if (group_attribute !== undefined) {
    return {
      of({ attributes }) {
        const value = attributes.get(group_attribute);
        return value === undefined || value === null ? null : JSON.stringify(value);
      },
      nothing: `no item has the attribute ${group_attribute}: nothing is kept together`,
    };
  }
  if (group_by === undefined) return alone;
  const pattern = new Pattern('group_by', group_by);
  const ids: string[] = [];
  for await (const { id } of dataset.items()) ids.push(id);
  const groups = pattern.findIn(ids);
  return {
    of: (_, index) => groups[index] ?? null,
    nothing: 'group_by is found in no name: nothing is kept together',
  };
}
