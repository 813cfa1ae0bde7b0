import { afterAll, describe, expect, test } from 'vitest';
import { budget, folderWith, look, removeFolders } from './fixtures/folders.ts';
import { eventWith, haveShared, message, readText, varint, whyNot } from './fixtures/shared.ts';

afterAll(removeFolders);

/** An event file that holds the Trainer's arguments only. */
const args = eventWith(0, 1, [
  ...message(1, 'args/text_summary'),
  ...message(8, [...varint(1, 7), ...message(8, '{"distillation_weight": 0.9}')]),
]);

describe.skipIf(!haveShared)(`advice on trainings that were changed${whyNot}`, () => {
  const state = (change: (row: Record<string, unknown>) => void): string => {
    const text = readText('jpqd/output/trainer_state.json').replaceAll('-Infinity', '"-Infinity"');
    const value = JSON.parse(text) as { log_history: Array<Record<string, unknown>> };
    value.log_history.forEach(change);
    return JSON.stringify(value).replaceAll('"-Infinity"', '-Infinity').replaceAll('"NaN"', 'NaN');
  };
  const config = (change: (params: Record<string, unknown>) => void): string => {
    const value = JSON.parse(readText('jpqd/output/openvino_config.json')) as {
      compression: [{ params: Record<string, unknown> }];
    };
    change(value.compression[0].params);
    return JSON.stringify(value);
  };
  const settings = { like: 'jpqd/output/openvino_config.json' };
  const sparse = 'compression/movement_sparsity';
  /** Sets a key in the rows that have it. */
  const setting = (key: string, value: unknown) => (row: Record<string, unknown>) => {
    if (key in row) row[key] = value;
  };

  test.each<[string, (row: Record<string, unknown>) => void]>([
    ['loss-nan', (row) => row['step'] === 200 && setting('task_loss', 'NaN')(row)],
    ['teacher-missing', (row) => Reflect.deleteProperty(row, 'distillation_loss')],
    ['distillation-dominates', setting('distillation_loss', 3)],
    ['threshold-never-rises', setting(`${sparse}/importance_threshold`, '-Infinity')],
    ['sparsity-stalls', setting(`${sparse}/linear_layer_sparsity`, 0.01)],
    ['metric-below-budget', setting('eval_accuracy', 0.8)],
  ])('%s', async (id, change) => {
    const files = { 'openvino_config.json': settings, 'events.out.tfevents.1': args };
    const { said } = await look(folderWith({ 'trainer_state.json': state(change), ...files }), budget);
    expect(said).toContain(id);
    const { said: unchanged } = await look(
      folderWith({ 'trainer_state.json': state(() => {}), ...files }),
      budget,
    );
    expect(unchanged).toEqual([]);
  });

  test('warm-up beyond the training, and a configuration that isn’t the one', async () => {
    const late = folderWith({
      'trainer_state.json': { like: 'jpqd/output/trainer_state.json' },
      'openvino_config.json': config((params) => Object.assign(params, { warmup_end_epoch: 6 })),
    });
    expect((await look(late)).said).toEqual(['schedule-longer-than-training', 'schedule-disagrees']);
  });

  test('the saved model is still dense', async () => {
    const { said } = await look(
      folderWith({
        'trainer_state.json': { like: 'jpqd/output/trainer_state.json' },
        'openvino_config.json': settings,
        'config.json': { like: 'jpqd/output/config.json' },
        'openvino_model.xml': { like: 'warmup_checkpoint_ir/openvino_model.xml' },
      }),
    );
    expect(said).toEqual(['structure-not-resolved']);
  });

  test('damaged files are told, and the rest is read', async () => {
    const { run } = await look(
      folderWith({
        'trainer_state.json': readText('jpqd/output/trainer_state.json').slice(0, 5000),
        'openvino_config.json': '{"compression": [',
        'config.json': '[]',
        'structured_sparsity.csv': 'nothing',
        'openvino_model.xml': '<net><layers>',
        'nncf_output.log.gz': 'not packed',
        'all_results.json': '',
        'runs/a/events.out.tfevents.1': 'not records at all',
        'console.log': { like: 'jpqd/console.log' },
      }),
    );
    expect(run.problems.map(({ file }) => file).sort()).toEqual([
      'all_results.json',
      'config.json',
      'nncf_output.log.gz',
      'openvino_config.json',
      'openvino_model.xml',
      'runs/a/events.out.tfevents.1',
      'structured_sparsity.csv',
      'trainer_state.json',
    ]);
    expect(run.metrics['loss']).toHaveLength(72);
  });
});
