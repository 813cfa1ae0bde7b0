import type { Evidence, Rule } from './rule.ts';

/** The console log ends in an exception. */
export const trainingFailed: Rule = {
  id: 'training-failed',
  check({ run }) {
    const failed = run.console?.milestones.findLast(({ kind }) => kind === 'failed');
    if (!failed || run.training.finished) return undefined;
    const pruning = run.console?.messages.find(({ text }) =>
      text.startsWith('Error encountered during OpenVINO IR'),
    );
    const checkpoint = run.checkpoints.findLast(({ temporary }) => !temporary);
    const evidence: Evidence[] = [
      {
        text: failed.text,
        where: `console log, line ${failed.line}`,
        ...(failed.step === undefined ? {} : { step: failed.step }),
      },
      ...(pruning ? [{ text: pruning.text, where: `console log, line ${pruning.line}` }] : []),
      ...(checkpoint
        ? [{ text: 'The last whole checkpoint.', where: checkpoint.path, step: checkpoint.step }]
        : []),
    ];
    return {
      severity: 'error',
      title: pruning
        ? 'Training stopped because the model could not be saved'
        : 'Training stopped with an error',
      evidence,
      change: pruning
        ? 'Prune less (see the layer that collapsed); the checkpoint from warm-up’s end would fail at the same place.'
        : 'Mend what the error says, then go on from the last checkpoint.',
    };
  },
};

/** A part of the loss isn't a number. The Trainer's own `loss` can hide it (`logging_nan_inf_filter`). */
export const lossNotANumber: Rule = {
  id: 'loss-nan',
  check({ derived: { losses } }) {
    const named = [
      { key: 'loss', series: losses.total },
      ...losses.parts.map(({ kind, series }) => ({ key: `${kind}_loss`, series })),
    ];
    const evidence = named.flatMap(({ key, series }): Evidence[] => {
      const broken = series.filter(({ value }) => !Number.isFinite(value));
      const first = broken[0];
      if (!first) return [];
      const text = `${key} is ${first.value} at step ${first.step}, and in ${broken.length} rows in all.`;
      return [{ text, where: key, step: first.step, value: first.value }];
    });
    if (evidence.length === 0) return undefined;
    return {
      severity: 'error',
      title: 'The loss is no longer a number',
      evidence,
      change:
        'Stop; lower the learning rate or the regularisation factor, and go on from a checkpoint before this step.',
    };
  },
};

/** How many rows decide whether a part of the loss dominates, and by how much. */
const window = 8;
const dominance = 5;

export const distillationDominates: Rule = {
  id: 'distillation-dominates',
  check({ run, derived: { losses } }) {
    const [task, distillation] = (['task', 'distillation'] as const).map((kind) =>
      losses.parts.find((part) => part.kind === kind)?.weighted?.slice(-window),
    );
    if (!task || !distillation || task.length < window || distillation.length < window) return undefined;
    const [ours, theirs] = [median(task), median(distillation)];
    if (!(theirs > 0.05 && theirs > dominance * ours)) return undefined;
    const step = task.at(-1)!.step;
    return {
      severity: 'warning',
      title: 'Distillation outweighs the task',
      evidence: [
        {
          text: `Weighted distillation is ${theirs.toFixed(3)}.`,
          where: 'distillation_loss',
          step,
          value: theirs,
        },
        { text: `Weighted task is ${ours.toFixed(3)}.`, where: 'task_loss', step, value: ours },
        { text: `Both are medians of the last ${window} rows.`, where: 'loss' },
      ],
      change: `Lower distillation_weight (now ${run.training.distillationWeight}), or raise distillation_temperature.`,
    };
  },
};

const median = (points: ReadonlyArray<{ readonly value: number }>): number =>
  points.map(({ value }) => value).sort((one, other) => one - other)[Math.floor(points.length / 2)] ??
  Number.NaN;

/** A compression run without a teacher has neither task_loss nor distillation_loss. */
export const teacherMissing: Rule = {
  id: 'teacher-missing',
  check({ run }) {
    const losses = run.metrics['loss'];
    if (!run.config?.movement || !losses || losses.length < 2 || run.metrics['distillation_loss'])
      return undefined;
    return {
      severity: 'warning',
      title: 'Nothing is learnt from a teacher',
      evidence: [
        {
          text: `${losses.length} rows have a loss, but none has distillation_loss.`,
          where: 'distillation_loss',
          step: losses.at(-1)!.step,
        },
      ],
      change:
        'Give the dense model with --teacher_model_name_or_path; pruning loses less quality with a teacher.',
    };
  },
};

export const metricBelowBudget: Rule = {
  id: 'metric-below-budget',
  check({ run, derived: { metric, stages } }) {
    if (!metric?.budget || metric.budget.met) return undefined;
    const { baseline, limit, margin } = metric.budget;
    const { key, last, best } = metric;
    const early = !run.training.finished && (stages.now === 'dense' || stages.now === 'warm-up');
    return {
      severity: early ? 'note' : run.training.finished ? 'error' : 'warning',
      title: `${key} is below budget`,
      evidence: [
        {
          text: `${last.value.toFixed(4)} at step ${last.step}.`,
          where: key,
          step: last.step,
          value: last.value,
        },
        {
          text: `The limit is ${limit.toFixed(4)} (dense ${baseline.toFixed(4)}); ${Math.abs(margin).toFixed(4)} is missing.`,
          where: key,
          value: limit,
        },
        { text: `Best: ${best.value.toFixed(4)}.`, where: key, step: best.step, value: best.value },
      ],
      change: early
        ? 'Wait: fine-tuning with frozen masks wins some of it back.'
        : 'Train longer after warm-up, or lower importance_regularization_factor to prune less.',
    };
  },
};

/**
 * The Trainer is to choose its best checkpoint by eval_loss, which contains the terms of compression and distillation: the
 * lowest is from before warm-up, where nothing is pruned yet.
 */
export const bestByLoss: Rule = {
  id: 'best-by-loss',
  check({ run, derived: { schedule } }) {
    const settings = run.trainingArguments;
    const by = settings['metric_for_best_model'] ?? 'loss';
    if (!schedule || settings['load_best_model_at_end'] !== true || (by !== 'loss' && by !== 'eval_loss'))
      return undefined;
    const series = run.metrics['eval_loss'] ?? [];
    const least = series.reduce<(typeof series)[number] | undefined>(
      (one, other) => (one && one.value <= other.value ? one : other),
      undefined,
    );
    return {
      severity: 'warning',
      title: 'The best checkpoint is chosen by a loss that compression changes',
      evidence: [
        { text: 'load_best_model_at_end is set, and the metric is eval_loss.', where: 'training_args.bin' },
        ...(least
          ? [
              {
                text: `The least is ${least.value.toFixed(4)}.`,
                where: 'eval_loss',
                step: least.step,
                value: least.value,
              },
            ]
          : []),
      ],
      change: 'Set metric_for_best_model to accuracy or F1, or leave load_best_model_at_end out.',
    };
  },
};
