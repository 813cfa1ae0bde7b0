import type { ImageInterface } from '../../../contract/models.ts';
import { enlargeCubic } from './cubic.ts';
import { child, type IrElement, parseIr, writeIr } from './document.ts';
import { IrGraph, type IrModel, type Value } from './graph.ts';

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
function before(graph: IrGraph, kind: ImageInterface, depth: PixelDepth) {
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
  const network = (value: Value): Value =>
    kind.layout === 'NHWC' ? graph.transpose(value, [0, 2, 3, 1]) : value;
  const inputs = [network(values)];
  if (kind.enlargedInput)
    inputs.push(network(enlargeCubic(graph, values, kind.scale, kind.cubicCoefficient)));
  return inputs;
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
  const net = parseIr(xml);
  const layers = child(net, 'layers');
  const edges = child(net, 'edges');
  if (!layers || !edges) throw new Error('The IR has no layers.');
  const ofType = (type: string): IrElement[] =>
    layers.children.filter(({ attributes }) => attributes['type'] === type);
  const parameters = orderInputs(ofType('Parameter'));
  const results = ofType('Result');
  if (parameters.length !== (kind.enlargedInput ? 2 : 1) || results.length !== 1) {
    throw new Error(`The network has ${parameters.length} inputs and ${results.length} outputs.`);
  }
  const padding = -weights.length & 63;
  const lastId = Math.max(...layers.children.map(({ attributes }) => Number(attributes['id'])));
  const graph = new IrGraph(lastId + 1, weights.length + padding);

  const removed = new Set([...parameters, ...results].map(({ attributes }) => attributes['id']));
  const isFrom = (edge: IrElement, layer: IrElement): boolean =>
    edge.attributes['from-layer'] === layer.attributes['id'];
  before(graph, kind, depth).forEach((value, index) => {
    for (const edge of edges.children.filter((candidate) => isFrom(candidate, parameters[index]!))) {
      graph.connect(value, edge.attributes['to-layer']!, edge.attributes['to-port']!);
    }
  });
  const last = edges.children.find((edge) => edge.attributes['to-layer'] === results[0]?.attributes['id']);
  if (!last) throw new Error('The network has no output.');
  const source = layers.children.find(({ attributes }) => attributes['id'] === last.attributes['from-layer']);
  // The old name would stand for a value that is no longer an output.
  for (const output of source ? (child(source, 'output')?.children ?? []) : [])
    delete output.attributes['names'];
  const given = graph.outside(
    Number(last.attributes['from-layer']),
    Number(last.attributes['from-port']),
    'f32',
    unknown,
  );
  after(graph, given, kind, depth);

  const kept = edges.children.filter(
    ({ attributes }) => !removed.has(attributes['from-layer']) && !removed.has(attributes['to-layer']),
  );
  const document: IrElement = {
    name: 'net',
    attributes: { name: `${net.attributes['name'] ?? 'network'} on pixels`, version: '11' },
    children: [
      {
        name: 'layers',
        attributes: {},
        children: [
          ...layers.children.filter(({ attributes }) => !removed.has(attributes['id'])),
          ...graph.layers,
        ],
      },
      { name: 'edges', attributes: {}, children: [...kept, ...graph.edges] },
    ],
  };
  return {
    xml: `<?xml version="1.0"?>\n${writeIr(document)}\n`,
    weights: Buffer.concat([weights, new Uint8Array(padding), ...graph.chunks]),
  };
}

/** The picture first, the enlarged one second: by size where that is known, else as they stand. */
function orderInputs(parameters: IrElement[]): IrElement[] {
  const area = (parameter: IrElement): number =>
    (child(parameter, 'data')?.attributes['shape'] ?? '')
      .split(',')
      .reduce((product, size) => product * Number(size), 1);
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
