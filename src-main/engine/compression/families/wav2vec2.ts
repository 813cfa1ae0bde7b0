import { below, blocks, each, type Family, labelsOf, sizesOf, usualSizes } from './family.ts';

const encoder = 'wav2vec2.encoder';
const block = `${encoder}.layers.#`;

/** Large models have their norms before attention, and then other classes. The convolutions at the beginning aren't told. */
const variant = (stable: boolean): Family => ({
  modelTypes: ['wav2vec2'],
  fits: (config) => (config['do_stable_layer_norm'] === true) === stable,
  architectures: {
    Wav2Vec2ForSequenceClassification: ['projector', 'classifier'],
    Wav2Vec2ForCTC: ['lm_head'],
  },
  classes: {
    wav2vec2: 'Wav2Vec2Model',
    'wav2vec2.feature_projection': 'Wav2Vec2FeatureProjection',
    'wav2vec2.feature_projection.layer_norm': 'NNCFLayerNorm',
    [encoder]: stable ? 'Wav2Vec2EncoderStableLayerNorm' : 'Wav2Vec2Encoder',
    [`${encoder}.layer_norm`]: 'NNCFLayerNorm',
    [block]: stable ? 'Wav2Vec2EncoderLayerStableLayerNorm' : 'Wav2Vec2EncoderLayer',
    [`${block}.attention`]: 'Wav2Vec2Attention',
    [`${block}.layer_norm`]: 'NNCFLayerNorm',
    [`${block}.feed_forward`]: 'Wav2Vec2FeedForward',
    [`${block}.final_layer_norm`]: 'NNCFLayerNorm',
  },
  activation: { module: `${block}.feed_forward.intermediate_act_fn`, key: 'hidden_act', usual: 'gelu' },
  linear(config) {
    const sizes = sizesOf(config, {
      ...usualSizes,
      classifier_proj_size: 256,
      vocab_size: 32,
    });
    if (!sizes) return [];
    const { hidden_size: hidden, intermediate_size: wide, num_attention_heads: heads } = sizes;
    const heard: unknown = Array.isArray(config['conv_dim']) ? config['conv_dim'].at(-1) : 512;
    return [
      ...(typeof heard === 'number'
        ? [{ module: 'wav2vec2.feature_projection.projection', shape: [hidden, heard] as const }]
        : []),
      ...blocks(sizes.num_hidden_layers, (index) =>
        below(`${encoder}.layers.${index}`, {
          'attention.q_proj': [hidden, hidden, hidden / heads],
          'attention.k_proj': [hidden, hidden],
          'attention.v_proj': [hidden, hidden],
          'attention.out_proj': [hidden, hidden],
          'feed_forward.intermediate_dense': [wide, hidden],
          'feed_forward.output_dense': [hidden, wide],
        }),
      ),
      { module: 'projector', shape: [sizes.classifier_proj_size, hidden] },
      { module: 'classifier', shape: [labelsOf(config), sizes.classifier_proj_size] },
      { module: 'lm_head', shape: [sizes.vocab_size, hidden] },
    ];
  },
  operations: [
    [`${block}.attention`, '__mul___0'],
    [`${block}.attention`, 'bmm_0'],
    [`${block}.attention`, 'softmax_0'],
    [`${block}.attention`, 'bmm_1'],
    ...each('__add___0', encoder, block),
    [block, '__add___1'],
    ...each(
      'layer_norm_0',
      'wav2vec2.feature_projection.layer_norm',
      `${encoder}.layer_norm`,
      `${block}.layer_norm`,
      `${block}.final_layer_norm`,
    ),
  ],
});

export const wav2vec2 = variant(false);
export const wav2vec2Stable = variant(true);
