import type { Dataset } from '../format.ts';
import type { Annotation, Item } from '../model/index.ts';
import type { Findings } from './findings.ts';
import { type Measures, measuresOf, type Property } from './properties.ts';
import { measured, type Task } from './task.ts';

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
