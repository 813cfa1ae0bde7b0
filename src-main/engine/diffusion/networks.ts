import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import { inferInPlace } from '../runtime/index.ts';
import { allFinite, notFinite } from './finite.ts';
import { type Planes, type Shades, toShades } from './picture.ts';

export type CompiledModel = InstanceType<NodeAddon['CompiledModel']>;

/** Channels of the latents, and of the picture that the UNet sees beside them. */
const channels = 3;

/** What each network takes and gives, by name of the input; -1 is any size, which must be free in the model too. */
const shapes = {
  sample: [1, 2 * channels, -1, -1],
  timestep: [1],
  latents: [1, channels, -1, -1],
} as const;

/**
 * Looks at the inputs of compiled networks before a run begins with them.
 *
 * @throws {RefineryError} `MODEL_CORRUPT` where a name, a number of channels or a fixed size is wrong.
 */
export function checkShapes(unet: CompiledModel, decoder: CompiledModel): void {
  const wrong = [
    ...wrongInputs('UNet', unet, ['sample', 'timestep']),
    ...wrongInputs('decoder', decoder, ['latents']),
  ];
  if (wrong.length === 0) return;
  throw new RefineryError('MODEL_CORRUPT', `The networks aren’t what is needed: ${wrong.join('; ')}.`, {
    hint: 'Convert the model again with `refinery convert-model ldm`.',
  });
}

function wrongInputs(
  network: string,
  { inputs }: CompiledModel,
  names: ReadonlyArray<keyof typeof shapes>,
): string[] {
  const found = new Map(inputs.map((port) => [port.anyName, port.getPartialShape().toString()]));
  const extra = [...found.keys()].filter((name) => !names.includes(name as keyof typeof shapes));
  return [
    ...extra.map((name) => `the ${network} has an input ${name}`),
    ...names.flatMap((name) => {
      const shape = found.get(name);
      if (shape === undefined) return [`the ${network} has no input ${name}`];
      const sizes = shape.replace(/[[\]{}\s]/g, '').split(',');
      const wanted = shapes[name];
      const fits =
        sizes.length === wanted.length &&
        wanted.every((size, axis) => {
          const free = !/^\d+$/.test(sizes[axis]!);
          return free || Number(sizes[axis]) === size;
        });
      return fits ? [] : [`the ${network}’s ${name} is ${shape}`];
    }),
  ];
}

/** One UNet call at a time, with memory that stays the same over all of them. */
export interface NoisePredictor {
  /** Where the latents go, scaled as the sampler wants: CHW, about variance 1. */
  readonly latents: Float32Array;
  /** Where the small picture goes: CHW, [-1, 1] before scaling. */
  readonly condition: Float32Array;
  /** The noise that the network found, CHW; written by each call. */
  readonly output: Float32Array;
  predict(timestep: number): Promise<void>;
}

/**
 * Makes a UNet ready for latents of one size. Its inputs are `sample` f32 [1, 6, height, width] and `timestep`
 * f32 [1], as {@link checkShapes} makes sure; its output is f32 [1, 3, height, width].
 */
export function openPredictor(
  openvino: NodeAddon,
  unet: CompiledModel,
  width: number,
  height: number,
): NoisePredictor {
  const size = channels * height * width;
  const inputs = {
    sample: new openvino.Tensor('f32', [1, 2 * channels, height, width]),
    timestep: new openvino.Tensor('f32', [1]),
  };
  const output = new openvino.Tensor('f32', [1, channels, height, width]);
  const order = unet.inputs.map(({ anyName }) => anyName);
  const ordered = order.map((name) => inputs[name as keyof typeof inputs]);
  const request = unet.createInferRequest();
  request.setOutputTensor(0, output);
  const sample = inputs.sample.data as Float32Array;
  const timestep = inputs.timestep.data as Float32Array;
  const found = output.data as Float32Array;
  return {
    latents: sample.subarray(0, size),
    condition: sample.subarray(size),
    output: found,
    async predict(at) {
      timestep[0] = at;
      await inferInPlace(request, ordered);
    },
  };
}

/**
 * Turns latents into a picture, four times as large with the released networks.
 *
 * @param decoder input f32 [1, 3, height, width], output f32 [1, 3, factor · height, factor · width]; its nearest-code
 *   search must run in f32.
 * @param latents CHW.
 * @param kept size of the part from the upper left that counts, in latents.
 */
export async function decodeLatents(
  openvino: NodeAddon,
  decoder: CompiledModel,
  latents: Planes,
  kept: { readonly width: number; readonly height: number } = latents,
): Promise<Shades> {
  const request = decoder.createInferRequest();
  const input = new openvino.Tensor('f32', [1, channels, latents.height, latents.width]);
  (input.data as Float32Array).set(latents.values);
  await inferInPlace(request, [input]);
  const output = request.getOutputTensor(0);
  const [, planes = 0, height = 0, width = 0] = output.getShape();
  const factor = width / latents.width;
  if (planes !== channels || !Number.isInteger(factor) || height !== factor * latents.height || factor < 1) {
    throw new RefineryError('MODEL_CORRUPT', 'The decoder doesn’t make a picture of the latents.', {
      hint: 'Convert the model again with `refinery convert-model ldm`.',
      details: `output: ${output.getShape().join(' × ')}`,
    });
  }
  const values = output.data as Float32Array;
  if (!allFinite(values)) throw notFinite('The decoder gave values');
  return toShades({ values, width, height }, factor * kept.width, factor * kept.height);
}
