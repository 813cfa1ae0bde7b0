/** A configuration to begin with. */
export interface ConfigPreset {
  readonly id: string;
  readonly title: string;
  /** Where it comes from, and what it is known to give. */
  readonly note: string;
  /** Epochs of the published training; missing where nothing was published. */
  readonly epochs?: number;
  /** `config.json` of the model that it was published for: the sizes and names that scopes are tried on. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly config: unknown;
}

const bertBase = {
  model_type: 'bert',
  hidden_size: 768,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  intermediate_size: 3072,
};

const ranges = {
  range: {
    num_init_samples: 32,
    type: 'percentile',
    params: { min_percentile: 0.01, max_percentile: 99.99 },
  },
  batchnorm_adaptation: { num_bn_adaptation_samples: 200 },
};

/** Heads in square blocks, the feed-forward part by its rows and the columns that go with them. */
const structures = (attention: string): readonly unknown[] => [
  { mode: 'block', sparse_factors: [32, 32], target_scopes: attention },
  { mode: 'per_dim', axis: 0, target_scopes: '{re}.*BertIntermediate.*' },
  { mode: 'per_dim', axis: 1, target_scopes: '{re}.*BertOutput.*' },
];

const movement = (warmupEnd: number, factor: number): object => ({
  algorithm: 'movement_sparsity',
  params: {
    warmup_start_epoch: 1,
    warmup_end_epoch: warmupEnd,
    importance_regularization_factor: factor,
    enable_structured_masking: true,
  },
});

/** Values are those of optimum-intel's examples for OpenVINO (text-classification and question-answering). */
export const configPresets: readonly ConfigPreset[] = [
  {
    id: 'bert-base-sst2',
    title: 'BERT-base, SST-2',
    note: 'As in optimum-intel’s text classification example: 5 epochs, teacher BERT-large, distillation weight 0.9, learning rate 2e-5. Published: 92.2 % accuracy with about 40 % of the weights pruned in the transformer’s blocks.',
    epochs: 5,
    model: { ...bertBase, architectures: ['BertForSequenceClassification'] },
    config: [
      {
        ...movement(2, 0.05),
        sparse_structure_by_scopes: structures('{re}.*BertAttention.*'),
        ignored_scopes: [
          '{re}.*NNCFEmbedding.*',
          '{re}.*LayerNorm.*',
          '{re}.*pooler.*',
          '{re}.*classifier.*',
        ],
      },
      {
        algorithm: 'quantization',
        preset: 'mixed',
        overflow_fix: 'enable',
        initializer: ranges,
        scope_overrides: { activations: { '{re}.*matmul_0': { mode: 'symmetric' } } },
        ignored_scopes: ['{re}.*__add___[0-1]', '{re}.*layer_norm_0'],
      },
    ],
  },
  {
    id: 'bert-base-squad',
    title: 'BERT-base, SQuAD',
    note: 'As in optimum-intel’s question answering example. How many epochs were trained is not published with it; warm-up ends after 4.',
    model: { ...bertBase, architectures: ['BertForQuestionAnswering'] },
    config: [
      {
        ...movement(4, 0.02),
        sparse_structure_by_scopes: structures('{re}.*BertAttention*'),
        ignored_scopes: ['{re}.*NNCFEmbedding', '{re}.*qa_outputs*', '{re}.*LayerNorm.*'],
      },
      {
        algorithm: 'quantization',
        initializer: ranges,
        activations: { mode: 'symmetric' },
        weights: { mode: 'symmetric', signed: true, per_channel: false },
      },
    ],
  },
];
