import { describe, expect, test } from 'vitest';
import { hasOpenVino } from '../host/fixtures/engine.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { labelsOf } from './benchmark/labels.ts';
import { latencyOf } from './benchmark/latency.ts';
import { haveShared, inRuns, whyNot } from './fixtures/shared.ts';
import {
  benchmark,
  type MeasuredModel,
  measuredTable,
  modelFacts,
  parseShapes,
  tableCells,
  tableCsv,
  tableMarkdown,
} from './index.ts';

const model = (name: string): string => inRuns(`${name}/openvino_model.xml`);

test('latencies are counted as benchmark_app counts them', () => {
  const times = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(latencyOf(times)).toEqual({
    median: 101,
    average: 100.5,
    minimum: 1,
    maximum: 200,
    p90: 181,
    p95: 191,
    p99: 199,
  });
  expect(latencyOf([3])).toMatchObject({ median: 3, p99: 3, minimum: 3, maximum: 3 });
});

test('shapes are written as for benchmark_app', () => {
  expect(parseShapes('input_ids[1,128],attention_mask[1, 64]')).toEqual({
    input_ids: [1, 128],
    attention_mask: [1, 64],
  });
  expect(parseShapes('[2,3]')).toEqual({ '': [2, 3] });
  for (const wrong of ['', 'a', 'a[1', 'a[]', 'a[0,1]', 'a[1.5]', 'a[1]b', 'a[-1]', 'a[1]]']) {
    expect(() => parseShapes(wrong), wrong).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  }
});

test('models of one name are called by their folders', () => {
  expect(labelsOf(['/a/x.xml', '/b/y.xml'])).toEqual(['x.xml', 'y.xml']);
  expect(labelsOf(['/a/m.xml', '/b/m.xml'])).toEqual(['a', 'b']);
  expect(labelsOf(['/a/out/m.xml', '/b/out/m.xml'])).toEqual(['a/out', 'b/out']);
});

describe('the table', () => {
  const facts = (bytes: number, parameters: number) => ({ model: 'm', bytes, parameters, int8Share: 0 });
  const dense: MeasuredModel = { label: 'dense | fp32', facts: facts(4000, 100) };
  const small: MeasuredModel = {
    label: '=small',
    facts: facts(1000, 50),
    accuracy: {
      ...{ model: 'm', dataset: 'd', examples: 4, correct: 3, accuracy: 0.75, interval: [0.3, 0.95] },
      ...{ classes: ['a', 'b'], confusion: [], maxLength: 8, cut: 0, leftOut: [] },
    },
  };
  const table = measuredTable({ dense, others: [small] });

  test('all is against the dense model, and what is missing is null', () => {
    expect(table.rows[1]).toMatchObject({ sizeRatio: 4, parameterRatio: 2, speedUp: null, accuracy: 0.75 });
    expect(table.rows[0]).toMatchObject({ sizeRatio: 1, accuracyDifference: null });
  });

  test('as Markdown, CSV and cells', () => {
    expect(tableCells(table)[0]).toEqual([
      'Model',
      'Size',
      'Smaller',
      'Parameters',
      'Fewer',
      'INT8',
      'Accuracy',
    ]);
    expect(tableMarkdown(table).split('\n')[2]).toBe(
      '| dense \\| fp32 | 0.00 MB | 1.00× | 100 | 1.00× | 0.0 % |  |',
    );
    // A cell that begins with = would be a formula to a spreadsheet.
    expect(tableCsv(table).split('\n')[2]).toMatch(/^'=small,1000,4,50,2,0,,,,,0\.75,,,0\.3,0\.95$/);
  });
});

describe.skipIf(!haveShared)(`facts of real models${whyNot}`, () => {
  test('parameters are those of the trained model, without scales and indices', async () => {
    const list = await Promise.all(
      ['dense_fp32_ir', 'qat_only', 'jpqd/output'].map((name) => modelFacts(model(name))),
    );
    // torch counts 835,330; the IR has 7 constants of single numbers besides.
    expect(list[0]).toMatchObject({
      parameters: 835_337,
      linearParameters: 803_072,
      binBytes: 3_342_000,
      int8Share: 0,
    });
    // 40 more single numbers, and not one of the 4,808 scales and ranges.
    expect(list[1]?.parameters).toBe(835_370);
    expect(list[2]).toMatchObject({ linearParameters: 519_680, int8Share: 1, bytes: 898_171 });
  });

  test('an IR without weights is told', async () => {
    await expect(modelFacts('/nowhere/at/all.xml')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

const here = haveShared && hasOpenVino;
describe.skipIf(!here)(`measuring${here ? '' : ' (skipped: no models or no OpenVINO here)'}`, () => {
  const seconds = 0.1;

  test('whole rounds on inputs of the longest length that the model knows', async () => {
    const openvino = await loadOpenVino();
    const told: number[] = [];
    const onProgress = (fraction: number): void => void told.push(fraction);
    const result = await benchmark({ openvino, model: model('jpqd/output'), seconds, onProgress });
    expect(result).toMatchObject({ device: 'CPU', hint: 'throughput', batch: 1 });
    expect(result.inputs.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ['input_ids', 'i64', [1, 64]],
      ['attention_mask', 'i64', [1, 64]],
      ['token_type_ids', 'i64', [1, 64]],
    ]);
    expect(result.notes.join()).toMatch(/64 positions/);
    expect(result.iterations % result.requests).toBe(0);
    expect(result.throughput).toBeCloseTo(result.iterations / result.seconds, 6);
    expect(result.latency.minimum).toBeLessThanOrEqual(result.latency.median);
    expect(told.at(-1)).toBe(1);
  });

  test('shapes, hint and precision that are asked for', async () => {
    const openvino = await loadOpenVino();
    const shapes = parseShapes('[4,16]');
    const result = await benchmark({
      ...{ openvino, model: model('dense_fp32_ir'), seconds, shapes },
      ...{ hint: 'latency', precision: 'f32' },
    });
    expect(result).toMatchObject({ hint: 'latency', precision: 'f32', requests: 1, batch: 4 });
    expect(result.throughput).toBeCloseTo((4 * result.iterations) / result.seconds, 6);
  });

  test('what can’t be measured is told', async () => {
    const openvino = await loadOpenVino();
    const dense = model('dense_fp32_ir');
    const tries: Array<[string, Parameters<typeof benchmark>[0]]> = [
      ['BAD_REQUEST', { openvino, model: dense, seconds, shapes: { nothing: [1, 2] } }],
      ['BAD_REQUEST', { openvino, model: dense, seconds, shapes: { '': [1, 4096] } }],
      ['BAD_REQUEST', { openvino, model: dense, seconds: Number.NaN }],
      ['DEVICE_UNAVAILABLE', { openvino, model: dense, seconds, device: 'NOTHING' }],
      ['INPUT_NOT_FOUND', { openvino, model: '/nowhere/at/all.xml', seconds }],
      ['CANCELLED', { openvino, model: dense, seconds: 60, signal: AbortSignal.timeout(300) }],
    ];
    for (const [code, options] of tries) await expect(benchmark(options)).rejects.toMatchObject({ code });
  });
});
