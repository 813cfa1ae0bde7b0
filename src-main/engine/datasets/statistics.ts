import type { Dataset } from './format.ts';
import type { AnnotationType, Item } from './model/index.ts';

/** Numbers by class, by type; class -1 is none. */
type ByTypeAndLabel = ReadonlyMap<AnnotationType, ReadonlyMap<number, number>>;

/** What a set holds, counted while reading it once. */
export interface Statistics {
  readonly items: number;
  readonly bySubset: ReadonlyMap<string, number>;
  readonly byType: ReadonlyMap<AnnotationType, number>;
  /**
   * Annotations by what their object is made of: `box+polygon` for an object with both, and how many of each such
   * objects have together, by class. What becomes of a part depends on the others.
   */
  readonly byMakeup: ReadonlyMap<string, ByTypeAndLabel>;
  /** Annotations by label index; -1 for none. */
  readonly byLabel: ReadonlyMap<number, number>;
  /** Annotations that have an attribute, by its name. */
  readonly byAttribute: ReadonlyMap<string, number>;
  readonly itemsWithAttributes: number;
  /** Items without any annotation. */
  readonly itemsWithoutAnnotations: number;
  /** Annotations that share a group with another of their item. */
  readonly grouped: number;
  readonly withZOrder: number;
  readonly labelsWithParent: number;
  readonly skeletons: number;
}

/** Counts item by item, so that one reading of a set serves several purposes. */
export class StatisticsCounter {
  readonly #bySubset = new Map<string, number>();
  readonly #byType = new Map<AnnotationType, number>();
  readonly #byLabel = new Map<number, number>();
  readonly #byAttribute = new Map<string, number>();
  readonly #byMakeup = new Map<string, Map<AnnotationType, Map<number, number>>>();
  #items = 0;
  #itemsWithAttributes = 0;
  #itemsWithoutAnnotations = 0;
  #grouped = 0;
  #withZOrder = 0;

  add(item: Item): void {
    this.#items += 1;
    if (item.attributes.size > 0) this.#itemsWithAttributes += 1;
    if (item.annotations.length === 0) this.#itemsWithoutAnnotations += 1;
    count(this.#bySubset, item.subset);
    const groups = new Map<number, Item['annotations'][number][]>();
    for (const annotation of item.annotations) {
      count(this.#byType, annotation.type);
      if ('label' in annotation) count(this.#byLabel, annotation.label ?? -1);
      for (const name of annotation.attributes.keys()) count(this.#byAttribute, name);
      if ('zOrder' in annotation && annotation.zOrder !== 0) this.#withZOrder += 1;
      const group = annotation.group === 0 ? undefined : groups.get(annotation.group);
      if (annotation.group === 0) this.#object([annotation]);
      else if (group === undefined) groups.set(annotation.group, [annotation]);
      else group.push(annotation);
    }
    for (const parts of groups.values()) {
      this.#object(parts);
      if (parts.length > 1) this.#grouped += parts.length;
    }
  }

  #object(parts: Item['annotations']): void {
    const key =
      parts.length === 1 ? parts[0]!.type : [...new Set(parts.map(({ type }) => type))].sort().join('+');
    const counts = this.#byMakeup.get(key) ?? new Map<AnnotationType, Map<number, number>>();
    this.#byMakeup.set(key, counts);
    for (const part of parts) {
      const labels = counts.get(part.type) ?? new Map<number, number>();
      counts.set(part.type, labels);
      count(labels, 'label' in part ? (part.label ?? -1) : -1);
    }
  }

  result({ categories }: Pick<Dataset, 'categories'>): Statistics {
    return {
      items: this.#items,
      bySubset: this.#bySubset,
      byType: this.#byType,
      byMakeup: this.#byMakeup,
      byLabel: this.#byLabel,
      byAttribute: this.#byAttribute,
      itemsWithAttributes: this.#itemsWithAttributes,
      itemsWithoutAnnotations: this.#itemsWithoutAnnotations,
      grouped: this.#grouped,
      withZOrder: this.#withZOrder,
      labelsWithParent: categories.labels.filter(({ parent }) => parent !== '').length,
      skeletons: categories.skeletons.size,
    };
  }
}

export async function statisticsOf(dataset: Dataset): Promise<Statistics> {
  const counter = new StatisticsCounter();
  for await (const item of dataset.items()) counter.add(item);
  return counter.result(dataset);
}

/** All annotations of a set. */
export function annotationsIn({ byType }: Statistics): number {
  let total = 0;
  for (const number of byType.values()) total += number;
  return total;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
