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
  /** Absent where the network's operations don't tell it before they run. */
  readonly scale: number | null;
  /** The same for people. */
  readonly sentence: string;
}

type Dimension = number | [number, number];

type OpenModel = Awaited<ReturnType<InstanceType<NodeAddon['Core']>['readModel']>>;

/**
 * @param side of a picture that is thought of where a network takes any size.
 * @throws {RefineryError} `MODEL_CORRUPT`, `MODEL_NOT_AN_IMAGE_NETWORK`.
 */
export async function readPorts(openvino: NodeAddon, path: string, side: number): Promise<ShapeClues> {
  const name = basename(path);
  const refuse = (why: string): RefineryError =>
    new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', `${name} is not a network for pictures: ${why}.`, {
      hint: 'Networks with one picture in and one out are used, enlarging 1 to 8 times.',
    });
  let model: OpenModel;
  let inputs: Dimension[][];
  let outputs: Dimension[][];
  try {
    model = await new openvino.Core().readModel(path);
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
  const enlargedInput = inputs.length === 2;
  const { width, height } = fixedSize ?? { width: side, height: side };
  const grown = (shape: Dimension[], scale: number): Dimension[] =>
    shape.map((size, axis) => {
      if (axis === vertical) return height * scale;
      if (axis === horizontal) return width * scale;
      return isFixed(size) ? size : 1;
    });
  let scale: number | null = null;
  if (!fixedSize && enlargedInput) {
    // The second input is as large as what comes out; a network that gives it back as it is fits any scale.
    const scales = [1, 2, 3, 4, 5, 6, 7, 8].filter((candidate) => {
      const shapes = inputs.map((shape, index) => grown(shape, index === 0 ? 1 : candidate));
      return shapeOfOutput(model, shapes)?.join() === grown(input, candidate).join();
    });
    if (scales.length === 1) scale = scales[0]!;
  } else {
    const made = fixedSize ? output : shapeOfOutput(model, [grown(input, 1)]);
    const [tall, wide] = [made?.[vertical], made?.[horizontal]];
    if (isFixed(tall) && isFixed(wide)) {
      scale = wide / width;
      if (!Number.isInteger(scale) || scale < 1 || scale > 8 || tall !== height * scale) {
        throw refuse(`it makes ${wide} × ${tall} pixels of ${width} × ${height}`);
      }
    }
  }
  const size = fixedSize ? `${fixedSize.width} × ${fixedSize.height} pixels` : 'pictures of any size';
  return {
    layout,
    channels: input[channels] as 1 | 3,
    enlargedInput,
    fixedSize,
    scale,
    sentence: `Its shapes tell: ${layout}, ${input[channels] === 1 ? 'grey' : 'colour'}, ${size}.`,
  };
}

/**
 * The shape of what comes out, without running anything: the operations are asked what they would make.
 *
 * @returns nothing where one of them takes no such input. What it tells only when it runs stays open.
 */
function shapeOfOutput(model: OpenModel, inputs: readonly Dimension[][]): Dimension[] | undefined {
  try {
    model.reshape(new Map(inputs.map((shape, index) => [index, `[${shape.join(',')}]`])));
    return model.outputs[0]!.getPartialShape().getDimensions();
  } catch {
    return undefined;
  }
}
