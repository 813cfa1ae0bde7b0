import { RefineryError } from '../../../contract/errors.ts';
import { isFileSync } from '../files/folder.ts';
import { folded } from '../files/paths.ts';
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
import { isSameFile } from './same-file.ts';
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

/** Sets as one. */
export interface Merged extends Dataset {
  /** How many items each of them has. */
  readonly sizes: readonly number[];
}

/** An item and the place of its set. */
interface Copy {
  readonly item: Item;
  readonly set: number;
}

/**
 * Joins sets into one that is read item by item. Items of the same subset and name are one if they have the same picture;
 * else the later ones are named by their sets. Only of those that several sets have, the annotations are kept in memory.
 * What can't be read of them, and what they don't agree on, is in the result's problems.
 *
 * @throws {RefineryError} `BAD_REQUEST` for fewer than two sets and for numbers that make no sense, and in `exact` mode for
 * sets of other classes; when it is read in that mode, for two pictures of one name.
 */
export async function merge(sets: readonly Dataset[], options: MergeOptions): Promise<Merged> {
  const [first, ...others] = sets;
  if (first === undefined || others.length === 0) {
    throw new RefineryError('BAD_REQUEST', 'To merge takes two sets or more.');
  }
  if (sets.some(({ media }) => media !== first.media)) {
    throw new RefineryError('BAD_REQUEST', 'Sets of pictures and of other things can’t be merged.');
  }
  checkNumbers(options, sets.length);
  const problems = new ProblemLog();
  const { categories, maps } = joinCategories(sets, options.mode);
  // It reads them all, so that their problems are known.
  const { shared, ownNames, sizes } = await namesIn(sets);
  for (const [index, set] of sets.entries()) problems.addAll(set.problems, `set ${index + 1}`);
  return {
    categories,
    media: first.media,
    infos: joinInfos(sets, problems),
    problems,
    sizes,
    async *items() {
      const waiting = new Map<string, Copy[]>();
      const names = new Set(ownNames);
      for (const [index, set] of sets.entries()) {
        for await (const item of set.items()) {
          const own = relabelled(item, maps[index]!);
          const key = keyOf(item);
          const wanted = shared.get(key);
          if (wanted === undefined) {
            if (options.mode !== 'intersect') yield own;
            else yield* alone({ item: own, set: index }, sets.length, options, problems);
            continue;
          }
          const copies = waiting.get(key) ?? [];
          copies.push({ item: own, set: index });
          if (copies.length < wanted) waiting.set(key, copies);
          else {
            waiting.delete(key);
            yield* together(copies, sets.length, options, problems, names);
          }
        }
      }
      for (const copies of waiting.values()) yield* together(copies, sets.length, options, problems, names);
    },
  };
}

const keyOf = ({ subset, id }: Pick<Item, 'subset' | 'id'>): string => `${subset}/${id}`;

/** A name as one that an item of another set may be given. */
const looksGiven = /_set\d+(?:_\d+)?$/i;

interface Names {
  /** Keys that more than one set has, and how many have them. */
  readonly shared: ReadonlyMap<string, number>;
  /** Keys of items whose own names look like given ones. */
  readonly ownNames: ReadonlySet<string>;
  /** How many items there are in each set. */
  readonly sizes: readonly number[];
}

async function namesIn(sets: readonly Dataset[]): Promise<Names> {
  const shared = new Map<string, number>();
  const ownNames = new Set<string>();
  const sizes: number[] = [];
  for (const set of sets) {
    let size = 0;
    for await (const item of set.items()) {
      size += 1;
      shared.set(keyOf(item), (shared.get(keyOf(item)) ?? 0) + 1);
      if (looksGiven.test(item.id)) ownNames.add(folded(keyOf(item)));
    }
    sizes.push(size);
  }
  for (const [key, count] of shared) if (count === 1) shared.delete(key);
  return { shared, ownNames, sizes };
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
function* alone(
  { item, set }: Copy,
  sets: number,
  options: MergeOptions,
  problems: ProblemLog,
): Generator<Item> {
  if (quorumOf(options, sets) <= 1) yield item;
  else problems.add(keyOf(item), '', `left out: only set ${set + 1} has this item`);
}

function checkNumbers({ overlap = usualOverlap, quorum = 1 }: MergeOptions, sets: number): void {
  if (!(overlap > 0 && overlap <= 1)) {
    throw new RefineryError('BAD_REQUEST', 'The overlap is a number above 0 and up to 1.');
  }
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > sets) {
    throw new RefineryError(
      'BAD_REQUEST',
      `The quorum is a whole number from 1 to ${sets}, the number of sets.`,
    );
  }
}

/** From which overlap on two shapes are one, unless it is said. */
const usualOverlap = 0.5;

/** In how many of so many sets a thing must be, unless it is said: in more than half. */
export const usualQuorum = (sets: number): number => Math.floor(sets / 2) + 1;

const quorumOf = ({ quorum }: MergeOptions, sets: number): number => quorum ?? usualQuorum(sets);

/** Options with what counts where nothing is said, and without what does not. */
export const inFull = ({ mode, overlap = usualOverlap, quorum }: MergeOptions, sets: number): MergeOptions =>
  mode === 'intersect' ? { mode, overlap, quorum: quorum ?? usualQuorum(sets) } : { mode };

/**
 * The items that copies of one name are: one for each picture, but where the sets are about the same pictures in any case.
 *
 * @param names those that are taken; those that are given are added.
 */
async function* together(
  copies: readonly Copy[],
  sets: number,
  options: MergeOptions,
  problems: ProblemLog,
  names: Set<string>,
): AsyncGenerator<Item> {
  const pictures: Copy[][] = [];
  for (const copy of copies) {
    let own: Copy[] | undefined;
    for (const others of pictures) {
      if (own === undefined && (await haveSamePicture(others[0]!.item, copy.item))) own = others;
    }
    if (own === undefined) pictures.push([copy]);
    else own.push(copy);
  }
  const [first, ...others] = pictures;
  const key = keyOf(copies[0]!.item);
  if (others.length > 0 && options.mode === 'exact') {
    throw new RefineryError('BAD_REQUEST', `Sets have different pictures called ${key}.`, {
      hint: 'Use the mode union, which keeps both, or rename items before.',
    });
  }
  if (options.mode === 'intersect') {
    if (others.length > 0)
      problems.add(key, '', 'the sets have different pictures of it; the first is taken');
    yield joined(copies, sets, options, problems);
    return;
  }
  yield joined(first!, sets, options, problems);
  for (const copies of others) {
    const { set, item } = copies[0]!;
    const ending = freeEnding(item, `_set${set + 1}`, names);
    problems.add(key, '', `set ${set + 1} has another picture of this name, which is called …${ending}`);
    yield { ...joined(copies, sets, options, problems), id: `${item.id}${ending}` };
  }
}

/** What is put behind a name: with a number where that is taken. */
function freeEnding({ subset, id }: Item, plain: string, names: Set<string>): string {
  let ending = plain;
  const key = (): string => folded(keyOf({ subset, id: `${id}${ending}` }));
  for (let number = 2; names.has(key()); number += 1) ending = `${plain}_${number}`;
  names.add(key());
  return ending;
}

/** Where a file isn't there, the sizes tell. */
async function haveSamePicture(one: Item, other: Item): Promise<boolean> {
  const [a, b] = [one.media?.size, other.media?.size];
  if (a && b && (a.width !== b.width || a.height !== b.height)) return false;
  if (one.media === null || other.media === null) return true;
  return (await isSameFile(one.media.path, other.media.path)) ?? true;
}

function joined(copies: readonly Copy[], sets: number, options: MergeOptions, problems: ProblemLog): Item {
  const items = copies.map(({ item }) => item);
  const base = items[0]!;
  const media = mediaOf(items);
  const place = keyOf(base);
  const attributes = new Map(items.toReversed().flatMap((item) => [...item.attributes]));
  const annotations =
    options.mode === 'intersect'
      ? vote(
          copies.map(({ item, set }) => ({ set, annotations: item.annotations })),
          options.overlap ?? usualOverlap,
          quorumOf(options, sets),
          (shape, reason) => problems.add(place, shape, reason),
        )
      : unionOfAll(items);
  return { ...base, media, attributes, annotations };
}

/** The picture of items that have one: where its file is there, with a size that any of them says. */
function mediaOf(items: readonly Item[]): Item['media'] {
  const all = items.flatMap(({ media }) => media ?? []);
  const media = all.find(({ path }) => isFileSync(path)) ?? all.find(({ size }) => size) ?? all[0];
  if (media === undefined) return null;
  return { ...media, size: media.size ?? all.find(({ size }) => size)?.size ?? null };
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
