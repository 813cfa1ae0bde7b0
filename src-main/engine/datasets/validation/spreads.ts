import type { Dataset } from '../format.ts';
import type { Annotation, Categories } from '../model/index.ts';
import { Findings } from './findings.ts';
import { type Property, Spread } from './properties.ts';
import { soundMeasures } from './shapes.ts';
import { measured, type Task, type Thresholds, typesOf } from './task.ts';

/** Bins between the least and the most of a measure. */
const bins = 10;

/** Most groups of shapes that are compared; an attribute of numbers makes one of nearly each shape. */
const mostGroups = 20_000;

/** Shapes that are compared with each other: of a class, or of a class with one value of an attribute. */
interface Group {
  readonly label: string;
  /** `colour = red`; empty for all of a class. */
  readonly value: string;
  readonly spreads: Map<Property, Spread>;
  readonly histograms: Map<Property, number[]>;
}

/** How shapes spread by class and by value of each attribute that their class declares. */
export class Spreads {
  readonly #groups = new Map<string, Group>();
  readonly #labels: Categories['labels'];
  readonly #declared: readonly ReadonlySet<string>[];

  constructor({ labels, attributes }: Categories) {
    this.#labels = labels;
    this.#declared = labels.map((label) => new Set([...attributes, ...label.attributes]));
  }

  /** The first reading. */
  add(annotation: Annotation, label: number, measures: readonly (readonly [Property, number])[]): void {
    if (measures.length === 0) return;
    for (const { spreads } of this.#groupsOf(annotation, label)) {
      for (const [property, value] of measures) {
        const spread = spreads.get(property) ?? new Spread();
        spreads.set(property, spread);
        spread.add(value);
      }
    }
  }

  /** The second reading: now that the means are known, what is far from them, and how shapes lie between the extremes. */
  async judge(
    dataset: Dataset,
    task: Task,
    { farFromMean, dominance }: Thresholds,
    findings: Findings,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (measured[task].length === 0) return;
    const silent = new Findings(task);
    let place = -1;
    for await (const item of dataset.items()) {
      signal?.throwIfAborted();
      place += 1;
      findings.at(place);
      for (const [index, annotation] of item.annotations.entries()) {
        if (!typesOf[task].includes(annotation.type) || !('label' in annotation)) continue;
        const { label } = annotation;
        if (label === null || this.#labels[label] === undefined) continue;
        const measures = soundMeasures(annotation, task, '', '', silent);
        const place = `${item.subset}/${item.id}, ${annotation.type} ${annotation.id || index}`;
        for (const group of this.#groupsOf(annotation, label)) {
          for (const [property, value] of measures) {
            const spread = group.spreads.get(property);
            if (spread === undefined) continue;
            count(group.histograms, property, spread.bin(value, bins));
            if (Math.abs(value - spread.mean) <= farFromMean * spread.deviation) continue;
            const text = `${property} ${value.toFixed(2)}, usual is ${spread.mean.toFixed(2)}`;
            const check = group.value === '' ? 'far_from_label_mean' : 'far_from_attr_mean';
            const of = group.value === '' ? '' : ` for ${group.value}`;
            findings.add(check, `${place}: ${text}${of}`, group.label);
          }
        }
      }
    }
    findings.at(null);
    for (const { label, value, histograms } of this.#groups.values()) {
      for (const [property, counts] of histograms) {
        const all = counts.reduce((sum, number) => sum + number, 0);
        if (Math.max(...counts) / all < dominance) continue;
        const check = value === '' ? 'imbalanced_dist_in_label' : 'imbalanced_dist_in_attribute';
        findings.add(check, `${label}${value === '' ? '' : `, ${value}`}: ${property}`, label);
      }
    }
  }

  #groupsOf(annotation: Annotation, label: number): Group[] {
    const { name } = this.#labels[label]!;
    const groups = [this.#group(label, name, '')];
    for (const [attribute, value] of annotation.attributes) {
      if (this.#declared[label]!.has(attribute))
        groups.push(this.#group(label, name, `${attribute} = ${String(value)}`));
    }
    return groups.filter((group) => group !== null);
  }

  #group(label: number, name: string, value: string): Group | null {
    const key = `${label} ${value}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= mostGroups) return null;
    const made: Group = { label: name, value, spreads: new Map(), histograms: new Map() };
    this.#groups.set(key, made);
    return made;
  }
}

function count(histograms: Map<Property, number[]>, property: Property, bin: number): void {
  const counts = histograms.get(property) ?? new Array<number>(bins).fill(0);
  histograms.set(property, counts);
  counts[bin]! += 1;
}
