import { resolve } from 'node:path';
import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Annotation, Item, LabelCategory } from '../model/index.ts';
import { type ClassChange, type Report, readReport } from './report.ts';
import { defineTransform, mapItems } from './transform.ts';

/**
 * Mends a set as Datumaro 1.13's `correct` does. A class or an attribute that is in no list is added to it; items without
 * an annotation for the task, or with several labels, go; so do annotations whose sides are too short, infinite or far
 * from the mean; labels get the attributes that they lack, with no text in them. Faults of other kinds stay.
 */
export const correct = defineTransform({
  name: 'correct',
  about: 'annotations',
  description: "Mends what a report of Datumaro's validation names: classes, attributes, annotations, items.",
  options: z.strictObject({
    reports: z.string().min(1).max(4096).describe('path of the file that `datum validate` wrote'),
  }),
  files: true,
  async apply(dataset, { reports }) {
    const path = resolve(reports);
    const report = await readReport(path);
    const found = await look(dataset, report, path);
    const labels = withChanges(dataset.categories.labels, report.classes, found);
    if (report.tables > 0) {
      dataset.problems.add(path, '', `${report.tables} faults are of tables of text, and stay`);
    }
    const mended = (item: Item): Item | null => mend(item, report, labels, dataset.problems);
    return mapItems(dataset, mended, { ...dataset.categories, labels });
  },
});

/** Attributes on the annotations of each class, by the class's number. */
type Found = ReadonlyMap<number, ReadonlySet<string>>;

/** Looks whether the report is of this set, and what classes the annotations have where the set has none. */
async function look(dataset: Dataset, { named }: Report, path: string): Promise<Found> {
  const found = new Map<number, Set<string>>();
  let known = 0;
  for await (const { subset, id, annotations } of dataset.items()) {
    if (named.has(`${subset}/${id}`)) known += 1;
    if (dataset.categories.labels.length === 0) for (const part of annotations) note(part, found);
  }
  if (named.size > 0 && known === 0) {
    throw new RefineryError('BAD_REQUEST', `correct: no item that ${path} names is in the set.`, {
      hint: 'The report must be of this set, and of its items as they are before this change.',
    });
  }
  const strange = named.size - known;
  if (strange > 0) dataset.problems.add(path, '', `it names ${strange} items that are not in the set`);
  return found;
}

function note(part: Annotation, found: Map<number, Set<string>>): void {
  if (!('label' in part) || part.label === null) return;
  const names = found.get(part.label) ?? new Set();
  found.set(part.label, names);
  for (const name of part.attributes.keys()) names.add(name);
}

function withChanges(
  before: readonly LabelCategory[],
  changes: readonly ClassChange[],
  found: Found,
): readonly LabelCategory[] {
  const labels = [...before];
  for (const change of changes) {
    if (change.kind === 'all') {
      // Classes that a reader found elsewhere have names, and stay.
      const numbers = labels.length === 0 ? [...found.keys()].sort((one, other) => one - other) : [];
      labels.push(...numbers.map((number) => made(String(number), found.get(number))));
      continue;
    }
    const index = labels.findIndex(({ name }) => name === change.label);
    const label = labels[index];
    if (change.kind === 'class') {
      if (label === undefined) labels.push(made(change.label));
    } else if (label !== undefined && !label.attributes.includes(change.attribute)) {
      labels[index] = { ...label, attributes: [...label.attributes, change.attribute] };
    }
  }
  return labels;
}

const made = (name: string, attributes: Iterable<string> = []): LabelCategory => ({
  name,
  parent: '',
  attributes: [...attributes],
});

function mend(
  item: Item,
  { items, annotations, attributes }: Report,
  labels: readonly LabelCategory[],
  problems: Dataset['problems'],
): Item | null {
  const key = `${item.subset}/${item.id}`;
  if (items.has(key)) return null;
  const numbers = annotations.get(key);
  if (numbers !== undefined) return withoutNumbers(item, numbers, problems);
  const lacking = attributes.get(key);
  if (lacking === undefined) return item;
  return {
    ...item,
    annotations: item.annotations.map((part) => {
      if (part.type !== 'label') return part;
      const own = lacking.filter(({ label }) => labels[part.label]?.name === label);
      return withAttributes(
        part,
        own.map(({ attribute }) => attribute),
      );
    }),
  };
}

/** The item without the annotations of these numbers. All that share a number go, as the report can't tell them apart. */
function withoutNumbers(item: Item, numbers: ReadonlySet<number>, problems: Dataset['problems']): Item {
  const kept = item.annotations.filter(({ id }) => !numbers.has(id));
  const unnumbered = item.annotations.filter(({ id }) => id === 0).length;
  if (numbers.has(0) && unnumbered > 1) {
    problems.add(item.id, '', `${unnumbered} annotations have no number of their own, and all of them went`);
  }
  return { ...item, annotations: kept };
}

/** With an empty text for each attribute that is not there; Datumaro overwrites one that another label lacks. */
function withAttributes(part: Annotation, names: readonly string[]): Annotation {
  const lacking = names.filter((name) => !part.attributes.has(name));
  if (lacking.length === 0) return part;
  const given = lacking.map((name) => [name, ''] as const);
  return { ...part, attributes: new Map([...part.attributes, ...given]) };
}
