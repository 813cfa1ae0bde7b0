import { RefineryError } from '../../../contract/errors.ts';
import type { SchedulerConfig } from '../schedule.ts';

/**
 * Refuses counts of steps that the schedule can't be divided into.
 *
 * @throws {RefineryError} `BAD_REQUEST`.
 */
export function checkSteps(config: SchedulerConfig, steps: number, least = 1): void {
  const most = config.trained_betas?.length ?? config.num_train_timesteps;
  if (!Number.isInteger(steps) || steps < least || steps > most) {
    throw new RefineryError('BAD_REQUEST', `The number of steps is ${steps}.`, {
      hint: `This sampler takes a whole number from ${least} to ${most}.`,
    });
  }
}

/**
 * Refuses timesteps beyond the training's, which an offset can lead to.
 *
 * @throws {RefineryError} `BAD_REQUEST`.
 */
export function checkTimesteps(timesteps: readonly number[], trainSteps: number): void {
  const highest = Math.max(...timesteps);
  if (highest >= trainSteps) {
    throw new RefineryError(
      'BAD_REQUEST',
      `With ${timesteps.length} steps the first lies beyond the last training step.`,
      { hint: 'Choose fewer steps.' },
    );
  }
}
