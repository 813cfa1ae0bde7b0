import { below, blocks, each, type Family, labelsOf, sizesOf, usualSizes } from './family.ts';

const embeddings = 'bert.embeddings';
const block = 'bert.encoder.layer.#';

export const bert: Family = {
  modelTypes: ['bert'],
  architectures: {
    BertForSequenceClassification: ['bert.pooler.dense', 'classifier'],
    BertForQuestionAnswering: ['qa_outputs'],
    BertForTokenClassification: ['classifier'],
  },
  classes: {
    bert: 'BertModel',
    [embeddings]: 'BertEmbeddings',
    [`${embeddings}.word_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.token_type_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.position_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.LayerNorm`]: 'NNCFLayerNorm',
    'bert.encoder': 'BertEncoder',
    [block]: 'BertLayer',
    [`${block}.attention`]: 'BertAttention',
    [`${block}.attention.self`]: 'BertSelfAttention',
    [`${block}.attention.output`]: 'BertSelfOutput',
    [`${block}.attention.output.LayerNorm`]: 'NNCFLayerNorm',
    [`${block}.intermediate`]: 'BertIntermediate',
    [`${block}.output`]: 'BertOutput',
    [`${block}.output.LayerNorm`]: 'NNCFLayerNorm',
    'bert.pooler': 'BertPooler',
  },
  activation: { module: `${block}.intermediate.intermediate_act_fn`, key: 'hidden_act', usual: 'gelu' },
  linear(config) {
    const sizes = sizesOf(config, usualSizes);
    if (!sizes) return [];
    const { hidden_size: hidden, intermediate_size: wide, num_attention_heads: heads } = sizes;
    const labels = labelsOf(config);
    return [
      ...blocks(sizes.num_hidden_layers, (index) =>
        below(`bert.encoder.layer.${index}`, {
          'attention.self.query': [hidden, hidden, hidden / heads],
          'attention.self.key': [hidden, hidden],
          'attention.self.value': [hidden, hidden],
          'attention.output.dense': [hidden, hidden],
          'intermediate.dense': [wide, hidden],
          'output.dense': [hidden, wide],
        }),
      ),
      { module: 'bert.pooler.dense', shape: [hidden, hidden] },
      { module: 'classifier', shape: [labels, hidden] },
      { module: 'qa_outputs', shape: [labels, hidden] },
    ];
  },
  operations: [
    ...each(
      'embedding_0',
      `${embeddings}.word_embeddings`,
      `${embeddings}.token_type_embeddings`,
      `${embeddings}.position_embeddings`,
    ),
    ['bert', '__mul___0'],
    [embeddings, '__add___0'],
    [embeddings, '__iadd___0'],
    [`${block}.attention.self`, 'matmul_0'],
    [`${block}.attention.self`, '__truediv___0'],
    [`${block}.attention.self`, 'softmax_0'],
    [`${block}.attention.self`, 'matmul_1'],
    ...each('__add___0', `${block}.attention.self`, `${block}.attention.output`, `${block}.output`),
    ...each(
      'layer_norm_0',
      `${embeddings}.LayerNorm`,
      `${block}.attention.output.LayerNorm`,
      `${block}.output.LayerNorm`,
    ),
  ],
};
