import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatNamed } from '../formats/index.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { tasks, validate } from './index.ts';

type Counts = Readonly<Record<string, number>>;

/** What Datumaro 1.13.12's validators report of its own exports, by set and task; null where they fail. */
const reports = JSON.parse(
  readFileSync(new URL('fixtures/datumaro.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, { readonly format: string } & Readonly<Record<string, Counts | null>>>>;

/** Checks that only ours makes. */
const ownChecks = ['outside_picture', 'duplicate_annotation', 'unreadable', 'missing_picture', 'leakage'];

/** Where Datumaro is not followed, and why. */
const others: Readonly<Record<string, string>> = {
  'dota@clean detection': 'it does not count rotated boxes as boxes',
  'roboflow_voc detection': 'it declares the marks of VOC in its own files and not in those of Roboflow',
  'voc_classification classification': 'it asks for marks of boxes where there are none',
  'voc_classification@clean classification': 'it asks for marks of boxes where there are none',
  'voc_segmentation segmentation': 'it asks for marks of boxes where there are none',
  'voc_segmentation@clean segmentation': 'it asks for marks of boxes where there are none',
};

describe.skipIf(!haveData)(`faults as Datumaro counts them${whyNot}`, () => {
  test.each(Object.entries(reports))('%s', async (set, { format, ...byTask }) => {
    const dataset = await formatNamed(format)!.read(corpus(set));
    for (const task of tasks) {
      const theirs = byTask[task];
      if (theirs === null || theirs === undefined || others[`${set} ${task}`] !== undefined) continue;
      const { findings } = await validate(dataset, { task });
      const ours = findings.filter(({ check }) => !ownChecks.includes(check));
      expect([task, Object.fromEntries(ours.map(({ check, count }) => [check, count]))]).toEqual([
        task,
        theirs,
      ]);
    }
  });
});
