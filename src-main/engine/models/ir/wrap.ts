import type { ImageInterface } from '../../../contract/models.ts';
import { cubicChannels, enlargeCubic } from './cubic.ts';
import { child, type IrElement, parseIr, writeIr } from './document.ts';
import { IrGraph, type IrModel, type IrType, type Value } from './graph.ts';
import { dataOf, IrNet, shapeOf } from './net.ts';
import { findResidualTail, pixelOrder, type ResidualTail, reorderConstant } from './residual.ts';

/** Bits a channel of the pixels that go in and come out. */
export type PixelDepth = 8 | 16;

/** Names of a wrapped network's outputs. */
export const outputNames = { pixels: 'pixels', sum: 'sum' } as const;

const pixelType = { 8: 'u8', 16: 'u16' } as const;
const pixelRange = { 8: 255, 16: 65_535 } as const;

/** What pixels become before a network sees them. */
interface Prepared {
  /** The network's one or two inputs, f32 in its own layout, order and range. */
  readonly inputs: readonly Value[];
  /** Of a grey network: what it doesn't see, the difference of each colour to the brightness. Else absent. */
  readonly colors: Value | undefined;
}

/** From pixels, u8 or u16 NHWC RGB, to what a network takes. */
function before(graph: IrGraph, kind: ImageInterface, depth: PixelDepth): Prepared {
  const { values, colors } = planesOf(graph, kind, depth);
  const network = (value: Value): Value =>
    kind.layout === 'NHWC' ? graph.transpose(value, [0, 2, 3, 1]) : value;
  const inputs = [network(values)];
  if (kind.enlargedInput)
    inputs.push(network(enlargeCubic(graph, values, kind.scale, kind.cubicCoefficient)));
  return { inputs, colors };
}

/** The input, u8 or u16 NHWC RGB, and the same as f32 NCHW in the network's order and range. */
function planesOf(
  graph: IrGraph,
  kind: ImageInterface,
  depth: PixelDepth,
): { pixels: Value; values: Value; colors: Value | undefined } {
  const pixels = graph.parameter('picture', pixelType[depth], [1, -1, -1, 3]);
  let planes = graph.transpose(pixels, [0, 3, 1, 2]);
  if (kind.channels === 'BGR') planes = graph.gather(planes, [2, 1, 0], 1);
  let values = graph.convert(planes, 'f32');
  let colors: Value | undefined;
  const factor = kind.inputRange / pixelRange[depth];
  if (factor !== 1) values = graph.multiply(values, factor);
  // Weights of BT.601, which grey networks are trained with.
  if (kind.channels === 'GRAY') {
    const weights = graph.constant('f32', [0.299, 0.587, 0.114], [1, 3, 1, 1]);
    const brightness = graph.convolution(values, weights);
    colors = graph.subtract(values, brightness);
    values = brightness;
  }
  return { pixels, values, colors };
}

/**
 * From what a network gives, f32 in its own layout, order and range, to u8 or u16 NHWC RGB.
 *
 * @param colors what a grey network doesn't see of the source. It is enlarged by cubic interpolation, as is usual for
 *   networks of brightness, and added: the same as if Cb and Cr were enlarged, without the way there and back.
 */
function after(
  graph: IrGraph,
  given: Value,
  colors: Value | undefined,
  kind: ImageInterface,
  depth: PixelDepth,
) {
  let values = kind.layout === 'NHWC' ? graph.transpose(given, [0, 3, 1, 2]) : given;
  const sum = graph.name(graph.reduceSum(values), outputNames.sum);
  if (colors) values = graph.add(values, enlargeColors(graph, colors, kind));
  const factor = pixelRange[depth] / kind.outputRange;
  if (factor !== 1) values = graph.multiply(values, factor);
  let pixels = graph.convert(graph.round(graph.clamp(values, 0, pixelRange[depth])), pixelType[depth]);
  if (kind.channels === 'BGR') pixels = graph.gather(pixels, [2, 1, 0], 1);
  graph.result(graph.name(graph.transpose(pixels, [0, 2, 3, 1]), outputNames.pixels));
  // Any value that is not a number makes the sum one that is not a number either.
  graph.result(sum);
}

/** In the range of what the network gives. */
function enlargeColors(graph: IrGraph, colors: Value, kind: ImageInterface): Value {
  const { scale, inputRange, outputRange, cubicCoefficient } = kind;
  const large = scale === 1 ? colors : enlargeCubic(graph, colors, scale, cubicCoefficient);
  return inputRange === outputRange ? large : graph.multiply(large, outputRange / inputRange);
}

const unknown = [-1, -1, -1, -1];

const largestWhole: Partial<Record<IrType, number>> = { u8: 255, u16: 65_535, i32: 65_535, i64: 65_535 };

/** A network's input in its own type: whole numbers are rounded and kept in their range. */
function toType(graph: IrGraph, value: Value, type: IrType): Value {
  if (type === 'f32') return value;
  const largest = largestWhole[type];
  const ready = largest === undefined ? value : graph.round(graph.clamp(value, 0, largest));
  return graph.convert(ready, type);
}

/** Types of what a network takes and gives. */
export interface PortTypes {
  readonly inputs: readonly IrType[];
  readonly output: IrType;
}

/**
 * The steps before and after a network as models of their own, for networks that are not an IR. What a grey network
 * doesn't see comes last out of the first, and goes last into the second.
 */
export function conversionModels(
  kind: ImageInterface,
  depth: PixelDepth,
  types: PortTypes = { inputs: [], output: 'f32' },
): { before: IrModel; after: IrModel } {
  const first = new IrGraph();
  const { inputs, colors } = before(first, kind, depth);
  for (const [index, value] of inputs.entries()) {
    first.result(first.name(toType(first, value, types.inputs[index] ?? 'f32'), `input${index}`));
  }
  if (colors) first.result(first.name(colors, 'colors'));
  const last = new IrGraph();
  const channels = kind.channels === 'GRAY' ? 1 : 3;
  const shape = kind.layout === 'NHWC' ? [1, -1, -1, channels] : [1, channels, -1, -1];
  const given = last.parameter('given', types.output, shape);
  const kept = colors && last.parameter('colors', 'f32', [1, 3, -1, -1]);
  after(last, types.output === 'f32' ? given : last.convert(given, 'f32'), kept, kind, depth);
  return { before: first.toModel('before'), after: last.toModel('after') };
}

/**
 * Puts the steps before and after into a network's IR, so that pixels go in and pixels come out of one model.
 *
 * @param xml the network's IR. @param weights its `.bin`.
 * @throws {Error} when the network hasn't the number of inputs that `kind` says, or several outputs.
 */
export function wrapNetwork(
  xml: string,
  weights: Uint8Array,
  kind: ImageInterface,
  depth: PixelDepth,
): IrModel {
  const document = parseIr(xml);
  const net = new IrNet(document);
  const [picture, enlarged] = orderInputs(net.ofType('Parameter'));
  const [result, ...others] = net.ofType('Result');
  if (!picture || !result || others.length > 0 || (enlarged !== undefined) !== kind.enlargedInput) {
    throw new Error(
      `The network has ${net.ofType('Parameter').length} inputs and ${1 + others.length} outputs.`,
    );
  }
  const padding = -weights.length & 63;
  const lastId = Math.max(...net.layers.map(({ attributes }) => Number(attributes['id'])));
  const graph = new IrGraph(lastId + 1, weights.length + padding);
  const feed = (value: Value, parameter: IrElement): void => {
    const outputs = net.outputs(parameter);
    const type = (dataOf(parameter, 'element_type') ?? 'f32') as IrType;
    // What the network converts itself need not be converted, and rounded, before.
    const converts = outputs.every(({ attributes }) => net.typeOf(attributes['to-layer']!) === 'Convert');
    const fed = converts ? value : toType(graph, value, type);
    for (const { attributes } of outputs) {
      graph.connect(fed, attributes['to-layer']!, attributes['to-port']!);
    }
  };
  const removed = [picture, result, ...(enlarged ? [enlarged] : [])];
  const tail = enlarged && findResidualTail(net, enlarged, result, kind);
  if (tail) {
    const { pixels, values } = planesOf(graph, kind, depth);
    feed(values, picture);
    afterResidual(graph, { pixels, values, tail, weights, kind, depth });
    removed.push(...tail.rest);
  } else {
    const { inputs, colors } = before(graph, kind, depth);
    feed(inputs[0]!, picture);
    if (enlarged) feed(inputs[1]!, enlarged);
    const [last] = net.inputs(result);
    if (!last) throw new Error('The network has no output.');
    const given = outputOf(graph, last.layer);
    const isFloat = portsOf(last.layer)[0]?.attributes['precision'] === 'FP32';
    after(graph, isFloat ? given : graph.convert(given, 'f32'), colors, kind, depth);
  }
  const gone = new Set(removed.map(({ attributes }) => attributes['id']));
  const keptLayers = net.layers.filter(({ attributes }) => !gone.has(attributes['id']));
  const keptEdges = net.edges.filter(
    ({ attributes }) => !gone.has(attributes['from-layer']) && !gone.has(attributes['to-layer']),
  );
  const wrapped: IrElement = {
    name: 'net',
    attributes: { name: `${document.attributes['name'] ?? 'network'} on pixels`, version: '11' },
    children: [
      { name: 'layers', attributes: {}, children: [...keptLayers, ...graph.layers] },
      { name: 'edges', attributes: {}, children: [...keptEdges, ...graph.edges] },
    ],
  };
  return {
    xml: `<?xml version="1.0"?>\n${writeIr(wrapped)}\n`,
    weights: Buffer.concat([weights, new Uint8Array(padding), ...graph.chunks]),
  };
}

/** The only output of a layer of the network that is wrapped. Its old name would stand for what is no output now. */
function outputOf(graph: IrGraph, layer: IrElement): Value {
  const ports = portsOf(layer);
  for (const port of ports) delete port.attributes['names'];
  return graph.outside(Number(layer.attributes['id']), Number(ports[0]?.attributes['id']), 'f32', unknown);
}

const portsOf = (layer: IrElement): readonly IrElement[] => child(layer, 'output')?.children ?? [];

interface ResidualParts {
  readonly pixels: Value;
  readonly values: Value;
  readonly tail: ResidualTail;
  readonly weights: Uint8Array;
  readonly kind: ImageInterface;
  readonly depth: PixelDepth;
}

/**
 * The end of a network that adds the enlarged picture, in another order: both are added while their channels are not
 * interleaved, and only finished pixels are, 8 or 16 bits each, which is a quarter of the memory to move. In bf16 it
 * is nearer to f32, too: the convolution that enlarges is the last one, and what it gives is not rounded to bf16.
 */
function afterResidual(graph: IrGraph, { pixels, values, tail, weights, kind, depth }: ResidualParts): void {
  const { scale } = kind;
  const order = pixelOrder(scale, kind.channels === 'BGR' ? 'BGR' : 'RGB');
  for (const constant of tail.perChannel) {
    graph.moveConstant(constant, reorderConstant(constant, weights, order));
  }
  const factor = tail.factor && outputOf(graph, tail.factor);
  const enlarged = cubicChannels(graph, values, scale, kind.cubicCoefficient, order, factor);
  const made = graph.add(enlarged, outputOf(graph, tail.features));
  const sum = graph.name(graph.reduceSum(made), outputNames.sum);
  const { min, max } = tail.clamp ?? { min: 0, max: kind.outputRange };
  const range = pixelRange[depth];
  const inRange = graph.multiply(graph.clamp(made, min, max), range / kind.outputRange);
  const whole = graph.convert(graph.round(graph.clamp(inRange, 0, range)), pixelType[depth]);
  // Height, width, row in the block, then a block's row of pixels: with the two in the middle changed, all rows follow.
  const blocks = [1, -1, -1, scale, 3 * scale];
  const rows = graph.reshape(graph.transpose(whole, [0, 2, 3, 1]), [0, 0, 0, scale, 3 * scale], blocks);
  const shape = graph.multiply(graph.shapeOf(pixels), graph.constant('i64', [1, scale, scale, 1], [4]));
  const interleaved = graph.transpose(rows, [0, 1, 3, 2, 4]);
  graph.result(graph.name(graph.reshape(interleaved, shape, [1, -1, -1, 3]), outputNames.pixels));
  graph.result(sum);
}

/** The picture first, the enlarged one second: by size where that is known, else as they stand. */
function orderInputs(parameters: IrElement[]): IrElement[] {
  const area = (parameter: IrElement): number =>
    shapeOf(parameter).reduce((product, size) => product * size, 1);
  const areas = parameters.map(area);
  if (areas.length === 2 && areas[0]! > areas[1]!) return [parameters[1]!, parameters[0]!];
  return parameters;
}

/** RGBA to RGB multiplied by alpha, and alpha as three channels: both can then be enlarged like any picture. */
export function premultiplyModel(depth: PixelDepth): IrModel {
  const graph = new IrGraph();
  const type = pixelType[depth];
  const pixels = graph.parameter('rgba', type, [1, -1, -1, 4]);
  const alpha = graph.gather(pixels, [3, 3, 3], 3);
  const color = graph.convert(graph.gather(pixels, [0, 1, 2], 3), 'f32');
  const part = graph.multiply(graph.convert(alpha, 'f32'), 1 / pixelRange[depth]);
  graph.result(graph.name(graph.convert(graph.round(graph.multiply(color, part)), type), 'color'));
  graph.result(graph.name(graph.convert(alpha, type), 'alpha'));
  return graph.toModel('premultiply');
}

/** The way back: RGB multiplied by alpha, and alpha as three channels, to RGBA. */
export function unpremultiplyModel(depth: PixelDepth): IrModel {
  const graph = new IrGraph();
  const type = pixelType[depth];
  const range = pixelRange[depth];
  const color = graph.convert(graph.parameter('color', type, [1, -1, -1, 3]), 'f32');
  const alpha = graph.reduceMean(graph.convert(graph.parameter('alpha', type, [1, -1, -1, 3]), 'f32'), 3);
  const whole = graph.divide(graph.multiply(color, range), graph.maximum(alpha, 1));
  const pixels = graph.concat([graph.clamp(whole, 0, range), alpha], 3);
  graph.result(graph.name(graph.convert(graph.round(pixels), type), 'rgba'));
  return graph.toModel('unpremultiply');
}
