import type { hull } from '../convert.ts';
import type { Annotation } from '../model/index.ts';
import type { Place } from './tiles.ts';

// Which thing of one tile goes on as which of the next.

/** One annotation of one tile. */
export interface Part {
  readonly annotation: Annotation;
  readonly place: Place;
}

/** Parts that are taken for one thing so far. */
export interface Cluster {
  readonly parts: Part[];
  /** What its parts have in common: what differs in it is never joined. */
  readonly key: string;
}

export type Bounds = NonNullable<ReturnType<typeof hull>>;

/** A thing, and what of it lies where the two tiles are compared; null for nothing. */
export interface End {
  readonly cluster: Cluster;
  readonly bounds: Bounds | null;
}

export interface Pair {
  readonly open: Cluster;
  readonly next: Cluster;
}

export type Axis = 'x' | 'y';

/** Pixels by which parts that meet may miss each other: some formats have whole pixels only. */
const slack = 1;

/** How alike the ends of two parts must be for them to be one thing; 1 is the same. */
export const leastLikeness = 0.5;

/** An end with its turn among those of its tile. */
interface Turn extends End {
  readonly turn: number;
}

interface Likely {
  readonly open: Turn;
  readonly next: Turn;
  readonly likeness: number;
}

/** Hands out those that may be alike enough to one, and maybe others. */
type Finder = (one: Turn) => Iterable<Turn>;

/**
 * Pairs what goes on with what it goes on as: the most alike first, each with one at most; of those that are as alike, the
 * earlier ones.
 *
 * @param along in which directions they are compared, the one in which they are spread the most first.
 */
export function pairsOf(open: readonly End[], next: readonly End[], along: readonly Axis[]): readonly Pair[] {
  const ends = Map.groupBy(open.map(turned), ({ cluster }) => cluster.key);
  const waiting = Map.groupBy(next.map(turned), ({ cluster }) => cluster.key);
  const pairs: Likely[] = [];
  for (const [key, ones] of ends) {
    const others = waiting.get(key);
    if (others === undefined) continue;
    const { type } = ones[0]!.cluster.parts[0]!.annotation;
    if (isOfWhole(type)) {
      // Each is as like one as another.
      for (const [at, one] of ones.slice(0, others.length).entries())
        pairs.push({ open: one, next: others[at]!, likeness: 1 });
      continue;
    }
    const alike: Likely[] = [];
    const find = type === 'points' ? pointFinder(others) : boundsFinder(others, along[0]!);
    for (const one of ones) {
      for (const other of find(one)) {
        const likeness = likenessOf(one, other, along);
        if (likeness >= leastLikeness) alike.push({ open: one, next: other, likeness });
      }
    }
    const best = chosen(alike);
    for (const pair of best) pairs.push(pair);
    if (type === 'points') for (const pair of apartPairs(ones, others, best)) pairs.push(pair);
  }
  return chosen(pairs).map(({ open: one, next: other }) => ({ open: one.cluster, next: other.cluster }));
}

const turned = (end: End, turn: number): Turn => ({ ...end, turn });

/** Marks of the whole picture are in every tile of it. */
const isOfWhole = (type: Annotation['type']): boolean => ['label', 'caption', 'cuboid_3d'].includes(type);

function chosen(pairs: readonly Likely[]): readonly Likely[] {
  const taken = new Set<Cluster>();
  return pairs
    .toSorted(
      (one, other) =>
        other.likeness - one.likeness || one.open.turn - other.open.turn || one.next.turn - other.next.turn,
    )
    .filter(({ open, next }) => {
      if (taken.has(open.cluster) || taken.has(next.cluster)) return false;
      taken.add(open.cluster).add(next.cluster);
      return true;
    });
}

/** How alike two things are where they are compared; 1 is the same. */
export function likenessOf(
  { cluster: one, bounds }: End,
  { cluster: other, bounds: others }: End,
  along: readonly Axis[],
): number {
  const [first, second] = [one.parts[0]!.annotation, other.parts[0]!.annotation];
  if (isOfWhole(first.type)) return 1;
  if (first.type === 'points' && second.type === 'points') return pointsLikeness(one, other);
  if (bounds === null || others === null) return 0;
  return Math.min(
    ...along.map((axis) => {
      const length = lengthOf(axis);
      return sideLikeness(bounds[axis], bounds[length], others[axis], others[length]);
    }),
  );
}

const lengthOf = (axis: Axis) => (axis === 'x' ? 'width' : 'height');

/** How alike two stretches are: 1 for the same but for rounding, minus what their ends are apart. */
function sideLikeness(start: number, length: number, other: number, otherLength: number): number {
  const apart = [Math.abs(start - other), Math.abs(start + length - other - otherLength)];
  const beyond = apart.reduce((sum, each) => sum + Math.max(0, each - slack), 0);
  const fine = apart.reduce((sum, each) => sum + each, 0);
  return 1 - beyond / Math.max(length, otherLength, slack) - fine * 1e-3;
}

/**
 * Those that begin near to where one begins. Where ends are apart by half of the longer stretch at most, and the slack at
 * each, the longer is twice the shorter at most, and four pixels: they begin within its length and three pixels.
 */
function boundsFinder(others: readonly Turn[], axis: Axis): Finder {
  const sorted = others
    .filter(({ bounds }) => bounds !== null)
    .sort((one, other) => one.bounds![axis] - other.bounds![axis]);
  return function* ({ bounds }) {
    if (bounds === null) return;
    const start = bounds[axis];
    // A pixel more, for what rounding may do.
    const reach = bounds[lengthOf(axis)] + 3 * slack + 1;
    for (let at = firstFrom(sorted, axis, start - reach); at < sorted.length; at += 1) {
      const other = sorted[at]!;
      if (other.bounds![axis] > start + reach) return;
      yield other;
    }
  };
}

/** The first that begins there or later. */
function firstFrom(sorted: readonly Turn[], axis: Axis, start: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]!.bounds![axis] < start) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Points that several tiles have are the same there; two that share none may be one thing, but what shares some is first. */
function pointsLikeness(one: Cluster, other: Cluster): number {
  let shared = 0;
  for (const { annotation, place } of one.parts) {
    for (const { annotation: second, place: tile } of other.parts) {
      if (annotation.type !== 'points' || second.type !== 'points') continue;
      if (annotation.points.length !== second.points.length) return 0;
      for (const [at, seen] of annotation.visibility.entries()) {
        if (seen === 0 || second.visibility[at] === 0) continue;
        const right = annotation.points[at * 2]! + place.left - second.points[at * 2]! - tile.left;
        const down = annotation.points[at * 2 + 1]! + place.top - second.points[at * 2 + 1]! - tile.top;
        if (Math.hypot(right, down) > slack) return 0;
        shared += 1;
      }
    }
  }
  return shared > 0 ? 1 : leastLikeness;
}

/** The points of a thing that are seen, in pixels of the whole picture. */
function* seenPoints({
  parts,
}: Cluster): Generator<{ readonly at: number; readonly x: number; readonly y: number }> {
  for (const { annotation, place } of parts) {
    if (annotation.type !== 'points') continue;
    for (const [at, seen] of annotation.visibility.entries()) {
      if (seen === 0) continue;
      yield { at, x: annotation.points[at * 2]! + place.left, y: annotation.points[at * 2 + 1]! + place.top };
    }
  }
}

/** Those that have a point where one has the same. */
function pointFinder(others: readonly Turn[]): Finder {
  const cells = new Map<string, Set<Turn>>();
  for (const other of others) {
    for (const { at, x, y } of seenPoints(other.cluster)) {
      const cell = `${at} ${Math.floor(x / slack)} ${Math.floor(y / slack)}`;
      const found = cells.get(cell);
      if (found === undefined) cells.set(cell, new Set([other]));
      else found.add(other);
    }
  }
  return ({ cluster }) => {
    const found = new Set<Turn>();
    for (const { at, x, y } of seenPoints(cluster)) {
      const [column, row] = [Math.floor(x / slack), Math.floor(y / slack)];
      for (let right = column - 1; right <= column + 1; right += 1) {
        for (let down = row - 1; down <= row + 1; down += 1)
          for (const other of cells.get(`${at} ${right} ${down}`) ?? []) found.add(other);
      }
    }
    return [...found].filter((other) => pointsLikeness(cluster, other.cluster) === 1);
  };
}

/** Which of its points a thing shows; how many it has is a part of it. */
function seenOf({ parts }: Cluster): string {
  const lengths = parts.map(({ annotation }) =>
    annotation.type === 'points' ? annotation.points.length : 0,
  );
  const seen = new Set<number>();
  for (const { at } of seenPoints({ parts, key: '' })) seen.add(at);
  return JSON.stringify([[...new Set(lengths)], [...seen].sort((one, other) => one - other)]);
}

/** Of those that share no point with one of the others, each with the first that is left. @param before what was paired. */
function apartPairs(ones: readonly Turn[], others: readonly Turn[], before: readonly Likely[]): Likely[] {
  const taken = new Set(before.flatMap(({ open, next }) => [open, next]));
  // Few ways of being seen stand for many things: each of the one is held against each of the other once.
  const left = others.filter((other) => !taken.has(other));
  const kinds = [...Map.groupBy(left, ({ cluster }) => seenOf(cluster)).values()].map((of) => ({
    of,
    at: 0,
  }));
  const fitting = new Map<string, typeof kinds>();
  const pairs: Likely[] = [];
  for (const one of ones) {
    if (taken.has(one)) continue;
    const seen = seenOf(one.cluster);
    const lists =
      fitting.get(seen) ??
      kinds.filter(({ of }) => pointsLikeness(one.cluster, of[0]!.cluster) === leastLikeness);
    fitting.set(seen, lists);
    const [first] = lists
      .filter(({ of, at }) => at < of.length)
      .sort((list, other) => list.of[list.at]!.turn - other.of[other.at]!.turn);
    if (first === undefined) continue;
    pairs.push({ open: one, next: first.of[first.at]!, likeness: leastLikeness });
    first.at += 1;
  }
  return pairs;
}
