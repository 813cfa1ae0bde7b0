import { blockPathOf, blocksOf, isAttention } from '../blocks.ts';
import { scheduledAt } from '../derive/schedule.ts';
import { isLowPrecision } from '../ingest/ir.ts';
import { moduleOfNode } from '../layer-names.ts';
import { percent } from '../words.ts';
import type { Evidence, Rule } from './rule.ts';

const csv = 'structured_sparsity.csv';

/** @param node NNCF's name of a layer of the attention that is to be left out. */
const lessPruning = (node = 'BertLayer[3]/BertAttention[attention]/'): string =>
  'Lower importance_regularization_factor, or leave the layer’s attention out with an ignored scope such as ' +
  `{re}.*${scopeOfAttention(node)}.*, and start again; then heads of other layers are weighed anew.`;

/** From the first number in a name to the class that follows the last one, as JSON has it. */
function scopeOfAttention(node: string): string {
  const found = /\w+\[\d+\]\/(?:.*\[\d+\]\/)?\w+/.exec(node)?.[0] ?? node;
  return found.replaceAll('[', '\\\\[').replaceAll(']', '\\\\]');
}

/** Structured masking left nothing of a block's attention or of its feed-forward part. */
export const layerCollapsed: Rule = {
  id: 'layer-collapsed',
  check({ run, derived: { structure } }) {
    const evidence = (structure?.layers ?? []).flatMap(({ name, heads, feedForward }): Evidence[] => [
      ...(heads?.kept === 0
        ? [{ text: `Layer ${name} keeps 0 of ${heads.dense} heads.`, where: csv, value: 0 }]
        : []),
      ...(feedForward?.kept === 0
        ? [
            {
              text: `Layer ${name} keeps 0 of ${feedForward.dense} feed-forward rows.`,
              where: csv,
              value: 0,
            },
          ]
        : []),
    ]);
    if (evidence.length === 0) return undefined;
    const collapsed = structure?.layers.find(({ heads }) => heads?.kept === 0)?.path;
    const rows = run.structure?.layers.filter(({ module }) => isAttention(module)) ?? [];
    const row = rows.find(({ module }) => blockPathOf(module) === collapsed);
    return {
      severity: 'error',
      title:
        evidence.length === 1
          ? 'A layer collapsed: nothing of it is left'
          : `${evidence.length} layers collapsed`,
      evidence: [
        ...evidence,
        {
          text: 'The next save fails: OpenVINO can’t remove heads from a layer that has none left.',
          where: csv,
        },
      ],
      change: lessPruning(row?.node || undefined),
    };
  },
};

/** From here on a block's attention counts as gone: what is left of it by then has never held a head in real trainings. */
const gone = 0.97;

/**
 * During warm-up NNCF's tables tell how much of each block's attention is zero. A head stays if any part of it is left, so
 * the layer that lost least of a block's four counts. It is gone already, or will be if it goes on as between the last two
 * tables: sparsity rises with the schedule's level, not with time. There is time to stop.
 */
export const layerCollapsing: Rule = {
  id: 'layer-collapsing',
  check({ run, derived: { structure, schedule } }) {
    const epochs = run.nncf?.epochs.filter(({ layers }) => layers.length > 0) ?? [];
    const newest = epochs.at(-1);
    if (!newest || structure?.prunable) return undefined;
    const perEpoch = schedule?.stepsPerEpoch ?? 0;
    const level = (epoch: number): number =>
      schedule ? (scheduledAt({ ...schedule, factor: 1 }, epoch * perEpoch + 1).factor ?? 0) : 0;
    const now = leastByBlock(newest.layers);
    const earlier = epochs.at(-2);
    const before = earlier && leastByBlock(earlier.layers);
    const told: string[] = [];
    const evidence = blocksOf(now.keys()).flatMap(({ path, name }): Evidence[] => {
      const { least, node } = now.get(path)!;
      const where = 'nncf_output.log';
      if (least >= 0.999) {
        told.push(node);
        const text = `All attention weights of layer ${name} are zero when epoch ${newest.epoch} begins.`;
        return [{ text, where, value: least }];
      }
      const last = before?.get(path)?.least;
      const [reached, was] = [level(newest.epoch), earlier ? level(earlier.epoch) : 0];
      if (last === undefined || reached <= was || reached >= 1) return [];
      const expected = least + ((least - last) / (reached - was)) * (1 - reached);
      if (expected < gone) return [];
      told.push(node);
      const text =
        `At least ${percent(least)} of each attention weight of layer ${name} is zero when epoch ${newest.epoch} begins, ` +
        `${percent(last)} an epoch before; at this pace nothing is left when warm-up ends.`;
      return [{ text, where, value: least }];
    });
    if (evidence.length === 0) return undefined;
    return {
      severity: 'warning',
      title: 'A layer is about to lose all its heads',
      evidence,
      change: lessPruning(told[0]),
    };
  },
};

interface Least {
  readonly least: number;
  /** NNCF's name of that layer. */
  readonly node: string;
}

/** Of each block, by its path, the sparsity of the attention layer that lost least. */
function leastByBlock(
  layers: ReadonlyArray<{ readonly name: string; readonly sparsity: number }>,
): Map<string, Least> {
  const found = new Map<string, Least>();
  for (const { name: node, sparsity: least } of layers) {
    const module = moduleOfNode(node);
    const path = blockPathOf(module);
    if (path === undefined || node.endsWith('/bias') || !isAttention(module)) continue;
    if (least < (found.get(path)?.least ?? Infinity)) found.set(path, { least, node });
  }
  return found;
}

/** Fine-tuning has come, or the end, and yet the saved model has its dense sizes. */
export const structureNotResolved: Rule = {
  id: 'structure-not-resolved',
  check({ run, derived: { structure, sparsity, stages } }) {
    if (!run.config?.movement || !structure || structure.from === 'csv') return undefined;
    if (!run.training.finished && !run.ir) return undefined;
    if (structure.prunedParameters < structure.denseParameters) return undefined;
    const { model } = sparsity.now ?? {};
    const evidence: Evidence[] = [
      {
        text: `Linear layers have all of their ${structure.denseParameters.toLocaleString('en')} weights.`,
        where: run.ir?.path ?? 'openvino_model.xml',
        value: structure.prunedParameters,
      },
      ...(model === undefined
        ? []
        : [
            {
              text: `${percent(model)} of the weights are zero, which makes the file no smaller.`,
              where: 'compression/movement_sparsity/model_sparsity',
              value: model,
            },
          ]),
      { text: `The newest logged stage is ${stages.now}.`, where: 'trainer_state.json' },
    ];
    return {
      severity: 'error',
      title: 'The saved model still has its dense sizes',
      evidence,
      change: run.config.movement.structuredMasking
        ? 'Let training go on past warmup_end_epoch (more epochs, or an earlier end of warm-up), then save again.'
        : 'Set enable_structured_masking to true; without it weights become zero, but no heads or rows are removed.',
    };
  },
};

/** Quantization was asked for, but linear layers of the saved model have float weights. */
export const floatLayersLeft: Rule = {
  id: 'float-layers-left',
  check({ run, derived: { quantization } }) {
    if (!run.config?.quantization || !quantization || !run.ir) return undefined;
    const left = run.ir.linear.filter(({ weightType }) => !isLowPrecision(weightType));
    if (left.length === 0) return undefined;
    return {
      severity: left.length === run.ir.linear.length ? 'error' : 'warning',
      title: `${left.length} of ${run.ir.linear.length} linear layers are still in float`,
      evidence: left
        .slice(0, 10)
        .map(({ module, weightType }) => ({ text: `${module} is ${weightType}.`, where: run.ir!.path })),
      change: 'Look whether ignored_scopes of the quantization algorithm match more than they should.',
    };
  },
};
