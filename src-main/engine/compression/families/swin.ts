import { asNumber, type JsonObject } from '../ingest/python-json.ts';
import { below, blocks, type DenseLinear, each, type Family, labelsOf, sizesOf } from './family.ts';

const stage = 'swin.encoder.layers.#';
const block = `${stage}.blocks.#`;

export const swin: Family = {
  modelTypes: ['swin'],
  architectures: { SwinForImageClassification: ['classifier'] },
  classes: {
    swin: 'SwinModel',
    'swin.embeddings': 'SwinEmbeddings',
    'swin.embeddings.patch_embeddings': 'SwinPatchEmbeddings',
    'swin.embeddings.patch_embeddings.projection': 'NNCFConv2d',
    'swin.embeddings.norm': 'NNCFLayerNorm',
    'swin.encoder': 'SwinEncoder',
    [stage]: 'SwinStage',
    [block]: 'SwinLayer',
    [`${block}.layernorm_before`]: 'NNCFLayerNorm',
    [`${block}.attention`]: 'SwinAttention',
    [`${block}.attention.self`]: 'SwinSelfAttention',
    [`${block}.attention.output`]: 'SwinSelfOutput',
    [`${block}.layernorm_after`]: 'NNCFLayerNorm',
    [`${block}.intermediate`]: 'SwinIntermediate',
    [`${block}.output`]: 'SwinOutput',
    [`${stage}.downsample`]: 'SwinPatchMerging',
    [`${stage}.downsample.norm`]: 'NNCFLayerNorm',
    'swin.layernorm': 'NNCFLayerNorm',
  },
  activation: { module: `${block}.intermediate.intermediate_act_fn`, key: 'hidden_act', usual: 'gelu' },
  linear(config) {
    const sizes = sizesOf(config, { embed_dim: 96 });
    const [depths, heads] = [
      listOf(config, 'depths', [2, 2, 6, 2]),
      listOf(config, 'num_heads', [3, 6, 12, 24]),
    ];
    const ratio = asNumber(config['mlp_ratio']) ?? 4;
    if (!sizes || !depths || heads?.length !== depths.length) return [];
    const widthOf = (index: number): number => sizes.embed_dim * 2 ** index;
    const stageOf = (index: number): readonly DenseLinear[] => {
      const [at, width] = [`swin.encoder.layers.${index}`, widthOf(index)];
      const wide = Math.floor(ratio * width);
      return [
        ...blocks(depths[index]!, (part) =>
          below(`${at}.blocks.${part}`, {
            'attention.self.query': [width, width, width / heads[index]!],
            'attention.self.key': [width, width],
            'attention.self.value': [width, width],
            'attention.output.dense': [width, width],
            'intermediate.dense': [wide, width],
            'output.dense': [width, wide],
          }),
        ),
        ...(index < depths.length - 1 ? below(at, { 'downsample.reduction': [2 * width, 4 * width] }) : []),
      ];
    };
    return [
      ...blocks(depths.length, stageOf),
      { module: 'classifier', shape: [labelsOf(config), widthOf(depths.length - 1)] },
    ];
  },
  operations: [
    ['swin.embeddings.patch_embeddings.projection', 'conv2d_0'],
    [`${block}.attention.self`, 'matmul_0'],
    [`${block}.attention.self`, '__truediv___0'],
    [`${block}.attention.self`, 'softmax_0'],
    [`${block}.attention.self`, 'matmul_1'],
    ...each('__add___0', `${block}.attention.self`, block),
    [block, '__add___1'],
    ...each(
      'layer_norm_0',
      'swin.embeddings.norm',
      `${block}.layernorm_before`,
      `${block}.layernorm_after`,
      `${stage}.downsample.norm`,
      'swin.layernorm',
    ),
  ],
};

/** Whole numbers above 0 by stage; undefined for anything else. */
function listOf(config: JsonObject, key: string, usual: readonly number[]): readonly number[] | undefined {
  const found: unknown = config[key] ?? usual;
  const isSize = (one: unknown): one is number => Number.isInteger(one) && (one as number) > 0;
  return Array.isArray(found) && found.length < 20 && found.every(isSize) ? found : undefined;
}
