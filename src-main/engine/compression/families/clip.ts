import { isObject } from '../ingest/python-json.ts';
import { below, blocks, each, type Family, sizesOf, usualSizes } from './family.ts';

const model = 'vision_model';
const block = `${model}.encoder.layers.#`;

/** The half that sees. NNCF 2.8 stops at the other half: it can't group its layers (`masked_fill`). */
export const clip: Family = {
  modelTypes: ['clip_vision_model', 'clip'],
  architectures: { CLIPVisionModel: [] },
  classes: {
    [model]: 'CLIPVisionTransformer',
    [`${model}.embeddings`]: 'CLIPVisionEmbeddings',
    [`${model}.embeddings.patch_embedding`]: 'NNCFConv2d',
    [`${model}.embeddings.position_embedding`]: 'NNCFEmbedding',
    [`${model}.pre_layrnorm`]: 'NNCFLayerNorm',
    [`${model}.encoder`]: 'CLIPEncoder',
    [block]: 'CLIPEncoderLayer',
    [`${block}.layer_norm1`]: 'NNCFLayerNorm',
    [`${block}.self_attn`]: 'CLIPAttention',
    [`${block}.layer_norm2`]: 'NNCFLayerNorm',
    [`${block}.mlp`]: 'CLIPMLP',
    [`${model}.post_layernorm`]: 'NNCFLayerNorm',
  },
  activation: { module: `${block}.mlp.activation_fn`, key: 'hidden_act', usual: 'quick_gelu' },
  linear(config) {
    const half = config['vision_config'];
    const sizes = sizesOf(isObject(half) ? half : config, usualSizes);
    if (!sizes) return [];
    const { hidden_size: hidden, intermediate_size: wide, num_attention_heads: heads } = sizes;
    return blocks(sizes.num_hidden_layers, (index) =>
      below(`${model}.encoder.layers.${index}`, {
        'self_attn.q_proj': [hidden, hidden, hidden / heads],
        'self_attn.k_proj': [hidden, hidden],
        'self_attn.v_proj': [hidden, hidden],
        'self_attn.out_proj': [hidden, hidden],
        'mlp.fc1': [wide, hidden],
        'mlp.fc2': [hidden, wide],
      }),
    );
  },
  operations: [
    [`${model}.embeddings.patch_embedding`, 'conv2d_0'],
    [`${model}.embeddings.position_embedding`, 'embedding_0'],
    [`${block}.self_attn`, '__mul___0'],
    [`${block}.self_attn`, 'bmm_0'],
    [`${block}.self_attn`, 'softmax_0'],
    [`${block}.self_attn`, 'bmm_1'],
    ...each('__add___0', `${model}.embeddings`, block),
    [block, '__add___1'],
    ...each(
      'layer_norm_0',
      `${model}.pre_layrnorm`,
      `${block}.layer_norm1`,
      `${block}.layer_norm2`,
      `${model}.post_layernorm`,
    ),
  ],
};
