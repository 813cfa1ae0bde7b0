import type { ImageInterface } from '../../../contract/models.ts';
import { child, type IrElement } from './document.ts';
import { dataOf, type IrNet, shapeOf } from './net.ts';

/**
 * The end of a network that makes the difference to its second input, the enlarged picture: a convolution with a bias,
 * its channels interleaved to pixels (DepthToSpace), the enlarged picture added to them, perhaps times a number, and
 * all clamped. Super-resolution networks with two inputs end like that.
 */
export interface ResidualTail {
  /** What the convolution and its bias give: scale² times three channels, not yet interleaved. */
  readonly features: IrElement;
  /** Layers that give the number which the enlarged picture is multiplied by; absent: it is added as it is. */
  readonly factor: IrElement | undefined;
  readonly clamp: { readonly min: number; readonly max: number } | undefined;
  /** Constants whose first dimension that isn't 1 counts those channels. */
  readonly perChannel: readonly IrElement[];
  /** Layers that come after the features; nothing else needs them. */
  readonly rest: readonly IrElement[];
}

/** Looks for such an end. @returns nothing where the network ends in another way. */
export function findResidualTail(
  net: IrNet,
  enlarged: IrElement,
  result: IrElement,
  kind: ImageInterface,
): ResidualTail | undefined {
  if (kind.layout !== 'NCHW' || kind.channels === 'GRAY') return undefined;
  /** The one layer that feeds another, if nothing else is fed by it. */
  const alone = (layer: IrElement, type: string, port = 0): IrElement | undefined => {
    const source = net.inputs(layer)[port]?.layer;
    return source?.attributes['type'] === type && net.outputs(source).length === 1 ? source : undefined;
  };
  const clamp = alone(result, 'Clamp');
  const sum = alone(clamp ?? result, 'Add');
  if (!sum) return undefined;
  for (const port of [0, 1]) {
    const pixels = alone(sum, 'DepthToSpace', port);
    const features = pixels && alone(pixels, 'Add');
    const convolution = features && alone(features, 'Convolution');
    const other = net.inputs(sum)[1 - port]?.layer;
    const scaled =
      other?.attributes['type'] === 'Multiply' ? net.inputs(other).map(({ layer }) => layer) : [];
    const factor = scaled.find((layer) => layer !== enlarged);
    const adds = other === enlarged || (scaled.includes(enlarged) && factor && isSingle(net, factor));
    if (!pixels || !convolution || !other || !adds) continue;
    // Nothing else may need the enlarged picture, nor what it was multiplied to.
    if (net.outputs(enlarged).length !== 1 || net.outputs(other).length !== 1) continue;
    if (Number(dataOf(pixels, 'block_size')) !== kind.scale || dataOf(pixels, 'mode') !== 'depth_first')
      continue;
    const channels = 3 * kind.scale ** 2;
    const weights = constantsOf(net, net.inputs(convolution)[1]!.layer, channels);
    const bias = constantsOf(net, net.inputs(features)[1]!.layer, channels);
    if (!weights || !bias) continue;
    return {
      features,
      factor: other === enlarged ? undefined : factor,
      clamp: clamp && { min: Number(dataOf(clamp, 'min')), max: Number(dataOf(clamp, 'max')) },
      perChannel: [...weights, ...bias],
      rest: [pixels, sum, ...(clamp ? [clamp] : []), ...(other === enlarged ? [] : [other])],
    };
  }
  return undefined;
}

/** What may stand between a constant and the layer that it is for: conversions of type, and the way back from INT8. */
const transparent = new Set(['Convert', 'Multiply', 'Subtract', 'FakeQuantize']);

/**
 * The constants that a value is computed of and that count channels first.
 *
 * @returns nothing where it is computed of something else, or where a constant is used elsewhere, too.
 */
function constantsOf(net: IrNet, layer: IrElement, channels: number): IrElement[] | undefined {
  if (net.outputs(layer).length !== 1) return undefined;
  if (layer.attributes['type'] === 'Const') {
    const shape = shapeOf(layer).filter((size, axis, all) => size !== 1 || axis === all.length - 1);
    if (shape.reduce((product, size) => product * size, 1) === 1) return [];
    return shape[0] === channels ? [layer] : undefined;
  }
  if (!transparent.has(layer.attributes['type'] ?? '')) return undefined;
  const all = net.inputs(layer).map(({ layer: source }) => constantsOf(net, source, channels));
  return all.every((found) => found !== undefined) ? all.flat() : undefined;
}

/** Whether a value is one number that is known. */
function isSingle(net: IrNet, layer: IrElement): boolean {
  if (layer.attributes['type'] === 'Convert') {
    const [source] = net.inputs(layer);
    return source !== undefined && isSingle(net, source.layer);
  }
  return (
    layer.attributes['type'] === 'Const' && shapeOf(layer).reduce((product, size) => product * size, 1) === 1
  );
}

/**
 * Which channel of depth_first interleaving (colour, row, column) stands at each place of the order row, column,
 * colour, in which a row of pixels lies in memory. Colours come out as RGB.
 */
export function pixelOrder(scale: number, channels: 'RGB' | 'BGR'): number[] {
  const order: number[] = [];
  for (let place = 0; place < scale * scale; place += 1) {
    for (let color = 0; color < 3; color += 1) {
      order.push((channels === 'BGR' ? 2 - color : color) * scale * scale + place);
    }
  }
  return order;
}

/**
 * A constant's bytes with its channels in another order.
 *
 * @param weights the `.bin` that the constant lies in.
 */
export function reorderConstant(constant: IrElement, weights: Uint8Array, order: readonly number[]): Buffer {
  const data = child(constant, 'data')!.attributes;
  const offset = Number(data['offset']);
  const size = Number(data['size']);
  const block = size / order.length;
  if (!Number.isInteger(block)) throw new Error('A constant is not as long as its shape says.');
  return Buffer.concat(
    order.map((channel) => weights.subarray(offset + channel * block, offset + (channel + 1) * block)),
  );
}
