import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { budget, folderWith, look, removeFolders } from './fixtures/folders.ts';
import { eventWith, haveShared, inRuns, message, readText, whyNot } from './fixtures/shared.ts';
import { adviceFor, derive, type Run, readRunFolder } from './index.ts';

afterAll(removeFolders);

test('a folder that isn’t there is told', async () => {
  await expect(readRunFolder('/nowhere/at/all')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
});

describe('several trainings in one folder', () => {
  const loss = (step: number, time: number, value: number): Uint8Array =>
    eventWith(step, time, [
      ...message(1, 'train/loss'),
      0x15,
      ...new Uint8Array(Float32Array.of(value).buffer),
    ]);
  const losses = (run: Run): number[][] =>
    (run.metrics['loss'] ?? []).map(({ step, value }) => [step, value]);
  const state = '{"log_history": [{"step": 1, "loss": 9}, {"step": 2, "loss": 8}, {"step": 3, "loss": 7}]}';

  test('one that goes on from a checkpoint replaces what came after it', async () => {
    const folder = folderWith({
      'runs/a/events.out.tfevents.1': Buffer.concat([loss(1, 100, 9), loss(2, 101, 8), loss(3, 102, 7)]),
      'runs/b/events.out.tfevents.2': Buffer.concat([loss(2, 200, 4), loss(4, 201, 3)]),
    });
    expect(losses(await readRunFolder(folder))).toEqual([
      [1, 9],
      [2, 4],
      [4, 3],
    ]);
  });

  test('a trainer_state.json that an earlier one left counts only up to where the newest began', async () => {
    const folder = folderWith({
      'trainer_state.json': state,
      'runs/b/events.out.tfevents.2': Buffer.concat([loss(2, 200, 4), loss(3, 201, 3)]),
    });
    utimesSync(join(folder, 'trainer_state.json'), 150, 150);
    expect(losses(await readRunFolder(folder))).toEqual([
      [1, 9],
      [2, 4],
      [3, 3],
    ]);
    utimesSync(join(folder, 'trainer_state.json'), 300, 300);
    expect(losses(await readRunFolder(folder))).toEqual([
      [1, 9],
      [2, 8],
      [3, 7],
    ]);
  });

  test('files elsewhere are read where they are named', async () => {
    const elsewhere = folderWith({
      'my log.txt': "  50%|█    | 5/10 [00:05<00:05, 1it/s]\r{'loss': 2, 'epoch': 0.5}\n",
    });
    const run = await readRunFolder(folderWith({}), { also: [join(elsewhere, 'my log.txt')] });
    expect(losses(run)).toEqual([[5, 2]]);
  });
});

describe.skipIf(!haveShared)(`the good training${whyNot}`, () => {
  test('facts and metrics', async () => {
    const { run, derived } = await look(inRuns('jpqd'), budget);
    expect(run.problems).toEqual([]);
    expect(run.training).toMatchObject({
      maxSteps: 288,
      epochs: 6,
      stepsPerEpoch: 48,
      globalStep: 288,
      finished: true,
      distillationWeight: 0.9,
      distillationTemperature: 2,
    });
    expect(run.metrics['loss']).toHaveLength(72);
    // The value is the file's with all digits; the time is from the event file.
    expect(run.metrics['task_loss']?.[0]).toEqual({
      step: 4,
      epoch: 0.08,
      time: expect.closeTo(1795408689.39, 1),
      value: 0.33096522092819214,
    });
    expect(run.metrics['eval_accuracy']?.map(({ value }) => value)).toEqual([
      0.923828125, 0.92578125, 0.9296875, 0.93359375, 0.93359375, 0.931640625,
    ]);
    expect(run.results['eval_accuracy']).toBe(0.931640625);
    expect(run.checkpoints.map(({ step, ir }) => [step, ir?.binBytes])).toEqual([
      [192, 584_044],
      [240, 584_044],
      [288, 584_044],
    ]);
    expect(run.ir).toMatchObject({ binBytes: 584_044, path: 'output/openvino_model.xml' });
    expect(derived.metric?.budget).toMatchObject({ limit: 0.9275, met: true });
    expect(derived.progress).toMatchObject({ secondsLeft: 0, stepsPerSecond: expect.closeTo(2, 1) });
    expect(derived.losses.parts.map(({ kind, weight }) => [kind, weight])).toEqual([
      ['task', expect.closeTo(0.1, 12)],
      ['distillation', 0.9],
      ['compression', 1],
    ]);
    expect(derived.learningRate.at(-1)?.value).toBe(0);
  });

  test('no token of a hub is kept', async () => {
    const { run } = await look(inRuns('jpqd'));
    expect(run.texts['args/text_summary']).toContain('"hub_token": null');
    expect(JSON.stringify(run.texts)).not.toContain('HUB_TOKEN');
  });

  test('stages, and why sparsity falls', async () => {
    const { derived } = await look(inRuns('jpqd'));
    expect(derived.stages.list).toEqual([
      { kind: 'dense', from: 1, to: 48 },
      { kind: 'warm-up', from: 49, to: 144 },
      { kind: 'structured-masking', from: 145, to: 145 },
      { kind: 'fine-tune', from: 146 },
    ]);
    expect(derived.stages.disagreements).toEqual([]);
    expect(derived.stages.masking).toMatchObject({
      fromStep: 144,
      toStep: 148,
      before: expect.closeTo(0.73, 3),
      after: expect.closeTo(0.393, 3),
      explanation: expect.stringContaining('expected'),
    });
  });

  test('the logged threshold and factor are the computed ones', async () => {
    const { derived } = await look(inRuns('jpqd'));
    for (const { logged, expected, largestDifference } of Object.values(derived.compared)) {
      expect(expected).toHaveLength(logged.length);
      expect(largestDifference).toBeLessThan(1e-15);
    }
  });

  test('structure: heads, widths and parameters', async () => {
    const { derived } = await look(inRuns('jpqd'));
    const { structure, sparsity, quantization } = derived;
    expect(structure?.layers.map(({ heads }) => [heads?.kept, heads?.ids])).toEqual([
      [4, [0, 1, 2, 3]],
      [2, [0, 2]],
      [2, [1, 3]],
      [4, undefined],
    ]);
    expect(structure?.layers.map(({ feedForward }) => feedForward)).toEqual(
      [392, 337, 260, 208].map((kept) => ({ dense: 512, kept })),
    );
    expect([structure?.denseParameters, structure?.prunedParameters]).toEqual([803_072, 519_680]);
    expect(structure?.layers.map(({ prunedParameters }) => prunedParameters)).toEqual([
      165_888, 119_040, 99_328, 118_784,
    ]);
    // Weights and biases of the table: exactly the sparsity that NNCF logs.
    expect(sparsity.structured).toBeCloseTo(0.3925932975812147, 12);
    expect(sparsity.now).toMatchObject({ prunable: 0.3925932975812147, model: 0.3408892294063424 });
    expect(quantization?.classes.map(({ operations, quantized }) => [operations, quantized])).toEqual([
      [26, 26],
      [3, 3],
      // The configuration leaves attention's second product, matmul_1, in float.
      [8, 4],
    ]);
    expect(quantization?.fakeQuantizes).toBe(38);
    expect(quantization?.floatWeights).toEqual([]);
  });

  test('has no advice', async () => {
    expect((await look(inRuns('jpqd'), budget)).said).toEqual([]);
    expect((await look(inRuns('jpqd/output'), budget)).said).toEqual([]);
    expect((await look(inRuns('qat_only'), budget)).said).toEqual([]);
    expect((await look(inRuns('teacher'), budget)).said).toEqual([]);
  });

  test('each source alone tells the same series', async () => {
    const { run: whole } = await look(inRuns('jpqd'));
    const state = await look(
      folderWith({ 'trainer_state.json': { like: 'jpqd/output/trainer_state.json' } }),
    );
    const log = await look(folderWith({ 'console.log': { like: 'jpqd/console.log' } }));
    for (const key of [
      'loss',
      'task_loss',
      'eval_accuracy',
      'compression/movement_sparsity/importance_threshold',
    ]) {
      const plain = whole.metrics[key]!.map(({ step, epoch, value }) => ({ step, epoch, value }));
      expect(state.run.metrics[key]).toEqual(plain);
      expect(log.run.metrics[key]).toEqual(plain);
    }
    // Without a configuration the stages come from the logs.
    expect(log.derived.stages).toMatchObject({
      from: 'logs',
      now: 'fine-tune',
      list: [
        { kind: 'dense', from: 1, to: 51 },
        { kind: 'warm-up', from: 52, to: 147 },
        { kind: 'fine-tune', from: 148 },
      ],
    });
  });

  test('while it runs: only what an event file and a checkpoint say', async () => {
    const cut = readText('jpqd/console.log').split('\n').slice(0, 60).join('\n');
    const { derived, run, said } = await look(
      folderWith({ 'console.log': cut, 'nncf_config.json': { like: 'jpqd/nncf_config.json' } }),
    );
    expect(run.training.finished).toBe(false);
    expect(derived.stages.now).toBe('warm-up');
    expect(derived.progress.secondsLeft).toBeGreaterThan(60);
    expect(said).toEqual([]);
  });
});

describe.skipIf(!haveShared)(`other trainings${whyNot}`, () => {
  test('the one that failed, because a layer lost all of its heads', async () => {
    const run = await readRunFolder(inRuns('fail_all_heads_pruned'));
    const derived = derive(run, budget);
    const advice = adviceFor({ run, derived });
    expect(run.problems).toEqual([]);
    expect(advice.map(({ id }) => id)).toEqual(['training-failed', 'layer-collapsed']);
    expect(advice[1]?.evidence[0]).toMatchObject({ text: 'Layer 3 keeps 0 of 4 heads.' });
    expect(derived.structure?.layers.map(({ heads }) => heads?.kept)).toEqual([2, 1, 1, 0]);
    expect(derived.structure?.layers.map(({ feedForward }) => feedForward?.kept)).toEqual([
      316, 197, 117, 151,
    ]);
    // NNCF counts the 128 biases behind the collapsed attention as zero, too; the table keeps them.
    expect(derived.sparsity.structured).toBeCloseTo(0.6617958636731391 - 128 / 791_040, 12);
    expect(derived.stages.masking).toMatchObject({ fromStep: 192, toStep: 196 });
  });

  test('the collapse is told from the table alone, before a save fails', async () => {
    const { said, derived } = await look(
      folderWith({
        'structured_sparsity.csv': { like: 'fail_all_heads_pruned/structured_sparsity.factor0.02.csv' },
      }),
    );
    expect(said).toEqual(['layer-collapsed']);
    expect(derived.structure?.layers.map(({ heads }) => heads?.kept)).toEqual([1, 0, 1, 0]);
  });

  test('the collapse is foreseen from NNCF’s log, three epochs before the save that fails', async () => {
    const log = gunzipSync(readFileSync(inRuns('fail_all_heads_pruned/nncf_output.log.gz'))).toString();
    const until = log.indexOf('Epoch 3 |');
    const run = await readRunFolder(folderWith({ 'nncf_output.log': log.slice(0, until) }));
    expect(adviceFor({ run, derived: derive(run) })).toMatchObject([
      {
        id: 'layer-collapsing',
        evidence: [{ text: 'All attention weights of layer 3 are zero when epoch 2 begins.' }],
      },
    ]);
  });

  test('INT8 alone: embeddings stay in float', async () => {
    const { derived } = await look(inRuns('qat_only'));
    expect(derived.stages.now).toBe('quantization');
    expect(derived.quantization?.classes.map(({ quantized }) => quantized)).toEqual([26, 0, 4]);
    expect(derived.quantization?.floatWeights).toHaveLength(3);
    expect(derived.quantization?.parameterShare).toBeCloseTo(803_072 / 828_288, 12);
  });

  test('dense: nothing is quantized or pruned', async () => {
    const { run, derived } = await look(inRuns('dense_fp32_ir'));
    expect(run.ir?.binBytes).toBe(3_342_000);
    expect(derived.quantization).toMatchObject({ parameterShare: 0, fakeQuantizes: 0 });
    expect(derived.structure?.layers.map(({ heads }) => heads)).toEqual(Array(4).fill({ dense: 4, kept: 4 }));
  });
});
