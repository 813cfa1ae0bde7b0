import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { adapt } from '../convert.ts';
import { fileNameOf, flat } from '../files/paths.ts';
import type { Abilities, Dataset, Limits } from '../format.ts';
import {
  type Annotation,
  type AnnotationType,
  annotationTypes,
  type Categories,
  type Infos,
  type Item,
  isCrowd,
  noInfos,
  objectOf,
  type ProblemLog,
} from '../model/index.ts';
import {
  hasLabel,
  inTurn,
  isApproximated,
  match,
  relabelRows,
  rowsOf,
  typeAt,
  withoutLabels,
} from './fingerprints.ts';
import { RowStore } from './row-store.ts';

/** What came back of the annotations that were to be written as one type. */
export interface TypeRoundTrip {
  readonly type: AnnotationType;
  /** To be written, of which some approximate another shape. */
  readonly expected: number;
  readonly approximated: number;
  /** Back with the same class and numbers. */
  readonly equal: number;
  /** Back within a pixel and a half, as formats of whole pixels do. */
  readonly near: number;
  /** Back about where it was, but different: a mask that another covers in part. */
  readonly changed: number;
  readonly missing: number;
  /** Back although nobody wrote them: a format that wants a box for every outline makes one. */
  readonly added: number;
}

export interface RoundTrip {
  readonly items: { readonly expected: number; readonly found: number; readonly added: number };
  /** Annotations that are missing from items that came back with their picture. */
  readonly missingInFound: number;
  /** Those of them, and those items that did not come back, of which the writer has told nothing. */
  readonly untold: { readonly annotations: number; readonly items: number };
  readonly types: readonly TypeRoundTrip[];
  /** Part of the expected annotations that came back equal or near, 0 to 1; 1 for a set without any. */
  readonly score: number;
  /** Items that have another name or subset now, the first of them. */
  readonly renamedItems: { readonly count: number; readonly examples: readonly Renamed[] };
  readonly renamedLabels: readonly Renamed[];
  /** Names that several classes have, which were told apart before and aren't any more. */
  readonly joinedLabels: readonly string[];
  /** Names of what the set says of itself that did not come back as it was. */
  readonly missingInfos: readonly string[];
  /** Items that did not come back, or not whole, and what of the set did not; the first of them. */
  readonly damaged: readonly string[];
}

export interface Renamed {
  readonly from: string;
  readonly to: string;
}

const mostExamples = 20;

/**
 * Remembers what a conversion writes, in some thirty bytes an annotation, and compares what is read back with it. Items
 * are found by subset and name, else by name, else by the name of their file.
 */
export class RoundTripCheck {
  readonly #types: Abilities['types'];
  readonly #limits: Limits;
  readonly #categories: Categories;
  /** What the set says of itself and the format has a place for. */
  readonly #infos: Infos;
  readonly #indexOf = new Map<string, number>();
  readonly #rows = new RowStore();

  constructor(
    { types, infos: holdsInfos, limits }: Abilities,
    { categories, infos = noInfos }: Pick<Dataset, 'categories' | 'infos'>,
  ) {
    this.#types = types;
    this.#limits = limits ?? {};
    this.#categories = categories;
    this.#infos = holdsInfos === true ? infos : noInfos;
  }

  /** Forgets everything: a writer may read the set several times. */
  restart(): void {
    this.#indexOf.clear();
    this.#rows.clear();
  }

  expect(item: Item): void {
    const taken = takenBy(this.#limits, item.annotations);
    const { annotations } = adapt(taken, this.#types, item.media?.size ?? null);
    this.#indexOf.set(keyOf(item), this.#rows.items);
    this.#rows.add(this.#classless(rowsOf(annotations, taken)));
  }

  /** Without the classes, for a format that has none: they are lost by its plan. */
  #classless(rows: Float32Array): Float32Array {
    if (this.#limits.classes === 'none') withoutLabels(rows);
    return rows;
  }

  /** @param told what the writer has said it left out or changed. */
  async compare(back: Dataset, told: ProblemLog, onItem: () => void): Promise<RoundTrip> {
    const labels = matchLabels(this.#categories, back.categories);
    const counts = new Map<AnnotationType, Record<Exclude<keyof TypeRoundTrip, 'type'>, number>>();
    const of = (type: AnnotationType) => {
      const known = counts.get(type) ?? {
        expected: 0,
        approximated: 0,
        equal: 0,
        near: 0,
        changed: 0,
        missing: 0,
        added: 0,
      };
      counts.set(type, known);
      return known;
    };
    const finder = new Finder(this.#indexOf);
    const seen = new Uint8Array(this.#rows.items);
    const examples: Renamed[] = [];
    const damaged: string[] = [];
    let [found, added, renamed, missingInFound] = [0, 0, 0, 0];
    const untold = { annotations: 0, items: 0 };
    const twins = twinsIn(this.#categories);
    const joined = new Set<string>();
    const compareRows = (wrote: Float32Array, read: Float32Array): number => {
      let missing = 0;
      if (twins.size > 0 && !inTurn(wrote, read)) {
        const before = [wrote, read].map((rows) => rows.slice());
        for (const rows of [wrote, read]) relabelRows(rows, (label) => twins.get(label)?.first ?? label);
        for (const [label, { name }] of twins)
          if (before.some((rows) => hasLabel(rows, label))) joined.add(name);
      }
      match(wrote, read, (one, other, likeness) => {
        if (one < 0) {
          of(typeAt(read, other)).added += 1;
          return;
        }
        const type = of(typeAt(wrote, one));
        type.expected += 1;
        if (isApproximated(wrote, one)) type.approximated += 1;
        if (other < 0) {
          type.missing += 1;
          missing += 1;
        } else type[likeness] += 1;
      });
      return missing;
    };
    for await (const item of back.items()) {
      onItem();
      const own = keyOf(item);
      const index = finder.find(own, item.id, (candidate) => seen[candidate] === 0);
      const read = rowsOf(item.annotations, item.annotations, (label) => labels.of[label] ?? -2 - label);
      const rows = this.#classless(read);
      if (index === undefined) {
        added += 1;
        compareRows(new Float32Array(0), rows);
        continue;
      }
      seen[index] = 1;
      found += 1;
      const name = finder.nameOf(index, own);
      if (name !== own) {
        renamed += 1;
        if (examples.length < mostExamples) examples.push({ from: name, to: own });
      }
      const missing = compareRows(this.#rows.of(index), rows);
      // Without its picture, a format of fractions can't say where anything is.
      if (missing > 0 && (item.media === null || existsSync(item.media.path))) {
        missingInFound += missing;
        untold.annotations += Math.max(0, missing - told.lossesOf(name));
      }
      if (missing > 0 && damaged.length < mostExamples) damaged.push(`${keyOf(item)}: ${missing} missing`);
    }
    for (const [key, index] of this.#indexOf) {
      if (seen[index] === 1) continue;
      if (told.lossesOf(key) === 0) untold.items += 1;
      if (damaged.length < mostExamples) damaged.push(`${key}: not there`);
      compareRows(this.#rows.of(index), new Float32Array(0));
    }
    const missingInfos = [...this.#infos].flatMap(([name, value]) =>
      isDeepStrictEqual(back.infos?.get(name), value) ? [] : [name],
    );
    for (const name of missingInfos.slice(0, mostExamples - damaged.length)) {
      damaged.push(`${name}, which the set says of itself: not there as it was`);
    }
    const types = annotationTypes.flatMap((type) => {
      const known = counts.get(type);
      return known === undefined ? [] : [{ type, ...known }];
    });
    const all = types.reduce((sum, { expected }) => sum + expected, 0);
    const good = types.reduce((sum, { equal, near }) => sum + equal + near, 0);
    return {
      items: { expected: this.#rows.items, found, added },
      missingInFound,
      untold,
      types,
      score: all === 0 ? 1 : good / all,
      renamedItems: { count: renamed, examples },
      renamedLabels: labels.renamed,
      joinedLabels: [...joined],
      missingInfos,
      damaged,
    };
  }
}

/** What a format doesn't refuse, as its plan says. */
function takenBy(
  { withoutCrowds, needsClass }: Limits,
  annotations: Item['annotations'],
): Item['annotations'] {
  if (withoutCrowds !== true && needsClass !== true) return annotations;
  // A crowd's other parts go with it.
  const crowds = new Set(
    withoutCrowds === true
      ? annotations.filter(({ attributes }) => isCrowd(attributes)).map((part) => objectOf(part))
      : [],
  );
  crowds.delete(0);
  const isRefused = (annotation: Annotation): boolean =>
    (withoutCrowds === true && (isCrowd(annotation.attributes) || crowds.has(objectOf(annotation)))) ||
    (needsClass === true && 'label' in annotation && annotation.label === null);
  return annotations.some(isRefused) ? annotations.filter((part) => !isRefused(part)) : annotations;
}

const keyOf = ({ subset, id }: Item): string => `${subset}/${id}`;

/** Finds the written item that a read one is. The slower ways are only made ready when they are needed. */
class Finder {
  readonly #indexOf: ReadonlyMap<string, number>;
  #byName: Map<string, number[]> | undefined;
  readonly #names: string[] = [];

  constructor(indexOf: ReadonlyMap<string, number>) {
    this.#indexOf = indexOf;
  }

  find(key: string, id: string, free: (index: number) => boolean): number | undefined {
    const exact = this.#indexOf.get(key);
    if (exact !== undefined) return free(exact) ? exact : undefined;
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const [key, index] of this.#indexOf) {
        this.#names[index] = key;
        const id = key.slice(key.indexOf('/') + 1);
        for (const name of new Set([`id ${id}`, `id ${flat(id)}`, `file ${fileNameOf(id)}`])) {
          const known = this.#byName.get(name);
          if (known === undefined) this.#byName.set(name, [index]);
          else known.push(index);
        }
      }
    }
    for (const name of [`id ${id}`, `file ${fileNameOf(id)}`]) {
      const candidates = this.#byName.get(name)?.filter(free) ?? [];
      if (candidates.length > 0) return candidates[0];
    }
    return undefined;
  }

  /** The name under which it was written. @param key the one that it has now. */
  nameOf(index: number, key: string): string {
    return this.#indexOf.get(key) === index ? key : this.#names[index]!;
  }
}

/** Classes after the first of their name, with that. */
function twinsIn({
  labels,
}: Categories): ReadonlyMap<number, { readonly first: number; readonly name: string }> {
  const twins = new Map<number, { readonly first: number; readonly name: string }>();
  const firsts = new Map<string, number>();
  for (const [index, { name }] of labels.entries()) {
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, index);
    else twins.set(index, { first, name });
  }
  return twins;
}

/**
 * Which of the written classes the read ones are: by name, of those with one name in turn. A class whose name is new is
 * the one at the same place, if nobody else is: that one was renamed.
 */
function matchLabels(
  wrote: Categories,
  read: Categories,
): { readonly of: readonly (number | undefined)[]; readonly renamed: readonly Renamed[] } {
  const byName = new Map<string, number[]>();
  for (const [index, { name }] of wrote.labels.entries()) {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [index]);
    else known.push(index);
  }
  const of = read.labels.map(({ name }) => byName.get(name)?.shift());
  const taken = new Set(of);
  // A background that a format put first moves all others by one.
  const shift = read.labels[0]?.name === 'background' && wrote.labels[0]?.name !== 'background' ? 1 : 0;
  const renamed: Renamed[] = [];
  for (const [index, { name }] of read.labels.entries()) {
    const at = index - shift;
    const old = wrote.labels[at];
    if (of[index] !== undefined || old === undefined || taken.has(at)) continue;
    of[index] = at;
    renamed.push({ from: old.name, to: name });
  }
  return { of, renamed };
}
