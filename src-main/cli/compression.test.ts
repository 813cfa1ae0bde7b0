import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { hasOpenVino, resources } from '../engine/host/fixtures/engine.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'refinery-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function refinery(...args: readonly string[]): { code: number | null; output: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...args],
    { encoding: 'utf8', env: { ...process.env, REFINERY_DATA_DIR: join(folder, 'data') } },
  );
  return { code: status, output: stdout, errors: stderr };
}

function written(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

describe('refinery config check', () => {
  const params = { warmup_start_epoch: 1, warmup_end_epoch: 3, importance_regularization_factor: 0.01 };
  const config = (changes: object) => ({
    compression: { algorithm: 'movement_sparsity', params: { ...params, ...changes } },
  });

  test('0 for a good one, 1 for one that is refused, with paths, 2 for a wrong command line', () => {
    const good = refinery('config', 'check', written('good.json', config({})), '--epochs', '5');
    expect([good.code, good.output]).toEqual([0, 'Nothing was found to be wrong.\n']);
    const bad = refinery('config', 'check', written('bad.json', config({ warmup_end_epoch: 0 })), '--json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.output)).toMatchObject({
      findings: [
        { rule: 'end-before-start', path: '$.compression.params.warmup_end_epoch', severity: 'error' },
      ],
    });
    expect(refinery('config', 'check', 'a', '--epochs', 'many').code).toBe(2);
  });

  test('damage is told with its line; a warning alone is no failure', () => {
    const damaged = refinery('config', 'check', written('damaged.json', '{\n "compression": [,]\n}'));
    expect(damaged.code).toBe(1);
    expect(damaged.output).toMatch(/^error {4}line 2, column 18 /);
    const late = refinery('config', 'check', written('late.json', config({})), '--epochs', '2');
    expect([late.code, late.output]).toEqual([0, expect.stringMatching(/^warning .*never over/)]);
  });
});

const runs = join(resources, '..', 'shared', 'jpqd', 'run');
const haveRuns = existsSync(runs);
describe.skipIf(!haveRuns)(`trainings${haveRuns ? '' : ' (skipped: the runs are not here)'}`, () => {
  test('monitor prints the documented JSON and saves a page, but never over another', () => {
    const report = join(folder, 'report.html');
    const { code, output } = refinery('monitor', join(runs, 'jpqd'), '--json', '--report', report);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      steps: 288,
      int8: { coverage: 1 },
      parameters: { pruned: 519_680 },
    });
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype html>/);
    const again = refinery('monitor', join(runs, 'jpqd'), '--report', report);
    expect([again.code, again.errors]).toEqual([
      1,
      expect.stringMatching(/There is a file of this name already/),
    ]);
  });

  test('compare tells settings and models apart', () => {
    const { code, output } = refinery(
      'monitor',
      'compare',
      join(runs, 'jpqd'),
      join(runs, 'qat_only'),
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      runs: ['jpqd', 'qat_only'],
      pareto: { metric: 'eval_accuracy' },
    });
  });
});

const here = haveRuns && hasOpenVino;
describe.skipIf(!here)(`refinery benchmark${here ? '' : ' (skipped: no models or no OpenVINO here)'}`, () => {
  test('prints the table against the first, and saves it', () => {
    const models = ['dense_fp32_ir', 'jpqd/output'].map((name) => join(runs, name, 'openvino_model.xml'));
    const table = join(folder, 'table.csv');
    const { code, output } = refinery('benchmark', ...models, '--seconds', '0.1', '--save', table, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(output) as { table: { rows: Array<Record<string, unknown>> } };
    expect(result.table.rows).toMatchObject([
      { label: 'dense_fp32_ir', sizeRatio: 1, speedUp: 1 },
      { label: 'output', parameters: 550_709, accuracy: null },
    ]);
    expect(readFileSync(table, 'utf8').split('\n')[0]).toMatch(/^label,bytes,sizeRatio,/);
  });

  test.each([
    [2, ['benchmark', 'a.xml', '--shape', 'nonsense']],
    [2, ['benchmark', 'a.xml', '--save', 'table.pdf']],
    [1, ['benchmark', '/nowhere/a.xml']],
  ])('%i for %j', (code, args) => {
    expect(refinery(...args).code).toBe(code);
  });
});
