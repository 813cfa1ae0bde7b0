import { RefineryError } from '../../../contract/errors.ts';
import type { SchedulerConfig } from '../schedule.ts';
import { ddim } from './ddim.ts';
import { dpmSolverMultistep } from './dpm-solver-multistep.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { lms } from './lms.ts';
import { pndm } from './pndm.ts';
import type { SamplerKind } from './sampler.ts';

export type { SamplerKind, SamplerState } from './sampler.ts';

/** Every method of sampling; a new one is a file beside this and a line here. */
export const samplers: readonly SamplerKind[] = [ddim, pndm, lms, euler, eulerAncestral, dpmSolverMultistep];

/** The sampler of a name, or of a class in diffusers. @throws {RefineryError} `BAD_REQUEST` when there is none. */
export function samplerNamed(name: string): SamplerKind {
  const found = samplers.find((sampler) => sampler.name === name || sampler.classes.includes(name));
  if (found) return found;
  throw new RefineryError('BAD_REQUEST', `There is no sampler ${name}.`, {
    hint: `There are ${samplers.map((sampler) => sampler.name).join(', ')}.`,
  });
}

/**
 * The sampler that a model's scheduler asks for; DDIM where it says nothing.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED` for a scheduler that is not known, or known with settings that aren't.
 */
export function samplerOf(scheduler: SchedulerConfig): SamplerKind {
  const { _class_name: name } = scheduler;
  const found = name ? samplers.find(({ classes }) => classes.includes(name)) : ddim;
  if (!found) {
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      `The model’s scheduler is a ${name}, which is not supported.`,
      {
        hint: `Save the model with one of ${samplers.flatMap(({ classes }) => classes).join(', ')}.`,
      },
    );
  }
  // Settings that would give other numbers than diffusers are refused here, and not after the first minute's work.
  found.make(scheduler, Math.min(10, scheduler.num_train_timesteps));
  return found;
}
