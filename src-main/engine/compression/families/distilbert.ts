import { below, blocks, each, type Family, labelsOf, sizesOf } from './family.ts';

const embeddings = 'distilbert.embeddings';
const block = 'distilbert.transformer.layer.#';

export const distilbert: Family = {
  modelTypes: ['distilbert'],
  architectures: {
    DistilBertForSequenceClassification: ['pre_classifier', 'classifier'],
    DistilBertForQuestionAnswering: ['qa_outputs'],
    DistilBertForTokenClassification: ['classifier'],
  },
  classes: {
    distilbert: 'DistilBertModel',
    [embeddings]: 'Embeddings',
    [`${embeddings}.word_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.position_embeddings`]: 'NNCFEmbedding',
    [`${embeddings}.LayerNorm`]: 'NNCFLayerNorm',
    'distilbert.transformer': 'Transformer',
    [block]: 'TransformerBlock',
    [`${block}.attention`]: 'MultiHeadSelfAttention',
    [`${block}.sa_layer_norm`]: 'NNCFLayerNorm',
    [`${block}.ffn`]: 'FFN',
    [`${block}.output_layer_norm`]: 'NNCFLayerNorm',
  },
  activation: { module: `${block}.ffn.activation`, key: 'activation', usual: 'gelu' },
  linear(config) {
    const sizes = sizesOf(config, { dim: null, n_layers: null, n_heads: null, hidden_dim: null });
    if (!sizes) return [];
    const { dim, hidden_dim: wide } = sizes;
    const labels = labelsOf(config);
    return [
      ...blocks(sizes.n_layers, (index) =>
        below(`distilbert.transformer.layer.${index}`, {
          'attention.q_lin': [dim, dim, dim / sizes.n_heads],
          'attention.k_lin': [dim, dim],
          'attention.v_lin': [dim, dim],
          'attention.out_lin': [dim, dim],
          'ffn.lin1': [wide, dim],
          'ffn.lin2': [dim, wide],
        }),
      ),
      { module: 'pre_classifier', shape: [dim, dim] },
      { module: 'classifier', shape: [labels, dim] },
      { module: 'qa_outputs', shape: [labels, dim] },
    ];
  },
  besides: (_, root) => (root === 'DistilBertForSequenceClassification' ? [[[], 'ReLU/relu_0']] : []),
  operations: [
    ...each('embedding_0', `${embeddings}.word_embeddings`, `${embeddings}.position_embeddings`),
    [embeddings, '__add___0'],
    [`${block}.attention`, '__truediv___0'],
    [`${block}.attention`, 'matmul_0'],
    [`${block}.attention`, 'softmax_0'],
    [`${block}.attention`, 'matmul_1'],
    [block, '__add___0'],
    [block, '__add___1'],
    ...each(
      'layer_norm_0',
      `${embeddings}.LayerNorm`,
      `${block}.sa_layer_norm`,
      `${block}.output_layer_norm`,
    ),
  ],
};
