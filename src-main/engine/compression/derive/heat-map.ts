import { moduleOfNode } from '../layer-names.ts';
import type { Run } from '../types.ts';
import { structureOf } from './structure.ts';

/** Sparsity of each layer over time. */
export interface HeatMap {
  /** `log`: zeros among weights, as NNCF tells at each epoch. `ir`: what saved models lack of the dense size. */
  readonly from: 'log' | 'ir';
  /** Modules, such as `bert.encoder.layer.0.attention.self.query`, by block, otherwise as the source has them. */
  readonly layers: readonly string[];
  /** Optimizer steps, ascending. */
  readonly steps: readonly number[];
  /** 0 to 1, a row for each layer, a column for each step; null where nothing is known. */
  readonly values: ReadonlyArray<ReadonlyArray<number | null>>;
}

/** The heat map of layers and time; undefined for a run that tells nothing of single layers. */
export function heatMapOf(run: Run): HeatMap | undefined {
  return fromLog(run) ?? fromModels(run);
}

/** NNCF writes its table when an epoch begins. Biases are left out: they follow their weights. */
function fromLog({ nncf, training, config }: Run): HeatMap | undefined {
  const perEpoch = config?.movement?.stepsPerEpoch ?? training.stepsPerEpoch;
  const epochs = (nncf?.epochs ?? []).filter(({ layers }) => layers.length > 0);
  if (epochs.length === 0 || perEpoch === undefined) return undefined;
  const columns = epochs
    .map(({ epoch, layers }) => ({
      step: Math.round(epoch * perEpoch),
      layers: new Map(
        layers
          .filter(({ name }) => !name.endsWith('/bias'))
          .map(({ name, sparsity }) => [moduleOfNode(name), sparsity]),
      ),
    }))
    .sort((one, other) => one.step - other.step);
  return table('log', columns);
}

function fromModels(run: Run): HeatMap | undefined {
  const columns = run.checkpoints
    .filter(({ ir, temporary }) => ir && !temporary)
    .map(({ step, ir }) => {
      const structure = structureOf({ ...run, ir: ir! });
      const linear = structure?.layers.flatMap((block) => block.linear) ?? [];
      return {
        step,
        layers: new Map(
          linear.map(({ module, denseParameters, prunedParameters }) => [
            module,
            denseParameters === 0 ? Number.NaN : 1 - prunedParameters / denseParameters,
          ]),
        ),
      };
    });
  return columns.length === 0 ? undefined : table('ir', columns);
}

function table(
  from: HeatMap['from'],
  columns: ReadonlyArray<{ readonly step: number; readonly layers: ReadonlyMap<string, number> }>,
): HeatMap {
  const layers = [...new Set(columns.flatMap((column) => [...column.layers.keys()]))];
  const block = (layer: string): number => Number(/\.(\d+)\./.exec(layer)?.[1] ?? Number.MAX_SAFE_INTEGER);
  layers.sort((one, other) => block(one) - block(other));
  return {
    from,
    layers,
    steps: columns.map(({ step }) => step),
    values: layers.map((layer) =>
      columns.map((column) => {
        const value = column.layers.get(layer);
        return value === undefined || !Number.isFinite(value) ? null : value;
      }),
    ),
  };
}
