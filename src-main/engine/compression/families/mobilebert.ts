import { below, blocks, each, type Family, labelsOf, sizesOf } from './family.ts';

const embeddings = 'mobilebert.embeddings';
const block = 'mobilebert.encoder.layer.#';

/** Norms of the published models are `NoNorm`: a product and a sum. */
export const mobilebert: Family = {
  modelTypes: ['mobilebert'],
  architectures: {
    MobileBertForSequenceClassification: ['mobilebert.pooler.dense', 'classifier'],
    MobileBertForQuestionAnswering: ['qa_outputs'],
    MobileBertForTokenClassification: ['classifier'],
  },
  classes: {
    mobilebert: 'MobileBertModel',
    [embeddings]: 'MobileBertEmbeddings',
    [`${embeddings}.word_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.position_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.token_type_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.LayerNorm`]: 'NoNorm',
    'mobilebert.encoder': 'MobileBertEncoder',
    [block]: 'MobileBertLayer',
    [`${block}.bottleneck`]: 'Bottleneck',
    [`${block}.bottleneck.input`]: 'BottleneckLayer',
    [`${block}.bottleneck.input.LayerNorm`]: 'NoNorm',
    [`${block}.bottleneck.attention`]: 'BottleneckLayer',
    [`${block}.bottleneck.attention.LayerNorm`]: 'NoNorm',
    [`${block}.attention`]: 'MobileBertAttention',
    [`${block}.attention.self`]: 'MobileBertSelfAttention',
    [`${block}.attention.output`]: 'MobileBertSelfOutput',
    [`${block}.attention.output.LayerNorm`]: 'NoNorm',
    [`${block}.ffn.#`]: 'FFNLayer',
    [`${block}.ffn.#.intermediate`]: 'MobileBertIntermediate',
    [`${block}.ffn.#.intermediate.intermediate_act_fn`]: 'ReLU',
    [`${block}.ffn.#.output`]: 'FFNOutput',
    [`${block}.ffn.#.output.LayerNorm`]: 'NoNorm',
    [`${block}.intermediate`]: 'MobileBertIntermediate',
    [`${block}.output`]: 'MobileBertOutput',
    [`${block}.output.LayerNorm`]: 'NoNorm',
    [`${block}.output.bottleneck`]: 'OutputBottleneck',
    [`${block}.output.bottleneck.LayerNorm`]: 'NoNorm',
    'mobilebert.pooler': 'MobileBertPooler',
  },
  activation: { module: `${block}.intermediate.intermediate_act_fn`, key: 'hidden_act', usual: 'relu' },
  linear(config) {
    const sizes = sizesOf(config, {
      hidden_size: 512,
      embedding_size: 128,
      intra_bottleneck_size: 128,
      intermediate_size: 512,
      num_hidden_layers: 24,
      num_attention_heads: 4,
      num_feedforward_networks: 4,
    });
    // The narrow layers on both sides, which every published model has.
    if (!sizes || config['use_bottleneck'] === false || config['use_bottleneck_attention'] === true)
      return [];
    const { hidden_size: hidden, intra_bottleneck_size: narrow, intermediate_size: wide } = sizes;
    const labels = labelsOf(config);
    const embedded = sizes.embedding_size * (config['trigram_input'] === false ? 1 : 3);
    return [
      { module: 'mobilebert.embeddings.embedding_transformation', shape: [hidden, embedded] },
      ...blocks(sizes.num_hidden_layers, (index) => {
        const at = `mobilebert.encoder.layer.${index}`;
        return [
          ...below(at, {
            'bottleneck.input.dense': [narrow, hidden],
            ...(config['key_query_shared_bottleneck'] === false
              ? {}
              : { 'bottleneck.attention.dense': [narrow, hidden] }),
            'attention.self.query': [narrow, narrow, narrow / sizes.num_attention_heads],
            'attention.self.key': [narrow, narrow],
            'attention.self.value': [narrow, hidden],
            'attention.output.dense': [narrow, narrow],
          }),
          ...blocks(sizes.num_feedforward_networks - 1, (part) =>
            below(`${at}.ffn.${part}`, {
              'intermediate.dense': [wide, narrow],
              'output.dense': [narrow, wide],
            }),
          ),
          ...below(at, {
            'intermediate.dense': [wide, narrow],
            'output.dense': [narrow, wide],
            'output.bottleneck.dense': [hidden, narrow],
          }),
        ];
      }),
      { module: 'mobilebert.pooler.dense', shape: [hidden, hidden] },
      { module: 'classifier', shape: [labels, hidden] },
      { module: 'qa_outputs', shape: [labels, hidden] },
    ];
  },
  operations: [
    ['mobilebert', '__mul___0'],
    ...each(
      'embedding_0',
      `${embeddings}.word_embeddings`,
      `${embeddings}.position_embeddings`,
      `${embeddings}.token_type_embeddings`,
    ),
    [embeddings, '__add___1'],
    [`${block}.attention.self`, 'matmul_0'],
    [`${block}.attention.self`, '__truediv___0'],
    [`${block}.attention.self`, 'softmax_0'],
    [`${block}.attention.self`, 'matmul_1'],
    [`${block}.ffn.#.intermediate.intermediate_act_fn`, 'relu_0'],
    ...each(
      '__add___0',
      embeddings,
      `${block}.attention.self`,
      `${block}.attention.output`,
      `${block}.ffn.#.output`,
      `${block}.output`,
      `${block}.output.bottleneck`,
    ),
    ...[
      embeddings,
      `${block}.bottleneck.input`,
      `${block}.bottleneck.attention`,
      `${block}.attention.output`,
      `${block}.ffn.#.output`,
      `${block}.output`,
      `${block}.output.bottleneck`,
    ].flatMap((at) => [[`${at}.LayerNorm`, '__mul___0'] as const, [`${at}.LayerNorm`, '__add___0'] as const]),
  ],
};
