import type { IrLinear, IrSummary } from '../ingest/ir.ts';
import type { StructuredLayer } from '../ingest/structured-sparsity.ts';
import type { Run } from '../types.ts';

export interface LinearSizes {
  readonly module: string;
  /** [outputs, inputs]. */
  readonly dense: readonly [number, number];
  readonly pruned: readonly [number, number];
  /** Weights only. */
  readonly denseParameters: number;
  readonly prunedParameters: number;
}

/** One block of the encoder. */
export interface LayerStructure {
  readonly layer: number;
  readonly heads?: { readonly dense: number; readonly kept: number; readonly ids?: readonly number[] };
  readonly feedForward?: { readonly dense: number; readonly kept: number };
  readonly linear: readonly LinearSizes[];
  readonly denseParameters: number;
  readonly prunedParameters: number;
}

export interface Structure {
  /** `csv`: NNCF's table, which knows only layers that can be pruned. `ir`: the model that was saved. */
  readonly from: 'csv' | 'ir' | 'csv and ir';
  readonly layers: readonly LayerStructure[];
  /** Linear layers outside of the blocks, such as the pooler. */
  readonly others: readonly LinearSizes[];
  /** Weights of linear layers; of the prunable ones only, if the IR is missing. */
  readonly denseParameters: number;
  readonly prunedParameters: number;
  /** Weights and biases of the layers in NNCF's table: what the logged sparsity is about. */
  readonly prunable?: { readonly dense: number; readonly pruned: number };
}

/** Names of the parts of a block, in BERT and its kin. */
const query = /(?:\bquery|\bq_proj|\bq_lin)$/;
const intermediate = /(?:\bintermediate(?:\.dense|\.intermediate_dense)?|\bfc1|\blin1)$/;
const feedForwardOutput = /(?:(?<!attention\.)\boutput(?:\.dense|_dense)?|\bfc2|\blin2)$/;
const layerOf = (module: string): number | undefined => {
  const found = /(?:^|\.)(?:layers?|blocks|resblocks)\.(\d+)\./.exec(module)?.[1];
  return found === undefined ? undefined : Number(found);
};

/**
 * Heads and widths that stay, from NNCF's table and the saved IR. Where both are there, sizes are the IR's and which
 * heads stay is the table's. Counts of parameters are of weights, as in the IR.
 */
export function structureOf(run: Run): Structure | undefined {
  const rows = run.structure?.layers ?? [];
  const linear = newestIr(run)?.linear ?? [];
  if (rows.length === 0 && linear.length === 0) return undefined;
  const headSize = headSizeOf(run);
  const byModule = new Map(rows.map((row) => [row.module, row]));
  const widths =
    linear.length > 0 ? linear.map((layer) => sizesInIr(layer, byModule, run)) : rows.map(sizesInTable);
  const blocks = new Map<number, LinearSizes[]>();
  const others: LinearSizes[] = [];
  for (const sizes of widths) {
    const layer = layerOf(sizes.module);
    if (layer === undefined) others.push(sizes);
    else blocks.set(layer, [...(blocks.get(layer) ?? []), sizes]);
  }
  const layers = [...blocks]
    .sort(([one], [other]) => one - other)
    .map(([layer, list]) => blockOf(layer, list, headSize, byModule));
  return {
    from: linear.length === 0 ? 'csv' : rows.length === 0 ? 'ir' : 'csv and ir',
    layers,
    others,
    ...totals(widths),
    ...(rows.length === 0 ? {} : { prunable: prunableOf(rows) }),
  };
}

/** The saved model: the output folder's, or the newest checkpoint's unless it is from before structured masking. */
export function newestIr({ ir, checkpoints, structure }: Run): IrSummary | undefined {
  if (ir) return ir;
  const newest = checkpoints.findLast((checkpoint) => checkpoint.ir && !checkpoint.temporary);
  const older = newest && structure?.modified !== undefined && newest.modified < structure.modified;
  return older ? undefined : newest?.ir;
}

function blockOf(
  layer: number,
  linear: readonly LinearSizes[],
  headSize: number | undefined,
  byModule: ReadonlyMap<string, StructuredLayer>,
): LayerStructure {
  const attention = linear.find(({ module }) => query.test(module));
  const wide = linear.find(({ module }) => intermediate.test(module));
  const row = attention && byModule.get(attention.module);
  return {
    layer,
    ...(attention && headSize
      ? {
          heads: {
            dense: attention.dense[0] / headSize,
            kept: attention.pruned[0] / headSize,
            ...(row?.kept ? { ids: row.kept } : {}),
          },
        }
      : {}),
    ...(wide ? { feedForward: { dense: wide.dense[0], kept: wide.pruned[0] } } : {}),
    linear,
    ...totals(linear),
  };
}

/** Width of one head: from the model's configuration, else from the table, else from the blocks that are pruned. */
function headSizeOf({ model, structure, config }: Run): number | undefined {
  if (model?.hiddenSize && model.heads) return model.hiddenSize / model.heads;
  for (const { module, prunedWeight, keptCount } of structure?.layers ?? []) {
    if (query.test(module) && keptCount && prunedWeight[0]) return prunedWeight[0] / keptCount;
  }
  const factors = /"sparse_factors":\[(\d+),\d+\]/.exec(JSON.stringify(config?.source ?? null))?.[1];
  return factors === undefined ? undefined : Number(factors);
}

function sizes(module: string, dense: readonly number[], pruned: readonly number[]): LinearSizes {
  const pair = (shape: readonly number[]): [number, number] => [shape[0] ?? 0, shape[1] ?? 0];
  const [denseShape, prunedShape] = [pair(dense), pair(pruned)];
  return {
    module,
    dense: denseShape,
    pruned: prunedShape,
    denseParameters: denseShape[0] * denseShape[1],
    prunedParameters: prunedShape[0] * prunedShape[1],
  };
}

const sizesInTable = ({ module, weight, prunedWeight }: StructuredLayer): LinearSizes =>
  sizes(module, weight, prunedWeight);

/** An IR only has what is left; the dense sizes are the table's, or follow from the model's configuration. */
function sizesInIr(
  layer: IrLinear,
  byModule: ReadonlyMap<string, StructuredLayer>,
  { model }: Run,
): LinearSizes {
  const left = [layer.outputs, layer.inputs];
  const row = byModule.get(layer.module);
  if (row) return sizes(layer.module, row.weight, left);
  const { hiddenSize, feedForwardSize } = model ?? {};
  if (layerOf(layer.module) === undefined || !hiddenSize) return sizes(layer.module, left, left);
  if (/\b(?:self|attention|self_attn|attn)\./.test(layer.module)) {
    return sizes(layer.module, [hiddenSize, hiddenSize], left);
  }
  if (feedForwardSize && intermediate.test(layer.module)) {
    return sizes(layer.module, [feedForwardSize, hiddenSize], left);
  }
  if (feedForwardSize && feedForwardOutput.test(layer.module)) {
    return sizes(layer.module, [hiddenSize, feedForwardSize], left);
  }
  return sizes(layer.module, left, left);
}

function totals(list: readonly LinearSizes[]): { denseParameters: number; prunedParameters: number } {
  const sum = (key: 'denseParameters' | 'prunedParameters'): number =>
    list.reduce((total, layer) => total + layer[key], 0);
  return { denseParameters: sum('denseParameters'), prunedParameters: sum('prunedParameters') };
}

function prunableOf(rows: readonly StructuredLayer[]): { dense: number; pruned: number } {
  const count = (shape: readonly number[] | undefined): number =>
    shape ? shape.reduce((product, size) => product * size, 1) : 0;
  return {
    dense: rows.reduce((sum, { weight, bias }) => sum + count(weight) + count(bias), 0),
    pruned: rows.reduce(
      (sum, { prunedWeight, prunedBias }) => sum + count(prunedWeight) + count(prunedBias),
      0,
    ),
  };
}
