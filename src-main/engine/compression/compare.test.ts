import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { curveOf } from './compare/curve.ts';
import { paretoFront } from './compare/pareto.ts';
import { folderWith, removeFolders } from './fixtures/folders.ts';
import { haveShared, inRuns, whyNot } from './fixtures/shared.ts';
import {
  type CurvePoint,
  compareRuns,
  heatMapOf,
  overlayOf,
  rangeOf,
  readRunFolder,
  smooth,
  thin,
} from './index.ts';

afterAll(removeFolders);

const points = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 })
  .map((values): CurvePoint[] => values.map((value, index) => [index + 1, value]));

describe('curves', () => {
  test('over steps, epochs and time; what can’t be drawn is counted', () => {
    const series = [
      { step: 1, epoch: 0.1, time: 100, value: Number.NEGATIVE_INFINITY },
      { step: 2, epoch: 0.2, time: 103, value: 5 },
      { step: 3, time: 101, value: 6 },
      { step: 4, epoch: 0.4, value: 7 },
    ];
    expect(curveOf(series, 'step')).toEqual({
      points: [
        [2, 5],
        [3, 6],
        [4, 7],
      ],
      notDrawn: 1,
    });
    expect(curveOf(series, 'epoch').points).toEqual([
      [0.2, 5],
      [0.4, 7],
    ]);
    // A clock that jumped back.
    expect(curveOf(series, 'time').points).toEqual([
      [1, 6],
      [3, 5],
    ]);
    expect(curveOf([], 'time')).toEqual({ points: [], notDrawn: 0 });
  });

  test('smoothing is TensorBoard’s', () => {
    // By its resmoothDataset with weight 0.6.
    const smoothed = smooth(
      [1, 2, 3, 2].map((value, index) => [index, value]),
      0.6,
    ).map(([, value]) => value);
    const expected = [0.4 / 0.4, 1.04 / 0.64, 1.824 / 0.784, 1.8944 / 0.8704];
    expect(smoothed).toEqual(expected.map((value) => expect.closeTo(value, 12)));
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 0.99, noNaN: true }), (curve, weight) => {
        const [low, high] = rangeOf([curve], 0)!;
        for (const [index, [at, value]] of smooth(curve, weight).entries()) {
          expect(at).toBe(curve[index]![0]);
          expect(value).toBeGreaterThanOrEqual(low - 1e-6);
          expect(value).toBeLessThanOrEqual(high + 1e-6);
        }
        const constant = curve.map(([at]): CurvePoint => [at, 0.1]);
        expect(smooth(constant, weight)).toEqual(constant);
      }),
    );
  });

  test('thinning keeps ends and extremes, in order, and never more than asked for', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 4, max: 300 }), (curve, most) => {
        const kept = thin(curve, most);
        expect(kept.length).toBeLessThanOrEqual(Math.max(most, Math.min(curve.length, most)));
        expect([kept[0], kept.at(-1)]).toEqual([curve[0], curve.at(-1)]);
        expect(rangeOf([kept], 0)).toEqual(rangeOf([curve], 0));
        expect(kept.every(([at], index) => index === 0 || at > kept[index - 1]![0])).toBe(true);
      }),
    );
  });

  test('the range without outliers is numpy’s percentiles', () => {
    const curve = [1, 2, 3, 4, 1000].map((value, index): CurvePoint => [index, value]);
    expect(rangeOf([curve], 0)).toEqual([1, 1000]);
    // numpy.percentile([1, 2, 3, 4, 1000], [5, 95])
    expect(rangeOf([curve], 0.05)).toEqual([1.2, expect.closeTo(800.8, 9)]);
    expect(rangeOf([[]], 0)).toBeUndefined();
  });
});

test('the Pareto front is what no other beats', () => {
  const one = fc.record({
    gain: fc.integer({ min: 0, max: 6 }),
    cost: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(one, { maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      (list, gainIsLower, costIsLower) => {
        const better = (a: number, b: number, lower: boolean): boolean => (lower ? a < b : a > b);
        const beaten = list.flatMap((point, index) => {
          const others = list.filter(({ gain, cost }) => {
            if (cost === undefined || point.cost === undefined) return point.cost === undefined;
            const worse = better(point.gain, gain, gainIsLower) || better(point.cost, cost, costIsLower);
            return !worse && (better(gain, point.gain, gainIsLower) || better(cost, point.cost, costIsLower));
          });
          return point.cost === undefined || others.length > 0 ? [index] : [];
        });
        const front = paretoFront(list, { gainIsLower, costIsLower });
        expect([...front].sort((a, b) => a - b)).toEqual(
          [...list.keys()].filter((index) => !beaten.includes(index)),
        );
      },
    ),
  );
});

test('runs without anything in common, and keys that are no keys', async () => {
  const empty = await readRunFolder(folderWith({}));
  const odd = await readRunFolder(
    folderWith({
      'trainer_state.json': '{"log_history": [{"step": 1, "__proto__": 4, "constructor": 5, "loss": NaN}]}',
    }),
  );
  const compared = compareRuns([
    { name: 'empty', run: empty },
    { name: 'odd', run: odd },
  ]);
  expect(compared.pareto).toBeUndefined();
  expect(compared.overlays.map(({ metric, curves }) => [metric, curves.length])).toEqual([
    ['constructor', 1],
    ['loss', 1],
  ]);
  expect(compared.overlays[1]).toMatchObject({ curves: [{ run: 1, points: [], notDrawn: 1 }] });
  expect(JSON.parse(JSON.stringify(compared))).toEqual(compared);
});

describe.skipIf(!haveShared)(`real trainings${whyNot}`, () => {
  test('settings that differ, models on the front, curves', async () => {
    const names = ['jpqd', 'fail_all_heads_pruned', 'qat_only'];
    const runs = await Promise.all(
      names.map(async (name) => ({ name, run: await readRunFolder(inRuns(name)) })),
    );
    const measured = [
      { run: 0, checkpoint: '', latency: 1, throughput: 900 },
      { run: 2, checkpoint: '', latency: 2, throughput: 500 },
    ];
    const { settings, pareto, overlays } = compareRuns(runs, { smoothing: 0.6, points: 20, measured });
    const factor = settings.find(({ name }) => name.endsWith('importance_regularization_factor'));
    expect(factor).toEqual({
      group: 'compression',
      name: 'movement_sparsity.params.importance_regularization_factor',
      values: [0.0008, 0.005, null],
      differs: true,
    });
    expect(settings.find(({ name }) => name === 'seed')).toMatchObject({
      values: [42, 42, 42],
      differs: false,
    });
    expect(settings.some(({ name }) => name.endsWith('token'))).toBe(false);
    const found = pareto?.candidates.map(({ run, checkpoint, stage, metric }) => [
      run,
      checkpoint,
      stage,
      metric,
    ]);
    expect(found).toEqual([
      [0, 'output/checkpoint-192', 'fine-tune', 0.93359375],
      [0, 'output/checkpoint-240', 'fine-tune', 0.93359375],
      [0, 'output/checkpoint-288', 'fine-tune', 0.931640625],
      [0, '', 'fine-tune', 0.931640625],
      // The second training broke off and left no model.
      [2, '', 'quantization', 0.9375],
    ]);
    expect(pareto?.fronts).toMatchObject({
      bytes: [0, 4],
      parameters: [0, 1, 4],
      latency: [3, 4],
      throughput: [3, 4],
    });
    const loss = overlays.find(({ metric }) => metric === 'loss');
    expect(loss?.curves.map(({ run }) => run)).toEqual([0, 1, 2]);
    expect(loss?.curves[0]?.points.length).toBeLessThanOrEqual(20);
    expect(
      overlayOf(
        runs.map(({ run }) => run),
        'loss',
      ).curves[0]?.points,
    ).toHaveLength(72);
  });

  test('the heat map shows sparsity fall with structured masking, layer by layer', async () => {
    const heat = heatMapOf(await readRunFolder(inRuns('jpqd')))!;
    expect(heat).toMatchObject({ from: 'log', steps: [0, 48, 96, 144, 192, 240] });
    expect(heat.layers).toHaveLength(20);
    expect(heat.layers[0]).toBe('bert.encoder.layer.0.attention.self.query');
    const row = heat.layers.indexOf('bert.encoder.layer.1.attention.self.query');
    expect(heat.values[row]).toEqual([0, 0, 0.438, 0.688, 0.5, 0.5]);
  });

  test('without a log it is what saved models lack', async () => {
    const checkpoint = (step: number, like: string) => ({
      [`checkpoint-${step}/openvino_model.xml`]: { like: `${like}/openvino_model.xml` },
      [`checkpoint-${step}/config.json`]: { like: 'jpqd/output/config.json' },
    });
    const folder = folderWith({
      ...checkpoint(144, 'warmup_checkpoint_ir'),
      ...checkpoint(192, 'jpqd/output/checkpoint-192'),
    });
    const heat = heatMapOf(await readRunFolder(folder))!;
    expect(heat).toMatchObject({ from: 'ir', steps: [144, 192] });
    expect(heat.values[heat.layers.indexOf('bert.encoder.layer.1.attention.self.query')]).toEqual([0, 0.5]);
    expect(heatMapOf(await readRunFolder(inRuns('qat_only')))).toBeUndefined();
  });
});
