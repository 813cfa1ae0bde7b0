import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, removeFolders } from './fixtures/folders.ts';
import { haveShared, inRuns, whyNot } from './fixtures/shared.ts';
import {
  adviceFor,
  compareRuns,
  comparisonReport,
  derive,
  lineChart,
  readRunFolder,
  saveText,
  seriesCsv,
  summaryOf,
  trainingReport,
} from './index.ts';
import { tickLabel, ticks } from './report/ticks.ts';

afterAll(removeFolders);

/** @throws {Error} when it isn't well-formed XML. */
function checkXml(text: string): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(text).close();
}

test('ticks are round and within', () => {
  // d3.ticks(0, 10, 5), (0.1, 0.35, 5), (-3, 3, 5), (0, 12345, 5)
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(0.1, 0.35, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  expect(ticks(-3, 3, 5)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  expect(ticks(0, 12_345, 5)).toEqual([0, 2000, 4000, 6000, 8000, 10_000, 12_000]);
  expect(ticks(Number.NaN, 1, 5)).toEqual([]);
  expect([0, 0.5, 12_345, 2_500_000, 0.0008].map(tickLabel)).toEqual(['0', '0.5', '12.35k', '2.5M', '8e-4']);
  const end = fc.double({ min: -1e12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(end, end, (one, other) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      fc.pre(to - from > 1e-9 * Math.max(1, Math.abs(from), Math.abs(to)));
      const list = ticks(from, to, 5);
      expect(list.length).toBeGreaterThanOrEqual(2);
      expect(list.length).toBeLessThanOrEqual(11);
    }),
  );
});

test('a chart is well-formed whatever its names and values are', () => {
  const value = fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e300, max: 1e300 });
  const series = fc.record({
    name: fc.string({ unit: 'binary' }),
    points: fc.array(value, { maxLength: 30 }).map((list) => list.map((one, at) => [at, one] as const)),
  });
  fc.assert(
    fc.property(fc.array(series, { maxLength: 12 }), fc.string({ unit: 'binary' }), (list, title) => {
      const svg = lineChart({ title, xLabel: title, series: list, bands: [{ name: title, from: 0, to: 3 }] });
      checkXml(svg);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }),
  );
});

describe('saving', () => {
  test('nothing that exists is replaced unless asked, and nothing else is left behind', async () => {
    const folder = folderWith({ 'a.html': 'mine' });
    await expect(saveText(join(folder, 'a.html'), 'new')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(join(folder, 'a.html'), 'utf8')).toBe('mine');
    await saveText(join(folder, 'a.html'), 'new', { overwrite: true });
    await saveText(join(folder, 'b.html'), 'other');
    expect((await readdir(folder)).sort()).toEqual(['a.html', 'b.html']);
    expect(await readFile(join(folder, 'a.html'), 'utf8')).toBe('new');
    await expect(saveText(join(folder, 'none', 'a'), 'x')).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    });
  });
});

test('nothing in a run’s files gets into the page as HTML', async () => {
  const folder = folderWith({});
  const evil = '<script>alert(1)</script>';
  await writeFile(
    join(folder, 'trainer_state.json'),
    JSON.stringify({ log_history: [1, 2].map((step) => ({ step, [`eval_${evil}`]: step, loss: 1 })) }),
  );
  const run = await readRunFolder(folder);
  const derived = derive(run);
  const page = trainingReport({ run, derived, advice: adviceFor({ run, derived }), at: new Date(0) });
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;');
  const both = comparisonReport(compareRuns([evil, 'b'].map((name) => ({ name, run }))), new Date(0));
  expect(both).not.toContain('<script');
});

describe.skipIf(!haveShared)(`reports of real trainings${whyNot}`, () => {
  test.each(['jpqd', 'fail_all_heads_pruned', 'qat_only', 'teacher'])('%s stands by itself', async (name) => {
    const run = await readRunFolder(inRuns(name));
    const derived = derive(run);
    const advice = adviceFor({ run, derived });
    const page = trainingReport({ run, derived, advice, at: new Date(0) });
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(|@import/);
    expect(page.match(/https?:\/\/[^"]*/g)?.every((link) => link === 'http://www.w3.org/2000/svg')).toBe(
      true,
    );
    for (const svg of page.match(/<svg.*?<\/svg>/gs) ?? []) checkXml(svg);
    for (const { title } of advice) expect(page).toContain(title.replaceAll("'", '&#39;'));
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('series as a table hold every number of the run', async () => {
    const run = await readRunFolder(inRuns('jpqd'));
    const rows = parse(seriesCsv(run), { columns: true }) as Array<Record<string, string>>;
    expect(Object.keys(rows[0]!).slice(0, 3)).toEqual(['step', 'epoch', 'time']);
    const numbers: Readonly<Record<string, number>> = {
      inf: Number.POSITIVE_INFINITY,
      '-inf': Number.NEGATIVE_INFINITY,
    };
    for (const [key, series] of Object.entries(run.metrics)) {
      const read = rows
        .filter((row) => row[key] !== '')
        .map((row) => [Number(row['step']), numbers[row[key]!] ?? Number(row[key])]);
      expect(read, key).toEqual(series.map(({ step, value }) => [step, value]));
    }
  });

  test('the summary is the documented JSON', async () => {
    const run = await readRunFolder(inRuns('jpqd'));
    const derived = derive(run);
    const summary = summaryOf(run, derived, adviceFor({ run, derived }));
    expect(summary).toMatchObject({
      stages: [
        { name: 'dense', from_step: 1, to_step: 48 },
        { name: 'warm-up', from_step: 49, to_step: 144 },
        { name: 'structured-masking', from_step: 145, to_step: 145 },
        { name: 'fine-tune', from_step: 146, to_step: null },
      ],
      steps: 288,
      metrics: { eval_accuracy: 0.931640625 },
      heads: [
        { layer: 0, kept: 4, total: 4 },
        { layer: 1, kept: 2, total: 4 },
        { layer: 2, kept: 2, total: 4 },
        { layer: 3, kept: 4, total: 4 },
      ],
      parameters: { dense: 803_072, pruned: 519_680 },
      int8: { coverage: 1 },
    });
    expect(summary.sparsity.layers).toHaveLength(20);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  test('training_args.bin is read without running anything of it', async () => {
    const { trainingArguments } = await readRunFolder(inRuns('jpqd'));
    expect(trainingArguments).toMatchObject({
      ...{ learning_rate: 0.0005, seed: 42, distillation_weight: 0.9, lr_scheduler_type: 'linear' },
    });
    expect(Object.keys(trainingArguments).some((key) => key.endsWith('token') || key.startsWith('_'))).toBe(
      false,
    );
    // It alone tells how the losses are weighed.
    const alone = await readRunFolder(
      folderWith({ 'training_args.bin': { like: 'jpqd/output/training_args.bin' } }),
    );
    expect(alone.training).toMatchObject({ distillationWeight: 0.9, epochs: 6, loggingSteps: 4 });
    const bytes = readFileSync(inRuns('jpqd/output/training_args.bin'));
    for (const damaged of [bytes.subarray(0, 3000), Buffer.from('nothing'), Buffer.alloc(0)]) {
      const run = await readRunFolder(folderWith({ 'training_args.bin': damaged }));
      expect(run.trainingArguments).toEqual({});
      expect(run.problems).toMatchObject([{ file: 'training_args.bin', severity: 'note' }]);
    }
  });
});
