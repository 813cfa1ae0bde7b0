import { stat } from 'node:fs/promises';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../../contract/errors.ts';
import type { Precision } from '../../runtime/index.ts';

type Core = InstanceType<NodeAddon['Core']>;
export type Model = InstanceType<NodeAddon['Model']>;
export type CompiledModel = InstanceType<NodeAddon['CompiledModel']>;
export type Tensor = InstanceType<NodeAddon['Tensor']>;

export const precisionOf = (precision: Precision = 'auto'): Record<string, string> =>
  precision === 'auto' ? {} : { INFERENCE_PRECISION_HINT: precision };

/**
 * Reads a model that is to be measured.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `MODEL_NOT_INSTALLED` for an IR without its weights, `MODEL_CORRUPT`.
 */
export async function readModel(core: Core, path: string): Promise<Model> {
  if (!(await stat(path).catch(() => undefined))) {
    throw new RefineryError('INPUT_NOT_FOUND', 'The model isn’t there.', { details: path });
  }
  const weights = path.replace(/\.xml$/i, '.bin');
  // OpenVINO reads an IR without its weights and fails much later, in words that nobody understands.
  if (!(await stat(weights).catch(() => undefined))) {
    throw new RefineryError('MODEL_NOT_INSTALLED', 'The model’s weights aren’t there.', {
      hint: 'An IR has two files, .xml and .bin, in the same folder.',
      details: weights,
    });
  }
  try {
    return await core.readModel(path);
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', 'OpenVINO can’t read this model.', {
      hint: 'Copy or export it again.',
      cause,
    });
  }
}

/**
 * Makes a model ready for one device, and for no other: what is measured must not depend on what fails.
 *
 * @throws {RefineryError} `DEVICE_UNAVAILABLE`.
 */
export async function compileFor(
  core: Core,
  model: Model,
  device: string,
  properties: Record<string, string | number | boolean>,
): Promise<CompiledModel> {
  try {
    return await core.compileModel(model, device, properties);
  } catch (cause) {
    throw new RefineryError('DEVICE_UNAVAILABLE', `The device ${device} doesn’t take this model.`, {
      hint: '`refinery devices` tells which devices there are.',
      cause,
    });
  }
}

/** A property as text; empty where the device doesn't have it. */
export function propertyText(read: () => unknown): string {
  try {
    const value = read();
    return Array.isArray(value) ? value.join(' ') : String(value);
  } catch {
    return '';
  }
}
