import { below, blocks, each, type Family, labelsOf, sizesOf, usualSizes } from './family.ts';

const block = 'vit.encoder.layer.#';

export const vit: Family = {
  modelTypes: ['vit'],
  architectures: { ViTForImageClassification: ['classifier'] },
  classes: {
    vit: 'ViTModel',
    'vit.embeddings': 'ViTEmbeddings',
    'vit.embeddings.patch_embeddings': 'ViTPatchEmbeddings',
    'vit.embeddings.patch_embeddings.projection': 'NNCFConv2d',
    'vit.encoder': 'ViTEncoder',
    [block]: 'ViTLayer',
    [`${block}.layernorm_before`]: 'NNCFLayerNorm',
    [`${block}.attention`]: 'ViTAttention',
    [`${block}.attention.attention`]: 'ViTSelfAttention',
    [`${block}.attention.output`]: 'ViTSelfOutput',
    [`${block}.layernorm_after`]: 'NNCFLayerNorm',
    [`${block}.intermediate`]: 'ViTIntermediate',
    [`${block}.output`]: 'ViTOutput',
    'vit.layernorm': 'NNCFLayerNorm',
  },
  activation: { module: `${block}.intermediate.intermediate_act_fn`, key: 'hidden_act', usual: 'gelu' },
  linear(config) {
    const sizes = sizesOf(config, usualSizes);
    if (!sizes) return [];
    const { hidden_size: hidden, intermediate_size: wide, num_attention_heads: heads } = sizes;
    return [
      ...blocks(sizes.num_hidden_layers, (index) =>
        below(`vit.encoder.layer.${index}`, {
          'attention.attention.query': [hidden, hidden, hidden / heads],
          'attention.attention.key': [hidden, hidden],
          'attention.attention.value': [hidden, hidden],
          'attention.output.dense': [hidden, hidden],
          'intermediate.dense': [wide, hidden],
          'output.dense': [hidden, wide],
        }),
      ),
      { module: 'classifier', shape: [labelsOf(config), hidden] },
    ];
  },
  operations: [
    ['vit.embeddings.patch_embeddings.projection', 'conv2d_0'],
    [`${block}.attention.attention`, 'matmul_0'],
    [`${block}.attention.attention`, '__truediv___0'],
    [`${block}.attention.attention`, 'softmax_0'],
    [`${block}.attention.attention`, 'matmul_1'],
    ...each('__add___0', 'vit.embeddings', block, `${block}.output`),
    ...each('layer_norm_0', `${block}.layernorm_before`, `${block}.layernorm_after`, 'vit.layernorm'),
  ],
};
