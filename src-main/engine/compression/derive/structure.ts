import { type Block, blockPathOf, blocksOf } from '../blocks.ts';
import type { DenseLinear } from '../families/index.ts';
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
  /** Its number in the model, from 0. */
  readonly layer: number;
  /** For a person: the number, or `1.0` for the first block of Swin's second stage. */
  readonly name: string;
  /** The module, such as `bert.encoder.layer.3`. */
  readonly path: string;
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
const intermediate = /\.(?:intermediate\.dense|intermediate_dense|fc1|lin1)$/;

/**
 * Heads and widths that stay, from NNCF's table and the saved IR. Where both are there, sizes are the IR's and which
 * heads stay is the table's. Counts of parameters are of weights, as in the IR.
 */
export function structureOf(run: Run): Structure | undefined {
  const rows = oncePerLayer(run.structure?.layers ?? []);
  const linear = newestIr(run)?.linear ?? [];
  if (rows.length === 0 && linear.length === 0) return undefined;
  const byModule = new Map(rows.map((row) => [row.module, row]));
  const dense = new Map((run.model?.linear ?? []).map((layer) => [layer.module, layer]));
  const widths =
    linear.length > 0 ? linear.map((layer) => sizesInIr(layer, byModule, dense)) : rows.map(sizesInTable);
  const blocks = new Map<string, LinearSizes[]>();
  const others: LinearSizes[] = [];
  for (const sizes of widths) {
    const path = blockPathOf(sizes.module);
    if (path === undefined) others.push(sizes);
    else blocks.set(path, [...(blocks.get(path) ?? []), sizes]);
  }
  const usual = usualHeadSize(run);
  const layers = blocksOf(blocks.keys()).map((block) =>
    layerOf(
      block,
      blocks.get(block.path) ?? [],
      (module) => {
        const { prunedWeight, keptCount } = byModule.get(module) ?? {};
        return (
          dense.get(module)?.headSize ??
          (prunedWeight?.[0] && keptCount ? prunedWeight[0] / keptCount : usual)
        );
      },
      byModule,
    ),
  );
  return {
    from: linear.length === 0 ? 'csv' : rows.length === 0 ? 'ir' : 'csv and ir',
    layers,
    others,
    ...totals(widths),
    ...(rows.length === 0 ? {} : { prunable: prunableOf(rows) }),
  };
}

/**
 * NNCF lists a layer once for each group that it is in: MobileBERT's queries lose heads with the values, and channels with
 * the bottleneck before them. What is left of it is left by all; ids are those of heads where there are any.
 */
function oncePerLayer(rows: readonly StructuredLayer[]): StructuredLayer[] {
  const found = new Map<string, StructuredLayer>();
  const least = (one: readonly number[] = [], other: readonly number[] = one): number[] =>
    one.map((size, index) => Math.min(size, other[index] ?? size));
  const hasHeads = ({ keptCount = 0, prunedWeight }: StructuredLayer): boolean =>
    keptCount > 0 && keptCount < Math.max(...prunedWeight);
  for (const row of rows) {
    const before = found.get(row.module);
    const [named, other] = before && (hasHeads(before) || !hasHeads(row)) ? [before, row] : [row, before];
    found.set(row.module, {
      ...named,
      prunedWeight: least(named.prunedWeight, other?.prunedWeight),
      ...(named.prunedBias ? { prunedBias: least(named.prunedBias, other?.prunedBias) } : {}),
    });
  }
  return [...found.values()];
}

/** The saved model: the output folder's, or the newest checkpoint's unless it is from before structured masking. */
export function newestIr({ ir, checkpoints, structure }: Run): IrSummary | undefined {
  if (ir) return ir;
  const newest = checkpoints.findLast((checkpoint) => checkpoint.ir && !checkpoint.temporary);
  const older = newest && structure?.modified !== undefined && newest.modified < structure.modified;
  return older ? undefined : newest?.ir;
}

function layerOf(
  { number, name, path }: Block,
  linear: readonly LinearSizes[],
  headSizeOf: (module: string) => number | undefined,
  byModule: ReadonlyMap<string, StructuredLayer>,
): LayerStructure {
  const attention = linear.find(({ module }) => query.test(module));
  const headSize = attention && headSizeOf(attention.module);
  // MobileBERT has several in each block.
  const wide = linear.filter(({ module }) => intermediate.test(module));
  const rows = (of: 'dense' | 'pruned'): number => wide.reduce((sum, one) => sum + one[of][0], 0);
  const kept = attention && byModule.get(attention.module)?.kept;
  return {
    layer: number,
    name,
    path,
    ...(attention && headSize
      ? {
          heads: {
            dense: attention.dense[0] / headSize,
            kept: attention.pruned[0] / headSize,
            ...(kept ? { ids: kept } : {}),
          },
        }
      : {}),
    ...(wide.length > 0 ? { feedForward: { dense: rows('dense'), kept: rows('pruned') } } : {}),
    linear,
    ...totals(linear),
  };
}

/** Width of one head where neither the model's configuration nor the table tells it of a block: as in others, or pruned. */
function usualHeadSize({ structure, config }: Run): number | undefined {
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
  { module, outputs, inputs }: IrLinear,
  byModule: ReadonlyMap<string, StructuredLayer>,
  dense: ReadonlyMap<string, DenseLinear>,
): LinearSizes {
  const left = [outputs, inputs];
  return sizes(module, byModule.get(module)?.weight ?? dense.get(module)?.shape ?? left, left);
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
