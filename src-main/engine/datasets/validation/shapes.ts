import type { Dataset } from '../format.ts';
import type { Annotation, Item } from '../model/index.ts';
import { Findings } from './findings.ts';
import { type Measures, measuresOf, type Property, type Spread } from './properties.ts';
import { measured, type Task, type Thresholds, typesOf } from './task.ts';

/** Bins between the least and the most of a measure. */
const bins = 10;

/** The measures of a shape, none where one of them can't be: then that is told. */
export function soundMeasures(
  annotation: Annotation,
  task: Task,
  place: string,
  label: string,
  findings: Findings,
): (readonly [Property, number])[] {
  const measures: Measures | null = measured[task].length === 0 ? null : measuresOf(annotation);
  if (measures === null) return [];
  let sound = true;
  for (const side of ['width', 'height'] as const) {
    if (measures[side] >= 1) continue;
    sound = false;
    findings.add('negative_length', `${place}: ${side} ${measures[side].toFixed(2)}`, label);
  }
  for (const property of measured[task]) {
    if (Number.isFinite(measures[property])) continue;
    sound = false;
    findings.add('invalid_value', `${place}: ${property}`, label);
  }
  return sound ? measured[task].map((property) => [property, measures[property]] as const) : [];
}

/** Pixels that a shape may reach out, for rounding. */
const margin = 1;

/** Tells of a shape that reaches out of its picture. */
export function findOutside(
  annotation: Annotation,
  { media }: Item,
  place: string,
  label: string,
  findings: Findings,
): void {
  const size = media?.size;
  const points = cornersOf(annotation);
  if (size === null || size === undefined || points === null) return;
  const [left, top, right, bottom] = points;
  const over = Math.max(-left, -top, right - size.width, bottom - size.height);
  if (over > margin) findings.add('outside_picture', `${place}: by ${over.toFixed(1)} pixels`, label);
}

function cornersOf(annotation: Annotation): readonly [number, number, number, number] | null {
  if (annotation.type === 'box' || annotation.type === 'ellipse') {
    const { x, y, width, height } = annotation;
    return [x, y, x + width, y + height];
  }
  if (annotation.type !== 'polygon') return null;
  const xs = annotation.points.filter((_, at) => at % 2 === 0);
  const ys = annotation.points.filter((_, at) => at % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Tells of annotations of an item that are the same. */
export function findTwins(
  own: readonly Annotation[],
  name: string,
  labels: Dataset['categories']['labels'],
  findings: Findings,
): void {
  const seen = new Set<string>();
  for (const annotation of own) {
    const { id: _, group: __, attributes: ___, ...shape } = annotation;
    const key = JSON.stringify(shape);
    const label =
      'label' in annotation && annotation.label !== null ? (labels[annotation.label]?.name ?? null) : null;
    if (seen.has(key)) findings.add('duplicate_annotation', `${name}, ${annotation.type}`, label);
    seen.add(key);
  }
}

/** The second reading: now that the means are known, what is far from them, and how shapes lie between the extremes. */
export async function findFar(
  dataset: Dataset,
  task: Task,
  spreads: readonly ReadonlyMap<Property, Spread>[],
  { farFromMean, dominance }: Thresholds,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (measured[task].length === 0) return;
  const { labels } = dataset.categories;
  const histograms = labels.map(() => new Map<Property, number[]>());
  const silent = new Findings();
  for await (const item of dataset.items()) {
    signal?.throwIfAborted();
    for (const [index, annotation] of item.annotations.entries()) {
      if (!typesOf[task].includes(annotation.type) || !('label' in annotation)) continue;
      const label = annotation.label;
      if (label === null || labels[label] === undefined) continue;
      const { name } = labels[label];
      for (const [property, value] of soundMeasures(annotation, task, '', name, silent)) {
        const spread = spreads[label]!.get(property)!;
        const counts = histograms[label]!.get(property) ?? new Array<number>(bins).fill(0);
        histograms[label]!.set(property, counts);
        counts[spread.bin(value, bins)]! += 1;
        if (Math.abs(value - spread.mean) <= farFromMean * spread.deviation) continue;
        const place = `${item.subset}/${item.id}, ${annotation.type} ${annotation.id || index}`;
        const text = `${property} ${value.toFixed(2)}, usual is ${spread.mean.toFixed(2)}`;
        findings.add('far_from_label_mean', `${place}: ${text}`, name);
      }
    }
  }
  for (const [label, byProperty] of histograms.entries()) {
    for (const [property, counts] of byProperty) {
      const all = counts.reduce((sum, count) => sum + count, 0);
      if (Math.max(...counts) / all < dominance) continue;
      const { name } = labels[label]!;
      findings.add('imbalanced_dist_in_label', `${name}: ${property}`, name);
    }
  }
}
