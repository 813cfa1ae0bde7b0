import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import {
  type Annotation,
  type Categories,
  CategoryBuilder,
  type Infos,
  InfosBuilder,
  type Item,
  ProblemLog,
} from '../model/index.ts';
import { vote } from './vote.ts';

export const mergeModes = ['exact', 'union', 'intersect'] as const;
/**
 * `exact`: the sets have the same classes, and pieces of one set are put together. `union`: everything of all of them,
 * classes joined by name. `intersect`: several people annotated the same pictures, and what enough of them agree on stays.
 */
export type MergeMode = (typeof mergeModes)[number];

export interface MergeOptions {
  readonly mode: MergeMode;
  /** For `intersect`: from which overlap on two shapes are one. */
  readonly overlap?: number;
  /** For `intersect`: in how many sets a thing must be; more than half of them unless said otherwise. */
  readonly quorum?: number;
}

/**
 * Joins sets into one that is read item by item. Items of the same subset and name are one; only of those that several
 * sets have, the annotations are kept in memory. What can't be read of them, and what they don't agree on, is in the result's problems.
 *
 * @throws {RefineryError} `BAD_REQUEST` for fewer than two sets, and in `exact` mode for sets of other classes.
 */
export async function merge(sets: readonly Dataset[], options: MergeOptions): Promise<Dataset> {
  const [first, ...others] = sets;
  if (first === undefined || others.length === 0) {
    throw new RefineryError('BAD_REQUEST', 'To merge takes two sets or more.');
  }
  if (sets.some(({ media }) => media !== first.media)) {
    throw new RefineryError('BAD_REQUEST', 'Sets of pictures and of other things can’t be merged.');
  }
  const problems = new ProblemLog();
  const { categories, maps } = joinCategories(sets, options.mode);
  // It reads them all, so that their problems are known.
  const shared = await sharedKeys(sets);
  for (const [index, set] of sets.entries()) problems.addAll(set.problems, `set ${index + 1}`);
  return {
    categories,
    media: first.media,
    infos: joinInfos(sets, problems),
    problems,
    async *items() {
      const waiting = new Map<string, Item[]>();
      for (const [index, set] of sets.entries()) {
        for await (const item of set.items()) {
          const own = relabelled(item, maps[index]!);
          const key = keyOf(item);
          const wanted = shared.get(key);
          if (wanted === undefined) {
            if (options.mode !== 'intersect') yield own;
            else yield* alone(own, sets.length, options, problems);
            continue;
          }
          const copies = waiting.get(key) ?? [];
          copies.push(own);
          if (copies.length < wanted) waiting.set(key, copies);
          else {
            waiting.delete(key);
            yield joined(copies, sets.length, options, problems);
          }
        }
      }
      for (const copies of waiting.values()) yield joined(copies, sets.length, options, problems);
    },
  };
}

const keyOf = ({ subset, id }: Item): string => `${subset}/${id}`;

/** Keys that more than one set has, and how many have them. */
async function sharedKeys(sets: readonly Dataset[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const set of sets) {
    for await (const item of set.items()) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  }
  for (const [key, count] of counts) if (count === 1) counts.delete(key);
  return counts;
}

function joinInfos(sets: readonly Dataset[], problems: ProblemLog): Infos {
  const builder = new InfosBuilder();
  for (const [index, { infos }] of sets.entries()) {
    for (const [name, value] of infos ?? []) {
      const fits = builder.add(name, value, `set ${index + 1}`);
      if (!fits) problems.add('', name, 'what the sets say of themselves is too long to be kept');
    }
  }
  return builder.build();
}

function joinCategories(
  sets: readonly Dataset[],
  mode: MergeMode,
): { readonly categories: Categories; readonly maps: readonly (readonly number[])[] } {
  const builder = new CategoryBuilder();
  const namesOf = ({ categories }: Dataset): string =>
    JSON.stringify(categories.labels.map(({ name }) => name));
  const other = sets.findIndex((set) => namesOf(set) !== namesOf(sets[0]!));
  if (mode === 'exact' && other > 0) {
    throw new RefineryError('BAD_REQUEST', `Set ${other + 1} has other classes than the first.`, {
      hint: 'Use the mode union, which joins classes by name, or remap_labels before.',
    });
  }
  const maps = sets.map(({ categories }) => {
    const add = builder.scope();
    const map = categories.labels.map(({ sourceId: _, ...label }) => add(label));
    for (const [label, skeleton] of categories.skeletons) builder.skeleton(map[label]!, skeleton);
    for (const [label, colour] of categories.colours) builder.colour(map[label]!, colour);
    for (const name of categories.attributes) builder.attribute(name);
    return map;
  });
  return { categories: builder.build(), maps };
}

function relabelled(item: Item, map: readonly number[]): Item {
  const annotations = item.annotations.map((annotation): Annotation => {
    if (!('label' in annotation) || annotation.label === null) return annotation;
    const label = map[annotation.label]!;
    return label === annotation.label ? annotation : { ...annotation, label };
  });
  return { ...item, annotations };
}

/** An item that one set has only: of no use where several must agree. */
function* alone(item: Item, sets: number, options: MergeOptions, problems: ProblemLog): Generator<Item> {
  if (quorumOf(options, sets) <= 1) yield item;
  else problems.add(keyOf(item), '', 'left out: only one set has this item');
}

const quorumOf = ({ quorum }: MergeOptions, sets: number): number => quorum ?? Math.floor(sets / 2) + 1;

function joined(copies: readonly Item[], sets: number, options: MergeOptions, problems: ProblemLog): Item {
  const base = copies.find(({ media }) => media?.size) ?? copies[0]!;
  const place = keyOf(base);
  for (const { media } of copies) {
    const [one, other] = [base.media?.size, media?.size];
    if (one && other && (one.width !== other.width || one.height !== other.height)) {
      problems.add(place, '', 'the sets give its picture different sizes; that of the first is taken');
      break;
    }
  }
  const attributes = new Map(copies.toReversed().flatMap((copy) => [...copy.attributes]));
  const annotations =
    options.mode === 'intersect'
      ? vote(
          copies.map((copy) => copy.annotations),
          options.overlap ?? 0.5,
          quorumOf(options, sets),
          (shape, reason) => problems.add(place, shape, reason),
        )
      : unionOfAll(copies);
  return { ...base, attributes, annotations };
}

/** All annotations, those that are the same once. Groups of different sets stay apart. */
function unionOfAll(copies: readonly Item[]): Annotation[] {
  const all: Annotation[] = [];
  const seen = new Set<string>();
  let shift = 0;
  for (const { annotations } of copies) {
    let highest = shift;
    for (const annotation of annotations) {
      const { id: _, group, attributes, ...rest } = annotation;
      const key = JSON.stringify([rest, [...attributes].sort()]);
      if (seen.has(key)) continue;
      seen.add(key);
      const moved = group === 0 ? 0 : group + shift;
      highest = Math.max(highest, moved);
      all.push(moved === group ? annotation : { ...annotation, group: moved });
    }
    shift = highest;
  }
  return all;
}
