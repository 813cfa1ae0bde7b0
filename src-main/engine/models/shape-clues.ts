import { basename } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface } from '../../contract/models.ts';

/** What the shapes of a network's inputs and outputs tell. */
export interface ShapeClues {
  readonly layout: ImageInterface['layout'];
  readonly channels: 1 | 3;
  readonly enlargedInput: boolean;
  readonly fixedSize: { readonly width: number; readonly height: number } | null;
  /** Known only where sizes are fixed. */
  readonly scale: number | null;
  /** The same for people. */
  readonly sentence: string;
}

type Dimension = number | [number, number];

/** @throws {RefineryError} `MODEL_CORRUPT`, `MODEL_NOT_AN_IMAGE_NETWORK`. */
export async function readPorts(openvino: NodeAddon, path: string): Promise<ShapeClues> {
  const name = basename(path);
  const refuse = (why: string): RefineryError =>
    new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', `${name} is not a network for pictures: ${why}.`, {
      hint: 'Networks with one picture in and one out are used, enlarging 1 to 8 times.',
    });
  let inputs: Dimension[][];
  let outputs: Dimension[][];
  try {
    const model = await new openvino.Core().readModel(path);
    inputs = model.inputs.map((port) => port.getPartialShape().getDimensions());
    outputs = model.outputs.map((port) => port.getPartialShape().getDimensions());
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', `${name} can't be read by OpenVINO.`, {
      hint: 'The file is damaged or incomplete; copy or download it again.',
      cause,
    });
  }
  if (outputs.length !== 1) throw refuse(`it has ${outputs.length} outputs`);
  if (inputs.length < 1 || inputs.length > 2) throw refuse(`it has ${inputs.length} inputs`);
  const area = (shape: Dimension[]): number =>
    shape.reduce<number>((product, size) => product * Number(size), 1);
  // The picture is the smaller one where sizes are known.
  const [input] = inputs.length === 2 && area(inputs[0]!) > area(inputs[1]!) ? inputs.toReversed() : inputs;
  const [output] = outputs;
  if (input?.length !== 4 || output?.length !== 4)
    throw refuse('its values have not the four dimensions of a picture');
  const isChannels = (size: Dimension | undefined): size is 1 | 3 => size === 1 || size === 3;
  const layout = isChannels(input[1]) ? 'NCHW' : isChannels(input[3]) ? 'NHWC' : null;
  if (!layout) throw refuse('no dimension of its input can be that of colours');
  const [vertical, horizontal, channels] = layout === 'NCHW' ? ([2, 3, 1] as const) : ([1, 2, 3] as const);
  const isFixed = (size: Dimension | undefined): size is number => typeof size === 'number' && size > 0;
  const fixedSize =
    isFixed(input[vertical]) && isFixed(input[horizontal])
      ? { width: input[horizontal], height: input[vertical] }
      : null;
  let scale: number | null = null;
  if (fixedSize && isFixed(output[horizontal])) {
    scale = output[horizontal] / fixedSize.width;
    if (!Number.isInteger(scale) || scale < 1 || scale > 8) throw refuse(`it enlarges ${scale} times`);
  }
  const size = fixedSize ? `${fixedSize.width} × ${fixedSize.height} pixels` : 'pictures of any size';
  return {
    layout,
    channels: input[channels] as 1 | 3,
    enlargedInput: inputs.length === 2,
    fixedSize,
    scale,
    sentence: `Its shapes tell: ${layout}, ${input[channels] === 1 ? 'grey' : 'colour'}, ${size}.`,
  };
}
