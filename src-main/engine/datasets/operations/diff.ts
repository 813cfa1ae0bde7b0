import type { Dataset } from '../format.ts';
import { type AnnotationType, annotationTypes, type Item } from '../model/index.ts';
import { match, rowsOf, typeAt } from './fingerprints.ts';

/** Numbers of annotations that only one set has, or both with other numbers. */
export interface TypeDifference {
  readonly type: AnnotationType;
  readonly same: number;
  readonly changed: number;
  readonly added: number;
  readonly gone: number;
}

export interface Difference {
  readonly labels: {
    readonly added: readonly string[];
    readonly gone: readonly string[];
    readonly reordered: boolean;
  };
  readonly items: {
    readonly same: number;
    readonly changed: number;
    readonly added: number;
    readonly gone: number;
    /** In another subset than before. */
    readonly moved: number;
  };
  readonly annotations: readonly TypeDifference[];
  /** Items of each kind, the first of them. */
  readonly examples: Readonly<Record<'changed' | 'added' | 'gone' | 'moved', readonly string[]>>;
  readonly equal: boolean;
}

const mostExamples = 20;

interface Remembered {
  readonly rows: Float32Array;
  readonly subset: string;
}

/**
 * What is different in the second of two sets. Items are found by subset and name, else by name alone, annotations by
 * class, type and place; numbers that differ by less than 0.02 pixels are the same. Attributes and groups are not
 * compared. Of the first set, some forty bytes of each annotation are kept.
 */
export async function diff(before: Dataset, after: Dataset, signal?: AbortSignal): Promise<Difference> {
  const names = (set: Dataset): string[] => set.categories.labels.map(({ name }) => name);
  const [oldNames, newNames] = [names(before), names(after)];
  const labelOf = (label: number): number => {
    const index = oldNames.indexOf(newNames[label] ?? '');
    return index < 0 ? -2 - label : index;
  };
  const known = new Map<string, Remembered[]>();
  for await (const item of before.items()) {
    signal?.throwIfAborted();
    const entry = { rows: rowsOf(item.annotations, item.annotations), subset: item.subset };
    const same = known.get(item.id);
    if (same === undefined) known.set(item.id, [entry]);
    else same.push(entry);
  }
  const counts = new Map<AnnotationType, { same: number; changed: number; added: number; gone: number }>();
  const of = (type: AnnotationType) => {
    const found = counts.get(type) ?? { same: 0, changed: 0, added: 0, gone: 0 };
    counts.set(type, found);
    return found;
  };
  const compare = (old: Float32Array, made: Float32Array): boolean => {
    let same = true;
    match(old, made, (one, other, likeness) => {
      if (one >= 0 && likeness === 'equal') of(typeAt(old, one)).same += 1;
      else {
        same = false;
        if (one < 0) of(typeAt(made, other)).added += 1;
        else of(typeAt(old, one))[other < 0 ? 'gone' : 'changed'] += 1;
      }
    });
    return same;
  };
  const items = { same: 0, changed: 0, added: 0, gone: 0, moved: 0 };
  const examples = {
    changed: [] as string[],
    added: [] as string[],
    gone: [] as string[],
    moved: [] as string[],
  };
  const note = (kind: keyof typeof examples, name: string): void => {
    items[kind] += 1;
    if (examples[kind].length < mostExamples) examples[kind].push(name);
  };
  const nothing = new Float32Array(0);
  const keyOf = ({ subset, id }: Pick<Item, 'subset' | 'id'>): string => `${subset}/${id}`;
  for await (const item of after.items()) {
    signal?.throwIfAborted();
    const rows = rowsOf(item.annotations, item.annotations, labelOf);
    const candidates = known.get(item.id) ?? [];
    const at = Math.max(
      candidates.findIndex(({ subset }) => subset === item.subset),
      0,
    );
    const [old] = candidates.splice(at, 1);
    if (old === undefined) {
      note('added', keyOf(item));
      compare(nothing, rows);
      continue;
    }
    if (old.subset !== item.subset) note('moved', `${old.subset}/${item.id} -> ${item.subset}`);
    if (compare(old.rows, rows)) items.same += 1;
    else note('changed', keyOf(item));
  }
  for (const [id, left] of known) {
    for (const { rows, subset } of left) {
      note('gone', keyOf({ subset, id }));
      compare(rows, nothing);
    }
  }
  const labels = {
    added: newNames.filter((name) => !oldNames.includes(name)),
    gone: oldNames.filter((name) => !newNames.includes(name)),
    reordered: order(oldNames, newNames) !== order(newNames, oldNames),
  };
  const annotations = annotationTypes.flatMap((type) => {
    const found = counts.get(type);
    return found === undefined ? [] : [{ type, ...found }];
  });
  const differs =
    labels.added.length + labels.gone.length + items.changed + items.added + items.gone + items.moved > 0;
  return { labels, items, annotations, examples, equal: !differs && !labels.reordered };
}

/** Names that both have, in the order of one. */
const order = (of: readonly string[], other: readonly string[]): string =>
  JSON.stringify(of.filter((name) => other.includes(name)));
