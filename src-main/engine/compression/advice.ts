import type { Advice, Observed, Rule } from './advice/rule.ts';
import {
  scheduleDisagrees,
  scheduleLongerThanTraining,
  sparsityStalls,
  thresholdNeverRises,
} from './advice/schedule-rules.ts';
import {
  floatLayersLeft,
  layerCollapsed,
  layerCollapsing,
  structureNotResolved,
} from './advice/structure-rules.ts';
import {
  bestByLoss,
  distillationDominates,
  lossNotANumber,
  metricBelowBudget,
  teacherMissing,
  trainingFailed,
} from './advice/training-rules.ts';

/** All rules. Another rule is one more entry. */
export const rules: readonly Rule[] = [
  trainingFailed,
  layerCollapsed,
  layerCollapsing,
  lossNotANumber,
  thresholdNeverRises,
  scheduleLongerThanTraining,
  structureNotResolved,
  scheduleDisagrees,
  sparsityStalls,
  metricBelowBudget,
  bestByLoss,
  distillationDominates,
  teacherMissing,
  floatLayersLeft,
];

const order = { error: 0, warning: 1, note: 2 } as const;

/** What the rules say about a run, the worst first. */
export function adviceFor(observed: Observed): Advice[] {
  return rules
    .flatMap(({ id, check }) => {
      const advice = check(observed);
      return advice ? [{ id, ...advice }] : [];
    })
    .sort((one, other) => order[one.severity] - order[other.severity]);
}
