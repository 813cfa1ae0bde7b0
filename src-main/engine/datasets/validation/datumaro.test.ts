import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { formatNamed } from '../formats/index.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { undeclared } from './attributes.ts';
import { type Task, tasks, validate } from './index.ts';
import { typesOf } from './task.ts';

type Counts = Readonly<Record<string, number>>;

/** What Datumaro 1.13.12's validators report of its own exports, by set and task; null where they fail. */
const reports = JSON.parse(
  readFileSync(new URL('fixtures/datumaro.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, { readonly format: string } & Readonly<Record<string, Counts | null>>>>;

/** Checks that only ours makes. */
const ownChecks = [
  'other_size',
  'outside_picture',
  'duplicate_annotation',
  'unreadable',
  'missing_picture',
  'leakage',
];

/** Where Datumaro is not followed, and why. */
const others: Readonly<Record<string, string>> = {
  'dota@clean detection': 'it does not count rotated boxes as boxes',
  'roboflow_voc detection': 'it declares the marks of VOC in its own files and not in those of Roboflow',
  'voc_classification classification': 'it asks for marks of boxes where there are none',
  'voc_classification@clean classification': 'it asks for marks of boxes where there are none',
  'voc_segmentation segmentation': 'it asks for marks of boxes where there are none',
  'voc_segmentation@clean segmentation': 'it asks for marks of boxes where there are none',
};

/** How many marks Datumaro tells of that we don't: those that formats have a field for. */
async function marksIn(dataset: Dataset, task: Task): Promise<number> {
  const { labels, attributes } = dataset.categories;
  let marks = 0;
  for await (const { annotations } of dataset.items()) {
    for (const annotation of annotations) {
      if (!typesOf[task].includes(annotation.type) || !('label' in annotation) || annotation.label === null)
        continue;
      const declared = [...attributes, ...labels[annotation.label]!.attributes];
      for (const name of annotation.attributes.keys())
        if (undeclared.has(name) && !declared.includes(name)) marks += 1;
    }
  }
  return marks;
}

describe.skipIf(!haveData)(`faults as Datumaro counts them${whyNot}`, () => {
  test.each(Object.entries(reports))('%s', async (set, { format, ...byTask }) => {
    const dataset = await formatNamed(format)!.read(corpus(set));
    for (const task of tasks) {
      const theirs = byTask[task];
      if (theirs === null || theirs === undefined || others[`${set} ${task}`] !== undefined) continue;
      const { findings } = await validate(dataset, { task });
      const own = findings.filter(({ check }) => !ownChecks.includes(check));
      const ours: Record<string, number> = Object.fromEntries(own.map(({ check, count }) => [check, count]));
      const told = (ours['undefined_attribute'] ?? 0) + (await marksIn(dataset, task));
      expect([task, told === 0 ? ours : { ...ours, undefined_attribute: told }]).toEqual([task, theirs]);
    }
  });
});
