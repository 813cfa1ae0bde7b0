import { paced } from '../breathing.ts';
import { isFileSync } from '../files/folder.ts';
import type { Dataset } from '../format.ts';
import { type AnnotationType, annotationTypes, type Item, noInfos } from '../model/index.ts';
import { changedInfos, FactCounter, type FactDifference, Texts } from './diff-facts.ts';
import { width as fields, match, rowsOf, typeAt } from './fingerprints.ts';
import { isSameFile } from './same-file.ts';

/** Numbers of annotations that only one set has, or both with other numbers. */
export interface TypeDifference {
  readonly type: AnnotationType;
  readonly same: number;
  readonly changed: number;
  readonly added: number;
  readonly gone: number;
}

/** What an item can be in comparison: the last two are of items with the same annotations, too. */
export type DifferenceKind = 'changed' | 'added' | 'gone' | 'moved' | 'attributes' | 'pictures';

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
  /** Attributes with other values: of items, and of annotations that are the same otherwise. */
  readonly attributes: { readonly items: FactDifference; readonly annotations: FactDifference };
  /** Names of what the sets say of themselves otherwise. */
  readonly infos: readonly string[];
  /** Pictures of items that both sets have; null where they were not compared. */
  readonly pictures: {
    readonly same: number;
    readonly changed: number;
    /** There in one of the sets only. */
    readonly missing: number;
  } | null;
  /** How many items there are of each kind, and the first of them. */
  readonly differing: Readonly<Record<DifferenceKind, number>>;
  readonly examples: Readonly<Record<DifferenceKind, readonly string[]>>;
  readonly equal: boolean;
}

const mostExamples = 20;

interface Remembered {
  readonly index: number;
  readonly rows: Float32Array;
  readonly subset: string;
  /** Attributes: the item's, and each annotation's. */
  readonly own: string;
  readonly attributes: readonly string[];
  readonly picture: string | null;
}

export interface DiffOptions {
  /** Whether pictures are compared byte by byte. */
  readonly pictures?: boolean;
  /** Is told which items of the first set differ, by their place in it; what is added is not in it. */
  onItem?(kind: Exclude<DifferenceKind, 'added'>, index: number): void;
  readonly signal?: AbortSignal;
}

/**
 * What is different in the second of two sets. Items are found by subset and name, else by name alone, annotations by
 * class, type and place; numbers that differ by less than 0.02 pixels are the same. Groups, the order in depth, and
 * numbers that a format gives by itself are not compared. Of the first set, some fifty bytes of each annotation are kept.
 */
export async function diff(
  before: Dataset,
  after: Dataset,
  { pictures = true, onItem, signal }: DiffOptions = {},
): Promise<Difference> {
  const names = (set: Dataset): string[] => set.categories.labels.map(({ name }) => name);
  const [oldNames, newNames] = [names(before), names(after)];
  const labelOf = (label: number): number => {
    const index = oldNames.indexOf(newNames[label] ?? '');
    return index < 0 ? -2 - label : index;
  };
  const texts = new Texts();
  const facts = { items: new FactCounter(), annotations: new FactCounter() };
  const files = { same: 0, changed: 0, missing: 0 };
  const known = new Map<string, Remembered[]>();
  let index = 0;
  for await (const item of paced(before, signal).items()) {
    signal?.throwIfAborted();
    const entry: Remembered = {
      index,
      rows: rowsOf(item.annotations, item.annotations),
      subset: item.subset,
      own: texts.of(item.attributes),
      attributes: texts.ofAll(item.annotations),
      picture: item.media?.path ?? null,
    };
    const same = known.get(item.id);
    if (same === undefined) known.set(item.id, [entry]);
    else same.push(entry);
    index += 1;
  }
  const counts = new Map<AnnotationType, { same: number; changed: number; added: number; gone: number }>();
  const of = (type: AnnotationType) => {
    const found = counts.get(type) ?? { same: 0, changed: 0, added: 0, gone: 0 };
    counts.set(type, found);
    return found;
  };
  const compare = (
    old: Float32Array,
    made: Float32Array,
    onSame: (one: number, other: number) => void = () => undefined,
  ): boolean => {
    let same = true;
    match(old, made, (one, other, likeness) => {
      if (one >= 0 && likeness === 'equal') {
        of(typeAt(old, one)).same += 1;
        onSame(one / fields, other / fields);
      } else {
        same = false;
        if (one < 0) of(typeAt(made, other)).added += 1;
        else of(typeAt(old, one))[other < 0 ? 'gone' : 'changed'] += 1;
      }
    });
    return same;
  };
  const items = { same: 0, changed: 0, added: 0, gone: 0, moved: 0 };
  const differing = { changed: 0, added: 0, gone: 0, moved: 0, attributes: 0, pictures: 0 };
  const examples = {
    changed: [] as string[],
    added: [] as string[],
    gone: [] as string[],
    moved: [] as string[],
    attributes: [] as string[],
    pictures: [] as string[],
  };
  const show = (kind: DifferenceKind, name: string, of?: Remembered): void => {
    differing[kind] += 1;
    if (examples[kind].length < mostExamples) examples[kind].push(name);
    if (of && kind !== 'added') onItem?.(kind, of.index);
  };
  const note = (kind: keyof typeof items & DifferenceKind, name: string, of?: Remembered): void => {
    items[kind] += 1;
    show(kind, name, of);
  };
  const nothing = new Float32Array(0);
  const keyOf = ({ subset, id }: Pick<Item, 'subset' | 'id'>): string => `${subset}/${id}`;
  for await (const item of paced(after, signal).items()) {
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
    if (old.subset !== item.subset) note('moved', `${old.subset}/${item.id} -> ${item.subset}`, old);
    const own = facts.items.add(old.own, texts.of(item.attributes));
    const attributes = texts.ofAll(item.annotations);
    let alike = own;
    const isSame = compare(old.rows, rows, (one, other) => {
      alike = facts.annotations.add(old.attributes[one]!, attributes[other]!) && alike;
    });
    if (!alike) show('attributes', keyOf(item), old);
    if (isSame) items.same += 1;
    else note('changed', keyOf(item), old);
    if (!pictures) continue;
    const kind = await compareFiles(old.picture, item.media?.path ?? null);
    if (kind === null) continue;
    files[kind] += 1;
    if (kind !== 'same') show('pictures', keyOf(item), old);
  }
  for (const [id, left] of known) {
    for (const old of left) {
      note('gone', keyOf({ subset: old.subset, id }), old);
      compare(old.rows, nothing);
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
  const attributes = { items: facts.items.result(), annotations: facts.annotations.result() };
  const infos = changedInfos(before.infos ?? noInfos, after.infos ?? noInfos);
  const besides = attributes.items.count + attributes.annotations.count + infos.length;
  return {
    labels,
    items,
    annotations,
    attributes,
    infos,
    pictures: pictures ? files : null,
    differing,
    examples,
    equal: !differs && !labels.reordered && besides + files.changed + files.missing === 0,
  };
}

/** Null where neither is there. */
async function compareFiles(
  one: string | null,
  other: string | null,
): Promise<'same' | 'changed' | 'missing' | null> {
  const are = [one, other].map((path) => path !== null && isFileSync(path));
  if (!are.includes(true)) return null;
  if (are.includes(false)) return 'missing';
  return (await isSameFile(one!, other!)) ? 'same' : 'changed';
}

/** Names that both have, in the order of one. */
const order = (of: readonly string[], other: readonly string[]): string =>
  JSON.stringify(of.filter((name) => other.includes(name)));
