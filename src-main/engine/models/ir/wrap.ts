import type { ImageInterface } from '../../../contract/models.ts';
import { cubicChannels, enlargeCubic } from './cubic.ts';
import { child, type IrElement, parseIr, writeIr } from './document.ts';
import { IrGraph, type IrModel, type Value } from './graph.ts';
import { IrNet, shapeOf } from './net.ts';
import { findResidualTail, pixelOrder, type ResidualTail, reorderConstant } from './residual.ts';

/** Bits a channel of the pixels that go in and come out. */
export type PixelDepth = 8 | 16;

/** Names of a wrapped network's outputs. */
export const outputNames = { pixels: 'pixels', sum: 'sum' } as const;

const pixelType = { 8: 'u8', 16: 'u16' } as const;
const pixelRange = { 8: 255, 16: 65_535 } as const;

/**
 * From pixels to what a network takes.
 *
 * @returns the input, u8 or u16 NHWC RGB, and the network's one or two f32 inputs in its own layout, order and range.
 */
function before(graph: IrGraph, kind: ImageInterface, depth: PixelDepth): Value[] {
  const { values } = planesOf(graph, kind, depth);
  const network = (value: Value): Value =>
    kind.layout === 'NHWC' ? graph.transpose(value, [0, 2, 3, 1]) : value;
  const inputs = [network(values)];
  if (kind.enlargedInput)
    inputs.push(network(enlargeCubic(graph, values, kind.scale, kind.cubicCoefficient)));
  return inputs;
}

/** The input, u8 or u16 NHWC RGB, and the same as f32 NCHW in the network's order and range. */
function planesOf(graph: IrGraph, kind: ImageInterface, depth: PixelDepth): { pixels: Value; values: Value } {
  const pixels = graph.parameter('picture', pixelType[depth], [1, -1, -1, 3]);
  let planes = graph.transpose(pixels, [0, 3, 1, 2]);
  if (kind.channels === 'BGR') planes = graph.gather(planes, [2, 1, 0], 1);
  let values = graph.convert(planes, 'f32');
  const factor = kind.inputRange / pixelRange[depth];
  if (factor !== 1) values = graph.multiply(values, factor);
  // Weights of BT.601, which grey networks are trained with.
  if (kind.channels === 'GRAY') {
    const weights = graph.constant('f32', [0.299, 0.587, 0.114], [1, 3, 1, 1]);
    values = graph.convolution(values, weights);
  }
  return { pixels, values };
}

/** From what a network gives, f32 in its own layout, order and range, to u8 or u16 NHWC RGB. */
function after(graph: IrGraph, given: Value, kind: ImageInterface, depth: PixelDepth): void {
  let values = kind.layout === 'NHWC' ? graph.transpose(given, [0, 3, 1, 2]) : given;
  const sum = graph.name(graph.reduceSum(values), outputNames.sum);
  const factor = pixelRange[depth] / kind.outputRange;
  if (factor !== 1) values = graph.multiply(values, factor);
  let pixels = graph.convert(graph.round(graph.clamp(values, 0, pixelRange[depth])), pixelType[depth]);
  if (kind.channels === 'BGR') pixels = graph.gather(pixels, [2, 1, 0], 1);
  if (kind.channels === 'GRAY') pixels = graph.gather(pixels, [0, 0, 0], 1);
  graph.result(graph.name(graph.transpose(pixels, [0, 2, 3, 1]), outputNames.pixels));
  // Any value that is not a number makes the sum one that is not a number either.
  graph.result(sum);
}

const unknown = [-1, -1, -1, -1];

/** The steps before and after a network as models of their own, for networks that are not an IR. */
export function conversionModels(
  kind: ImageInterface,
  depth: PixelDepth,
): { before: IrModel; after: IrModel } {
  const first = new IrGraph();
  for (const [index, value] of before(first, kind, depth).entries())
    first.result(first.name(value, `input${index}`));
  const last = new IrGraph();
  const channels = kind.channels === 'GRAY' ? 1 : 3;
  const shape = kind.layout === 'NHWC' ? [1, -1, -1, channels] : [1, channels, -1, -1];
  after(last, last.parameter('given', 'f32', shape), kind, depth);
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
    for (const { attributes } of net.outputs(parameter)) {
      graph.connect(value, attributes['to-layer']!, attributes['to-port']!);
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
    const inputs = before(graph, kind, depth);
    feed(inputs[0]!, picture);
    if (enlarged) feed(inputs[1]!, enlarged);
    const [last] = net.inputs(result);
    if (!last) throw new Error('The network has no output.');
    after(graph, outputOf(graph, last.layer), kind, depth);
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
  const ports = child(layer, 'output')?.children ?? [];
  for (const port of ports) delete port.attributes['names'];
  return graph.outside(Number(layer.attributes['id']), Number(ports[0]?.attributes['id']), 'f32', unknown);
}

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
