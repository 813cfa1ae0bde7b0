import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { folderWith, look, removeFolders } from '../fixtures/folders.ts';
import { bytesOf, haveShared, whyNot } from '../fixtures/shared.ts';
import type { Observed } from './rule.ts';
import { layerCollapsing } from './structure-rules.ts';
import { bestByLoss } from './training-rules.ts';

afterAll(removeFolders);

/** Warm-up over epochs 1 to 3 of 48 steps. */
const schedule = { start: 48, end: 144, stepsPerEpoch: 48, finalThreshold: 0, factor: 0.01, power: 3 };

/** A run whose NNCF tables tell these sparsities of query, key, value and output, at the beginning of each epoch. */
function observed(tables: Readonly<Record<number, readonly number[]>>): Observed {
  const names = [
    'self/NNCFLinear[query]',
    'self/NNCFLinear[key]',
    'self/NNCFLinear[value]',
    'output/NNCFLinear[dense]',
  ];
  const epochs = Object.entries(tables).map(([epoch, values]) => ({
    epoch: Number(epoch),
    layers: values.map((sparsity, index) => ({
      name: `Bert/ModuleList[layer]/BertLayer[2]/BertAttention[attention]/${names[index]}/linear_0`,
      sparsity,
    })),
  }));
  const run = { nncf: { epochs }, metrics: {}, trainingArguments: {} };
  return { run, derived: { schedule } } as unknown as Observed;
}

describe('a layer that loses its heads', () => {
  test.each<[string, Readonly<Record<number, readonly number[]>>, boolean]>([
    ['is gone', { 1: [0, 0, 0, 0], 2: [1, 1, 1, 1] }, true],
    ['will be gone by the pace of the last epoch', { 1: [0, 0, 0, 0], 2: [0.95, 0.9, 0.9, 0.88] }, true],
    ['keeps some at this pace', { 1: [0, 0, 0, 0], 2: [0.8, 0.75, 0.5, 0.5] }, false],
    ['keeps what one of the four keeps', { 1: [0, 0, 0, 0], 2: [1, 1, 1, 0.3] }, false],
    ['has only one table', { 2: [0.9, 0.9, 0.9, 0.9] }, false],
    ['has lost nothing', { 0: [0, 0, 0, 0], 1: [0, 0, 0, 0] }, false],
  ])('%s', (_, tables, warned) => {
    const said = layerCollapsing.check(observed(tables));
    expect(said !== undefined).toBe(warned);
    if (said) expect(said.evidence[0]!.text).toMatch(/layer 2/);
  });

  test.skipIf(!haveShared)(`is told of a real one before the save that fails${whyNot}`, async () => {
    const log = gunzipSync(bytesOf('fail_all_heads_pruned/nncf_output.log.gz')).toString('utf8');
    const until = (epoch: number): string => log.slice(0, log.indexOf(`Epoch ${epoch} |`));
    const at = async (epoch: number): Promise<string[]> => {
      const folder = folderWith({
        'nncf_output.log': until(epoch),
        'nncf_config.json': { like: 'fail_all_heads_pruned/nncf_config.json' },
        'trainer_state.json': { like: 'fail_all_heads_pruned/trainer_state.checkpoint-192.json' },
      });
      return (await look(folder)).said;
    };
    expect(await at(2)).not.toContain('layer-collapsing');
    expect(await at(3)).toContain('layer-collapsing');
  });
});

describe('the best checkpoint', () => {
  const by = (settings: object): boolean =>
    bestByLoss.check({
      run: {
        trainingArguments: settings,
        metrics: {
          eval_loss: [
            { step: 48, value: 0.04 },
            { step: 96, value: 2.7 },
          ],
        },
      },
      derived: { schedule },
    } as unknown as Observed) !== undefined;
  test('is not to be chosen by eval_loss', () => {
    expect(by({ load_best_model_at_end: true })).toBe(true);
    expect(by({ load_best_model_at_end: true, metric_for_best_model: 'eval_loss' })).toBe(true);
    expect(by({ load_best_model_at_end: true, metric_for_best_model: 'accuracy' })).toBe(false);
    expect(by({ load_best_model_at_end: false })).toBe(false);
    expect(by({})).toBe(false);
  });
});
