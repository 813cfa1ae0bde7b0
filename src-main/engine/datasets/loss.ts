import { targetType } from './convert.ts';
import type { Abilities, Dataset } from './format.ts';
import { type AnnotationType, annotationTypes } from './model/index.ts';

/** What a set holds, counted while reading it once. */
export interface Statistics {
  readonly items: number;
  readonly bySubset: ReadonlyMap<string, number>;
  readonly byType: ReadonlyMap<AnnotationType, number>;
  /**
   * Annotations by what their object is made of: `box+polygon` for an object with both, and how many of each such
   * objects have together. What becomes of a part depends on the others.
   */
  readonly byMakeup: ReadonlyMap<string, ReadonlyMap<AnnotationType, number>>;
  /** Annotations by label index; -1 for none. */
  readonly byLabel: ReadonlyMap<number, number>;
  /** Annotations that have an attribute, by its name. */
  readonly byAttribute: ReadonlyMap<string, number>;
  readonly itemsWithAttributes: number;
  /** Annotations that share a group with another of their item. */
  readonly grouped: number;
  readonly withZOrder: number;
  readonly labelsWithParent: number;
  readonly skeletons: number;
}

export async function statisticsOf(dataset: Dataset): Promise<Statistics> {
  const bySubset = new Map<string, number>();
  const byType = new Map<AnnotationType, number>();
  const byLabel = new Map<number, number>();
  const byAttribute = new Map<string, number>();
  const byMakeup = new Map<string, Map<AnnotationType, number>>();
  let [items, itemsWithAttributes, grouped, withZOrder] = [0, 0, 0, 0];
  for await (const item of dataset.items()) {
    items += 1;
    if (item.attributes.size > 0) itemsWithAttributes += 1;
    count(bySubset, item.subset);
    const groups = new Map<number, AnnotationType[]>();
    for (const annotation of item.annotations) {
      count(byType, annotation.type);
      if ('label' in annotation) count(byLabel, annotation.label ?? -1);
      for (const name of annotation.attributes.keys()) count(byAttribute, name);
      if ('zOrder' in annotation && annotation.zOrder !== 0) withZOrder += 1;
      if (annotation.group === 0) makeup(byMakeup, [annotation.type]);
      else groups.set(annotation.group, [...(groups.get(annotation.group) ?? []), annotation.type]);
    }
    for (const types of groups.values()) {
      makeup(byMakeup, types);
      if (types.length > 1) grouped += types.length;
    }
  }
  return {
    items,
    bySubset,
    byType,
    byLabel,
    byMakeup,
    byAttribute,
    itemsWithAttributes,
    grouped,
    withZOrder,
    labelsWithParent: dataset.categories.labels.filter(({ parent }) => parent !== '').length,
    skeletons: dataset.categories.skeletons.size,
  };
}

function makeup(counts: Map<string, Map<AnnotationType, number>>, types: readonly AnnotationType[]): void {
  const key = [...new Set(types)].sort().join('+');
  const known = counts.get(key) ?? new Map<AnnotationType, number>();
  counts.set(key, known);
  for (const type of types) count(known, type);
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What becomes of the annotations of one type. The numbers add up to all of them. */
export interface TypeLoss {
  readonly type: AnnotationType;
  readonly kept: number;
  readonly approximated: number;
  /** Stood for by another part of their object: the outline of an object that has a box, too. */
  readonly merged: number;
  readonly dropped: number;
  /** What they become, where they are approximated. */
  readonly becomes: AnnotationType | null;
}

export interface Loss {
  readonly types: readonly TypeLoss[];
  /** Attributes that the target can't hold, with the number of annotations that have them. */
  readonly attributes: ReadonlyMap<string, number>;
  /** Plain sentences about the rest, for what the set really has. */
  readonly notes: readonly string[];
}

/**
 * What a conversion would lose, before a byte is written.
 *
 * @param declared attributes that the set's classes declare; needed where the target takes only those.
 */
export function lossOf(
  statistics: Statistics,
  target: Abilities,
  declared: ReadonlySet<string> = new Set(),
): Loss {
  const types: TypeLoss[] = [];
  for (const type of annotationTypes) {
    const all = statistics.byType.get(type) ?? 0;
    if (all === 0) continue;
    const becomes = targetType(type, target.types);
    let [kept, approximated, merged, dropped] = [0, 0, 0, 0];
    for (const [key, counts] of statistics.byMakeup) {
      const number = counts.get(type) ?? 0;
      if (becomes === type) kept += number;
      else if (becomes === null) dropped += number;
      else if (key.split('+').includes(becomes)) merged += number;
      else approximated += number;
    }
    types.push({ type, kept, approximated, merged, dropped, becomes: becomes === type ? null : becomes });
  }
  const attributes = new Map<string, number>();
  for (const [name, number] of statistics.byAttribute) {
    if (!holdsAttribute(target, name, declared)) attributes.set(name, number);
  }
  const notes: string[] = [];
  const note = (lost: boolean, number: number, text: string): void => {
    if (lost && number > 0) notes.push(text.replace('#', String(number)));
  };
  note(!target.groups, statistics.grouped, '# annotations are parts of an object and come apart.');
  note(!target.zOrder, statistics.withZOrder, '# annotations lose their order in depth.');
  note(!target.itemAttributes, statistics.itemsWithAttributes, 'The attributes of # items are dropped.');
  note(!target.labelParents, statistics.labelsWithParent, '# classes lose the class above them.');
  note(!target.skeletons, statistics.skeletons, '# skeletons are dropped.');
  note(!target.subsets, statistics.bySubset.size > 1 ? statistics.bySubset.size : 0, '# subsets become one.');
  return { types, attributes, notes };
}

export function holdsAttribute(target: Abilities, name: string, declared: ReadonlySet<string>): boolean {
  if (target.attributes === 'any') return true;
  if (target.attributes === 'declared') return declared.has(name);
  return target.attributes.includes(name);
}
