import { describe, expect, test } from 'vitest';
import { scheduledAt } from '../derive/schedule.ts';
import { haveShared, inRuns, readText, whyNot } from '../fixtures/shared.ts';
import { configSchedule, derive, layersOf, planLayers, readRunFolder, ScopeMatcher } from '../index.ts';

const names = ['Bert/Layer[0]/Attention', 'Bert/Layer[1]/Attention', 'Bert/Layer[1]/Output'];
const config = (params: object = {}, more: object = {}) => ({
  compression: {
    algorithm: 'movement_sparsity',
    params: { warmup_start_epoch: 1, warmup_end_epoch: 3, importance_regularization_factor: 0.01, ...params },
    ...more,
  },
});

test('what each scope matches', () => {
  const scopes = new ScopeMatcher(names);
  const patterns = ['{re}.*Layer\\[1\\].*', 'Bert/Layer[1]/Output', 'Output', '{re}(', '{re}nothing'];
  expect(patterns.map((pattern) => scopes.match(pattern))).toEqual([
    { pattern: '{re}.*Layer\\[1\\].*', layers: names.slice(1) },
    { pattern: 'Bert/Layer[1]/Output', layers: [names[2]] },
    { pattern: 'Output', layers: [] },
    { pattern: '{re}(', layers: [], fault: expect.stringContaining('Python refuses') },
    { pattern: '{re}nothing', layers: [] },
  ]);
  expect(scopes.match('{re}Attention').layers).toHaveLength(2);
  expect(scopes.match('(?i){re}ATTENTION').layers).toHaveLength(2);
  expect(scopes.match('{re}\\ABert.*Output\\Z').layers).toEqual([names[2]]);
  expect(scopes.match('{re}(Bert)(?(1)x|y)')).toMatchObject({
    layers: [],
    unknown: expect.stringContaining('conditions'),
  });
});

describe('the planned schedule', () => {
  test('goes from nothing to the last values, with both ends of each stage', () => {
    const plan = configSchedule(config({ init_importance_threshold: -0.1 }), {
      epochs: 5,
      stepsPerEpoch: 10,
    })!;
    expect(plan).toMatchObject({ warmupStart: 1, warmupEnd: 3, epochs: 5 });
    const steps = plan.points.map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(plan.points[9]).toEqual({ epoch: 1, step: 10, level: 0, threshold: null, factor: 0 });
    expect(plan.points[10]).toMatchObject({ threshold: -0.1, factor: 0 });
    expect(plan.points[20]).toMatchObject({ level: 0.875, factor: expect.closeTo(0.00875, 12) });
    expect(plan.points.at(-1)).toMatchObject({ level: 1, threshold: 0, factor: 0.01 });
    const levels = plan.points.map(({ level }) => level);
    expect(levels).toEqual([...levels].sort((one, other) => one - other));
  });

  test('without steps or a first threshold it is drawn over epochs', () => {
    const plan = configSchedule(config(), { epochs: 2 })!;
    expect(plan.points.every(({ step, threshold }) => step === null && threshold === null)).toBe(true);
    // Training ends in mid-warm-up.
    expect(plan.points.at(-1)).toMatchObject({ epoch: 2, level: expect.closeTo(0.875, 2) });
  });

  test.each([
    ['no params', { compression: { algorithm: 'movement_sparsity' } }],
    ['an end before the start', config({ warmup_end_epoch: 1 })],
    ['another algorithm', { compression: { algorithm: 'quantization' } }],
    ['nothing', null],
    ['no JSON', undefined],
  ])('%s has none', (_, broken) => {
    expect(configSchedule(broken, { epochs: 5 })).toBeUndefined();
  });
});

test('how each layer is cut', () => {
  const layers = names.map((name) => ({ name, shape: [128, 96] }));
  const structures = [
    { mode: 'block', sparse_factors: [32, 32], target_scopes: '{re}Layer\\[1\\]/Attention' },
    { mode: 'per_dim', axis: 0, target_scopes: ['{re}Output'] },
  ];
  const plan = planLayers(
    config({}, { sparse_structure_by_scopes: structures, ignored_scopes: [names[0]] }),
    layers,
  );
  expect(plan).toEqual([
    { name: names[0], shape: [128, 96], mode: 'ignored', fits: true },
    { name: names[1], shape: [128, 96], mode: 'block', entry: 0, unit: [32, 32], units: [4, 3], fits: true },
    {
      name: names[2],
      shape: [128, 96],
      mode: 'per_dim',
      entry: 1,
      unit: [1, 96],
      units: [128, 1],
      fits: true,
    },
  ]);
  const odd = [{ mode: 'block', sparse_factors: [32, 20], target_scopes: '{re}.*' }];
  expect(planLayers(config({}, { sparse_structure_by_scopes: odd }), layers)[0]).toMatchObject({
    fits: false,
    unit: [32, 20],
  });
  expect(planLayers(config(), layers)[0]).toMatchObject({ mode: 'unstructured' });
  expect(planLayers({}, layers)).toEqual([]);
});

describe.skipIf(!haveShared)(`a real training${whyNot}`, () => {
  test('its layers are those that the configuration meant', async () => {
    const run = await readRunFolder(inRuns('jpqd'));
    const layers = layersOf(run);
    expect(layers).toHaveLength(20);
    const source: unknown = JSON.parse(readText('jpqd/nncf_config.json'));
    const modes = planLayers(source, layers).map(({ mode, units }) => [mode, units?.join('x')].join(' '));
    const counts = Object.fromEntries(
      [...new Set(modes)].map((mode) => [mode, modes.filter((one) => one === mode).length]),
    );
    expect(counts).toEqual({ 'block 4x4': 12, 'per_dim 512x1': 4, 'per_dim 1x512': 4 });
    const scopes = new ScopeMatcher(layers.map(({ name }) => name));
    expect(scopes.match('{re}.*BertAttention.*').layers).toHaveLength(12);
  });

  test('the planned schedule is the logged one', async () => {
    const run = await readRunFolder(inRuns('jpqd'));
    const { schedule, compared } = derive(run);
    const facts = { epochs: 6, stepsPerEpoch: 48, initialThreshold: schedule!.initialThreshold! };
    const plan = configSchedule(run.config?.source, facts)!;
    for (const { step, factor, threshold } of plan.points) {
      const expected = scheduledAt(schedule!, step!);
      expect(factor).toBe(expected.factor);
      expect(threshold ?? Number.NEGATIVE_INFINITY).toBe(expected.threshold);
    }
    for (const { step, value } of compared.factor.logged) {
      const planned = plan.points.find((point) => point.step === step);
      if (planned) expect(planned.factor).toBeCloseTo(value, 9);
    }
  });
});
