import { RefineryError } from '../../contract/errors.ts';

/** Whether all values are numbers: one sum tells, for neither NaN nor an infinity can be added away. */
export function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]! * 0;
  return sum === 0;
}

/** @param what gave them, as a sentence's beginning: "Step 3 of 20 with ddim gave values". */
export function notFinite(what: string): RefineryError {
  return new RefineryError('RUNTIME_FAILED', `${what} that are not numbers.`, {
    hint: 'Choose the precision f32 or another device. In f32 already, the model’s weights are damaged: convert it again.',
  });
}
