import { describe, expect, test } from 'vitest';
import { haveShared, readText, whyNot } from '../fixtures/shared.ts';
import { parseCompressionConfig } from '../ingest/compression-config.ts';
import { parseStructuredSparsity } from '../ingest/structured-sparsity.ts';
import { checkConfig } from './rules.ts';

type Json = Record<string, unknown>;
const good = (): { compression: [Json & { params: Json; sparse_structure_by_scopes: Json[] }] } => ({
  compression: [
    {
      algorithm: 'movement_sparsity',
      params: { warmup_start_epoch: 1, warmup_end_epoch: 3.5, importance_regularization_factor: 0.01 },
      sparse_structure_by_scopes: [
        { mode: 'block', sparse_factors: [32, 32], target_scopes: '{re}.*Attention.*' },
        { mode: 'per_dim', axis: 0, target_scopes: ['{re}.*Intermediate.*'] },
        { mode: 'fine', target_scopes: 'Model/Output' },
      ],
      ignored_scopes: ['{re}.*Embedding.*'],
    },
  ],
});
const at = '$.compression[0]';
const layers = [
  { name: 'Model/Attention', shape: [128, 128] },
  { name: 'Model/Intermediate', shape: [512, 128] },
  { name: 'Model/Output', shape: [128, 512] },
];

const movement = (change: (movement: ReturnType<typeof good>['compression'][0]) => void): unknown => {
  const config = good();
  change(config.compression[0]);
  return config;
};
const params = (change: Json): unknown => movement((value) => Object.assign(value.params, change));
const entry = (index: number, change: Json): unknown =>
  movement((value) => Object.assign(value.sparse_structure_by_scopes[index]!, change));

describe('rules of the configuration', () => {
  test('a good one has no findings', () => {
    const context = { epochs: 6, stepsPerEpoch: 48, modelType: 'bert', layers };
    expect(checkConfig(good(), context)).toEqual([]);
    expect(checkConfig({ ...good(), whatever: 1 })).toEqual([]);
    expect(checkConfig(good().compression)).toEqual([]);
    expect(checkConfig(params({ warmup_start_epoch: 0, steps_per_epoch: 48 }), context)).toEqual([]);
  });

  const cases: Array<[string, string, unknown]> = [
    ['algorithm-missing', '$', {}],
    ['algorithm-missing', '$', 'text'],
    ['type', '$[0]', [3]],
    ['required', `${at}.algorithm`, { compression: [{}] }],
    ['unknown-key', `${at}.initializer`, movement((value) => Object.assign(value, { initializer: {} }))],
    ['required', `${at}.params`, movement((value) => Reflect.deleteProperty(value, 'params'))],
    ['unknown-key', `${at}.params.warmup_epochs`, params({ warmup_epochs: 3 })],
    ['required', `${at}.params.warmup_end_epoch`, params({ warmup_end_epoch: undefined })],
    ['type', `${at}.params.warmup_end_epoch`, params({ warmup_end_epoch: '3' })],
    ['type', `${at}.params.power`, params({ power: true })],
    ['type', `${at}.params.enable_structured_masking`, params({ enable_structured_masking: 1 })],
    ['start-before-measured', `${at}.params.warmup_start_epoch`, params({ warmup_start_epoch: 0.5 })],
    [
      'start-negative',
      `${at}.params.warmup_start_epoch`,
      params({ warmup_start_epoch: -1, steps_per_epoch: 48 }),
    ],
    ['end-before-start', `${at}.params.warmup_end_epoch`, params({ warmup_end_epoch: 1 })],
    ['end-after-training', `${at}.params.warmup_end_epoch`, params({ warmup_end_epoch: 6 })],
    [
      'factor-negative',
      `${at}.params.importance_regularization_factor`,
      params({ importance_regularization_factor: -1 }),
    ],
    ['steps-differ', `${at}.params.steps_per_epoch`, params({ steps_per_epoch: 47 })],
    ['threshold-order', `${at}.params.init_importance_threshold`, params({ init_importance_threshold: 0.1 })],
    ['type', `${at}.ignored_scopes[0]`, movement((value) => Object.assign(value, { ignored_scopes: [1] }))],
    [
      'scope-expression',
      `${at}.target_scopes`,
      movement((value) => Object.assign(value, { target_scopes: '{re}.*BertLayer[3' })),
    ],
    ['required', `${at}.sparse_structure_by_scopes[0].mode`, entry(0, { mode: undefined })],
    ['mode', `${at}.sparse_structure_by_scopes[0].mode`, entry(0, { mode: 'blocks' })],
    ['required', `${at}.sparse_structure_by_scopes[1].target_scopes`, entry(1, { target_scopes: undefined })],
    ['unknown-key', `${at}.sparse_structure_by_scopes[0].size`, entry(0, { size: 1 })],
    [
      'block-factors',
      `${at}.sparse_structure_by_scopes[0].sparse_factors`,
      entry(0, { sparse_factors: [32] }),
    ],
    [
      'block-divides',
      `${at}.sparse_structure_by_scopes[0].sparse_factors`,
      entry(0, { sparse_factors: [32, 30] }),
    ],
    ['block-axis', `${at}.sparse_structure_by_scopes[0].axis`, entry(0, { axis: 0 })],
    ['per-dim-axis', `${at}.sparse_structure_by_scopes[1].axis`, entry(1, { axis: 2 })],
    [
      'per-dim-factors',
      `${at}.sparse_structure_by_scopes[1].sparse_factors`,
      entry(1, { sparse_factors: [1, 1] }),
    ],
    ['fine-axis', `${at}.sparse_structure_by_scopes[2].axis`, entry(2, { axis: 1 })],
    [
      'fine-factors',
      `${at}.sparse_structure_by_scopes[2].sparse_factors`,
      entry(2, { sparse_factors: [2, 2] }),
    ],
    [
      'layer-twice',
      `${at}.sparse_structure_by_scopes[1].target_scopes`,
      entry(1, { target_scopes: '{re}.*Att.*' }),
    ],
    ['no-layer', `${at}.sparse_structure_by_scopes[2].target_scopes`, entry(2, { target_scopes: 'Output' })],
  ];
  test.each(cases)('%s at %s', (rule, path, config) => {
    const plain = JSON.parse(JSON.stringify(config)) as unknown;
    const findings = checkConfig(plain, { epochs: 6, stepsPerEpoch: 48, modelType: 'bert', layers });
    expect(findings).toMatchObject([{ rule, path }]);
  });

  test('families that can’t be masked', () => {
    expect(checkConfig(good(), { modelType: 'gpt2' })).toMatchObject([
      { rule: 'masking-family', path: `${at}.params.enable_structured_masking` },
    ]);
  });
});

describe.skipIf(!haveShared)(`configurations of real trainings${whyNot}`, () => {
  test.each(['jpqd/nncf_config.json', 'jpqd/output/openvino_config.json', 'qat_only/openvino_config.json'])(
    '%s has no findings',
    (path) => {
      const table = parseStructuredSparsity(readText('jpqd/output/structured_sparsity.csv')).value!;
      const names = table.layers.map(({ node, weight }) => ({ name: node, shape: weight }));
      const { value } = parseCompressionConfig(readText(path));
      const context = { epochs: 6, stepsPerEpoch: 48, modelType: 'bert', layers: names };
      expect(checkConfig(value?.source, context)).toEqual([]);
    },
  );
});
