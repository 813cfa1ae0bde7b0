import { existsSync } from 'node:fs';
import type { Dataset } from './format.ts';
import {
  type AnnotationType,
  type AttributeValue,
  type Item,
  isCrowd,
  noAttributes,
  noInfos,
  objectOf,
} from './model/index.ts';

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
  /** The same by the annotations' type. */
  readonly attributesByType: ReadonlyMap<AnnotationType, ReadonlyMap<string, number>>;
  /** Items whose media is a point cloud. */
  readonly clouds: number;
  readonly itemsWithAttributes: number;
  /** Items that have an attribute of their own, by its name. */
  readonly byItemAttribute: ReadonlyMap<string, number>;
  /** Names of what the set says of itself. */
  readonly infos: readonly string[];
  /** Items without any annotation. */
  readonly itemsWithoutAnnotations: number;
  /** Pictures that are not where the set says; 0 where nobody looked. */
  readonly missingPictures: number;
  /** Annotations that share a group with another of their item, by what their object is made of: `box+polygon+polygon`. */
  readonly grouped: ReadonlyMap<string, number>;
  /** Annotations of objects that are grouped with others. */
  readonly belonging: number;
  /** Those of {@link byMakeup} that are regions with a crowd in them. */
  readonly crowds: ReadonlyMap<string, ByTypeAndLabel>;
  readonly withZOrder: number;
  readonly labelsWithParent: number;
  readonly skeletons: number;
  /** Skeletons that say which points change places in a mirror, and those with lines between points. */
  readonly mirrored: number;
  readonly jointed: number;
  /** Names of what else is said of classes. */
  readonly labelFacts: readonly string[];
  readonly details: Details;
}

/** Counts of what some formats have no place for. */
export interface Details {
  /** Outlines by their corners, by what their object is made of and by class; those of more than eight are one. */
  readonly outlines: ReadonlyMap<string, ReadonlyMap<number, ReadonlyMap<number, number>>>;
  /** Items with more than one class of the whole picture, more than one text, more than one mask. */
  readonly itemsWithLabels: number;
  readonly itemsWithCaptions: number;
  readonly itemsWithMasks: number;
  /** Masks that are not the first of their class in their item. */
  readonly masksOfSameClass: number;
  /** Items with annotations of more than one class, with more than one box or set of points. */
  readonly itemsWithClasses: number;
  readonly itemsWithShapes: number;
  /** Annotations but boxes whose object has no box with an attribute that they have, by their type and its name. */
  readonly withoutBox: Statistics['attributesByType'];
  /** Annotations with points of which some are hidden or not labelled, by class and number of points. */
  readonly withHiddenPoints: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** Attributes that are yes or no somewhere, and that are a number or a list. */
  readonly flagAttributes: ReadonlySet<string>;
  readonly typedAttributes: ReadonlySet<string>;
}

/** Corners from which on outlines are counted as one. */
const manyCorners = 9;

/** Counts item by item, so that one reading of a set serves several purposes. */
export class StatisticsCounter {
  readonly #bySubset = new Map<string, number>();
  readonly #byType = new Map<AnnotationType, number>();
  readonly #byLabel = new Map<number, number>();
  readonly #byAttribute = new Map<string, number>();
  readonly #byItemAttribute = new Map<string, number>();
  readonly #attributesByType = new Map<AnnotationType, Map<string, number>>();
  #clouds = 0;
  readonly #byMakeup = new Map<string, Map<AnnotationType, Map<number, number>>>();
  #items = 0;
  #itemsWithAttributes = 0;
  #itemsWithoutAnnotations = 0;
  #missingPictures = 0;
  readonly #looks: boolean;
  readonly #grouped = new Map<string, number>();
  #belonging = 0;
  readonly #crowds = new Map<string, Map<AnnotationType, Map<number, number>>>();
  readonly #typedAttributes = new Set<string>();
  readonly #flagAttributes = new Set<string>();
  readonly #hidden = new Map<number, Map<number, number>>();
  #withZOrder = 0;
  readonly #outlines = new Map<string, Map<number, Map<number, number>>>();
  readonly #details = {
    itemsWithLabels: 0,
    itemsWithCaptions: 0,
    itemsWithMasks: 0,
    masksOfSameClass: 0,
    itemsWithClasses: 0,
    itemsWithShapes: 0,
  };
  readonly #withoutBox = new Map<AnnotationType, Map<string, number>>();

  /** @param looks whether each picture is looked for, which takes some microseconds. */
  constructor({ looks = false }: { readonly looks?: boolean } = {}) {
    this.#looks = looks;
  }

  add(item: Item): void {
    this.#items += 1;
    if (this.#looks && item.media?.kind === 'image' && !existsSync(item.media.path))
      this.#missingPictures += 1;
    if (item.attributes.size > 0) this.#itemsWithAttributes += 1;
    if (item.media?.kind === 'point_cloud') this.#clouds += 1;
    for (const name of item.attributes.keys()) count(this.#byItemAttribute, name);
    if (item.annotations.length === 0) this.#itemsWithoutAnnotations += 1;
    count(this.#bySubset, item.subset);
    const objects = new Map<number, Item['annotations'][number][]>();
    this.#detail(item);
    for (const annotation of item.annotations) {
      count(this.#byType, annotation.type);
      if ('label' in annotation) count(this.#byLabel, annotation.label ?? -1);
      if (annotation.attributes.size > 0) this.#attributes(annotation);
      if ('zOrder' in annotation && annotation.zOrder !== 0) this.#withZOrder += 1;
      const object = objectOf(annotation);
      const parts = object === 0 ? undefined : objects.get(object);
      if (object === 0) this.#object([annotation]);
      else if (parts === undefined) objects.set(object, [annotation]);
      else parts.push(annotation);
    }
    const groups = new Map<number, number>();
    for (const parts of objects.values()) {
      this.#object(parts);
      count(groups, parts[0]!.group);
    }
    for (const parts of objects.values()) {
      if (groups.get(parts[0]!.group)! > 1) this.#belonging += parts.length;
    }
  }

  #attributes({ type, attributes }: Item['annotations'][number]): void {
    const ofType = mapIn(this.#attributesByType, type);
    for (const name of attributes.keys()) {
      count(this.#byAttribute, name);
      count(ofType, name);
    }
  }

  #detail({ annotations }: Item): void {
    const details = this.#details;
    let [labels, captions, masks, boxes, points] = [0, 0, 0, 0, 0];
    const classes = new Set<number | null>();
    let first = -1;
    let isMixed = false;
    for (const annotation of annotations) {
      if ('label' in annotation && annotation.label !== null) {
        if (first < 0) first = annotation.label;
        else isMixed ||= annotation.label !== first;
      }
      if (annotation.type === 'box') boxes += 1;
      else if (annotation.type === 'points') points += 1;
      if (annotation.type === 'label') labels += 1;
      else if (annotation.type === 'caption') captions += 1;
      else if (annotation.type === 'mask') {
        masks += 1;
        if (classes.has(annotation.label)) details.masksOfSameClass += 1;
        classes.add(annotation.label);
      } else if (annotation.type === 'points' && annotation.visibility.some((seen) => seen !== 2))
        this.#hide(annotation.label ?? -1, annotation.visibility.length);
      annotation.attributes.forEach(this.#attribute);
    }
    if (labels > 1) details.itemsWithLabels += 1;
    if (captions > 1) details.itemsWithCaptions += 1;
    if (masks > 1) details.itemsWithMasks += 1;
    if (isMixed) details.itemsWithClasses += 1;
    if (boxes > 1 || points > 1) details.itemsWithShapes += 1;
  }

  readonly #attribute = (value: AttributeValue, name: string): void => {
    if (typeof value === 'boolean') this.#flagAttributes.add(name);
    else if (typeof value !== 'string') this.#typedAttributes.add(name);
  };

  #hide(label: number, points: number): void {
    const ofLabel = this.#hidden.get(label) ?? new Map<number, number>();
    this.#hidden.set(label, ofLabel);
    count(ofLabel, points);
  }

  #object(parts: Item['annotations']): void {
    const key =
      parts.length === 1 ? parts[0]!.type : [...new Set(parts.map(({ type }) => type))].sort().join('+');
    if (parts.length > 1) {
      const all = parts.map(({ type }) => type).sort();
      // Several of a type are as good as two.
      const pieces = all.filter((type, at) => type !== all[at - 2]).join('+');
      this.#grouped.set(pieces, (this.#grouped.get(pieces) ?? 0) + parts.length);
    }
    this.#attributesBesideBoxes(parts);
    for (const part of parts) {
      const label = 'label' in part ? (part.label ?? -1) : -1;
      countBy(this.#byMakeup, key, part.type, label);
      if (isCrowd(part.attributes)) countBy(this.#crowds, key, part.type, label);
      if (part.type !== 'polygon') continue;
      const corners = this.#outlines.get(key) ?? new Map<number, Map<number, number>>();
      this.#outlines.set(key, corners);
      const number = Math.min(part.points.length / 2, manyCorners);
      const byLabel = corners.get(number) ?? new Map<number, number>();
      corners.set(number, byLabel);
      count(byLabel, label);
    }
  }

  #attributesBesideBoxes(parts: Item['annotations']): void {
    if (parts.length === 1 && parts[0]!.type === 'box') return;
    const boxes = parts.filter(({ type }) => type === 'box');
    for (const { type, attributes } of parts) {
      if (type === 'box') continue;
      for (const name of attributes.keys()) {
        if (!boxes.some((box) => box.attributes.has(name))) count(mapIn(this.#withoutBox, type), name);
      }
    }
  }

  result({ categories, infos }: Pick<Dataset, 'categories' | 'infos'>): Statistics {
    return {
      items: this.#items,
      bySubset: this.#bySubset,
      byType: this.#byType,
      byMakeup: this.#byMakeup,
      byLabel: this.#byLabel,
      byAttribute: this.#byAttribute,
      attributesByType: this.#attributesByType,
      clouds: this.#clouds,
      itemsWithAttributes: this.#itemsWithAttributes,
      byItemAttribute: this.#byItemAttribute,
      infos: [...(infos ?? noInfos).keys()],
      itemsWithoutAnnotations: this.#itemsWithoutAnnotations,
      missingPictures: this.#missingPictures,
      grouped: this.#grouped,
      belonging: this.#belonging,
      crowds: this.#crowds,
      withZOrder: this.#withZOrder,
      labelsWithParent: categories.labels.filter(({ parent }) => parent !== '').length,
      skeletons: categories.skeletons.size,
      jointed: [...categories.skeletons.values()].filter(({ joints }) => joints.length > 0).length,
      mirrored: [...categories.skeletons.values()].filter(({ mirrored }) => mirrored !== undefined).length,
      labelFacts: [...new Set(categories.labels.flatMap(({ facts }) => [...(facts ?? noAttributes).keys()]))],
      details: {
        ...this.#details,
        outlines: this.#outlines,
        withoutBox: this.#withoutBox,
        withHiddenPoints: this.#hidden,
        flagAttributes: this.#flagAttributes,
        typedAttributes: this.#typedAttributes,
      },
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

function countBy(
  counts: Map<string, Map<AnnotationType, Map<number, number>>>,
  makeup: string,
  type: AnnotationType,
  label: number,
): void {
  count(mapIn(mapIn(counts, makeup), type), label);
}

/** The inner map of a key, which is made where there is none. */
function mapIn<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  let inner = maps.get(key);
  if (inner === undefined) {
    inner = new Map();
    maps.set(key, inner);
  }
  return inner;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
