import type { JsonObject } from '../ingest/python-json.ts';
import {
  activationOf,
  below,
  blocks,
  each,
  type Family,
  labelsOf,
  type Path,
  sizesOf,
  usualSizes,
} from './family.ts';

const encoder = 'wav2vec2.encoder';
const block = `${encoder}.layers.#`;

/** The convolutions that hear, and the one that tells places: how many and of which classes is in `config.json`. */
function convolutions(config: JsonObject, stable: boolean): ReturnType<NonNullable<Family['besides']>> {
  const model = ['wav2vec2', 'Wav2Vec2Model'] as const;
  const [kind = '', ...functions] = activationOf(config, 'feat_extract_activation', 'gelu');
  const after = (path: Path) =>
    functions.map((operation) => [[...path, ['activation', kind]] as Path, operation] as const);
  const count = Array.isArray(config['conv_dim']) ? config['conv_dim'].length : 7;
  const layered = config['feat_extract_norm'] === 'layer';
  const heard = Array.from({ length: Math.min(count, mostConvolutions) }, (_, index) => {
    const first = index === 0 ? 'GroupNorm' : 'NoLayerNorm';
    const path: Path = [
      model,
      ['feature_extractor', 'Wav2Vec2FeatureEncoder'],
      ['conv_layers', 'ModuleList'],
      [String(index), `Wav2Vec2${layered ? 'LayerNorm' : first}ConvLayer`],
    ];
    const norm = layered ? 'Layer' : index === 0 ? 'Group' : undefined;
    return [
      [[...path, ['conv', 'NNCFConv1d']], 'conv1d_0'],
      ...(norm ? [[[...path, ['layer_norm', `NNCF${norm}Norm`]], `${norm.toLowerCase()}_norm_0`]] : []),
      ...after(path),
    ] as [Path, string][];
  }).flat();
  const places: Path = [
    model,
    ['encoder', stable ? 'Wav2Vec2EncoderStableLayerNorm' : 'Wav2Vec2Encoder'],
    ['pos_conv_embed', 'Wav2Vec2PositionalConvEmbedding'],
  ];
  return [...heard, [[...places, ['conv', 'ParametrizedConv1d']], 'conv1d_0'], ...after(places)];
}

/** More than any model has. */
const mostConvolutions = 100;

/** Large models have their norms before attention, and then other classes. */
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
  besides: (config) => convolutions(config, stable),
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
