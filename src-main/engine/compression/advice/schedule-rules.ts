import { keys } from '../derive/schedule.ts';
import { lastOf, valueAt } from '../metrics.ts';
import { percent } from '../words.ts';
import type { Evidence, Rule } from './rule.ts';

/** Past the start of warm-up, and still the threshold is -Infinity. */
export const thresholdNeverRises: Rule = {
  id: 'threshold-never-rises',
  check({ run, derived: { schedule } }) {
    const series = run.metrics[keys.threshold] ?? [];
    const last = lastOf(series);
    if (!last || series.some(({ value }) => Number.isFinite(value))) return undefined;
    const { maxSteps, finished, epochs } = run.training;
    const beyond = schedule !== undefined && maxSteps !== undefined && schedule.start >= maxSteps;
    const overdue = schedule !== undefined && last.step > schedule.start + 1;
    if (!beyond && !overdue && !finished) return undefined;
    const evidence: Evidence[] = [
      {
        text: `Still -Infinity at step ${last.step}${maxSteps === undefined ? '' : ` of ${maxSteps}`}.`,
        where: keys.threshold,
        step: last.step,
        value: last.value,
      },
      ...(schedule
        ? [
            {
              text: `Warm-up begins at step ${schedule.start + 1} (${schedule.stepsPerEpoch} steps per epoch).`,
              where: 'warmup_start_epoch',
              value: schedule.start,
            },
          ]
        : []),
      ...(epochs === undefined
        ? []
        : [{ text: `The training has ${epochs} epochs.`, where: 'num_train_epochs' }]),
    ];
    return {
      severity: 'error',
      title: 'Pruning never begins',
      evidence,
      change:
        'Set warmup_start_epoch and warmup_end_epoch within num_train_epochs; if steps_per_epoch is set, it must be ' +
        'the true number of steps.',
    };
  },
};

/** Structured masking comes at the first step after warm-up, which the training has to reach. */
export const scheduleLongerThanTraining: Rule = {
  id: 'schedule-longer-than-training',
  check({ run, derived: { schedule } }) {
    const { maxSteps } = run.training;
    if (!schedule || maxSteps === undefined) return undefined;
    const left = maxSteps - schedule.end;
    if (left >= schedule.stepsPerEpoch) return undefined;
    const evidence: Evidence[] = [
      { text: `Warm-up ends after step ${schedule.end}.`, where: 'warmup_end_epoch', value: schedule.end },
      { text: `Training ends after step ${maxSteps}.`, where: 'num_train_epochs', value: maxSteps },
    ];
    return left <= 0
      ? {
          severity: 'error',
          title: 'Training ends before warm-up does',
          evidence,
          change: 'Set warmup_end_epoch below num_train_epochs; otherwise nothing is removed from the model.',
        }
      : {
          severity: 'warning',
          title: 'Less than an epoch is left for fine-tuning',
          evidence,
          change:
            'Train at least an epoch or two after warm-up, so that quality comes back with frozen masks.',
        };
  },
};

/** Half of warm-up is over and next to nothing is pruned, or pruning stopped far from its end. */
export const sparsityStalls: Rule = {
  id: 'sparsity-stalls',
  check({ run, derived: { schedule, stages } }) {
    const series = (run.metrics[keys.layerSparsity] ?? []).filter(
      ({ step }) =>
        Number.isFinite(valueAt(run.metrics[keys.threshold], step)) && (!schedule || step <= schedule.end),
    );
    const [first, last] = [series[0], series.at(-1)];
    if (!schedule || !first || !last || schedule.end <= schedule.start) return undefined;
    const done = (last.step - 1 - schedule.start) / (schedule.end - schedule.start);
    if (done < 0.5) return undefined;
    const quarter = (schedule.end - schedule.start) / 4;
    const before = series.findLast(({ step }) => step <= last.step - quarter);
    const gain = last.value - (before?.value ?? first.value);
    // Towards the end of warm-up the threshold hardly rises any more: a plateau there is as it should be.
    const flat = done < 0.8 && gain < 0.005 && last.value < 0.5;
    if (last.value >= 0.1 && !flat) return undefined;
    return {
      severity: 'warning',
      title: 'Sparsity doesn’t rise',
      evidence: [
        {
          text: `${percent(last.value)} at step ${last.step}, with ${percent(done)} of warm-up done.`,
          where: keys.layerSparsity,
          step: last.step,
          value: last.value,
        },
        {
          text: `${percent(gain)} more than a quarter of warm-up before.`,
          where: keys.layerSparsity,
          value: gain,
        },
        { text: `The stage is ${stages.now}.`, where: keys.threshold },
      ],
      change:
        'Raise importance_regularization_factor, or lengthen warm-up; look in the NNCF log whether the target scopes ' +
        'match any layers.',
    };
  },
};

/** The logged values don't follow the configuration that was found: likely not the one that was used. */
export const scheduleDisagrees: Rule = {
  id: 'schedule-disagrees',
  check({ derived: { schedule, compared, stages } }) {
    if (!schedule) return undefined;
    const scale = { factor: schedule.factor, threshold: Math.abs(schedule.initialThreshold ?? 0) };
    const evidence: Evidence[] = (['factor', 'threshold'] as const).flatMap((name) => {
      const { largestDifference, at } = compared[name];
      if (at === undefined || largestDifference <= 1e-6 + 0.001 * scale[name]) return [];
      const text = `${name} is ${largestDifference.toPrecision(3)} off the schedule at step ${at}.`;
      return [{ text, where: keys[name], step: at, value: largestDifference }];
    });
    for (const { step, expected, logged } of stages.disagreements.slice(0, 3)) {
      const text = `At step ${step} the configuration says ${expected}, the logs say ${logged}.`;
      evidence.push({ text, where: keys.threshold, step });
    }
    if (evidence.length === 0) return undefined;
    return {
      severity: 'warning',
      title: 'The logs don’t follow this configuration',
      evidence,
      change:
        'Look whether the configuration in the folder is the one of this training, and steps_per_epoch is right.',
    };
  },
};
