import type { NodeAddon } from 'openvino-node';
import { type CompiledModel, decodeLatents, type NoisePredictor, openPredictor } from './networks.ts';
import type { Planes, Shades } from './picture.ts';
import { coverWithWindows } from './windows.ts';

const channels = 3;

/** How a large picture is cut, in latents. */
export interface Tiling {
  /** Longest side of a tile; a multiple of what the UNet needs. */
  readonly size: number;
  /** What neighbours share. */
  readonly overlap: number;
}

/**
 * A UNet for a picture that is too large for it at once. In every step each tile sees its part of the same latents,
 * and what the tiles find is blended before the step is made: there is one field of noise and one picture, and
 * neighbours can't drift apart (MultiDiffusion, Bar-Tal et al. 2023, for super-resolution).
 *
 * @param multiple what the sides of a tile must be multiples of.
 */
export function openTiledPredictor(
  openvino: NodeAddon,
  unet: CompiledModel,
  width: number,
  height: number,
  { size, overlap }: Tiling,
  multiple: number,
): NoisePredictor {
  if (width <= size && height <= size) return openPredictor(openvino, unet, width, height);
  const windows = coverWithWindows(width, height, size, overlap, multiple);
  const tile = openPredictor(openvino, unet, windows.width, windows.height);
  const area = width * height;
  const latents = new Float32Array(channels * area);
  const condition = new Float32Array(channels * area);
  const output = new Float32Array(channels * area);
  const total = new Float32Array(area);
  for (const { x, y } of windows.places) {
    forEachRow(windows, (row) => {
      for (let column = 0; column < windows.width; column += 1) {
        total[(y + row) * width + x + column]! += windows.weights[row * windows.width + column]!;
      }
    });
  }
  return {
    latents,
    condition,
    output,
    async predict(timestep) {
      output.fill(0);
      for (const { x, y } of windows.places) {
        for (let channel = 0; channel < channels; channel += 1) {
          forEachRow(windows, (row) => {
            const from = channel * area + (y + row) * width + x;
            const to = (channel * windows.height + row) * windows.width;
            tile.latents.set(latents.subarray(from, from + windows.width), to);
            tile.condition.set(condition.subarray(from, from + windows.width), to);
          });
        }
        await tile.predict(timestep);
        for (let channel = 0; channel < channels; channel += 1) {
          forEachRow(windows, (row) => {
            const to = channel * area + (y + row) * width + x;
            const from = (channel * windows.height + row) * windows.width;
            for (let column = 0; column < windows.width; column += 1) {
              output[to + column]! +=
                tile.output[from + column]! * windows.weights[row * windows.width + column]!;
            }
          });
        }
      }
      for (let index = 0; index < output.length; index += 1) output[index]! /= total[index % area]!;
    },
  };
}

/**
 * Decodes latents in tiles. The decoder's attention looks over all of its input, so tiles are not what the whole
 * would be to the bit; the overlap is blended.
 */
export async function decodeInTiles(
  openvino: NodeAddon,
  decoder: CompiledModel,
  latents: Planes,
  kept: { readonly width: number; readonly height: number },
  { size, overlap }: Tiling,
): Promise<Shades> {
  const { width, height } = latents;
  if (width <= size && height <= size) return decodeLatents(openvino, decoder, latents, kept);
  const windows = coverWithWindows(width, height, size, overlap, 1);
  let sum = new Float32Array();
  let total = new Float32Array();
  let factor = 1;
  for (const { x, y } of windows.places) {
    const values = new Float32Array(channels * windows.width * windows.height);
    for (let channel = 0; channel < channels; channel += 1) {
      forEachRow(windows, (row) => {
        const from = (channel * height + y + row) * width + x;
        values.set(
          latents.values.subarray(from, from + windows.width),
          (channel * windows.height + row) * windows.width,
        );
      });
    }
    const made = await decodeLatents(openvino, decoder, {
      values,
      width: windows.width,
      height: windows.height,
    });
    if (sum.length === 0) {
      factor = made.width / windows.width;
      sum = new Float32Array(channels * width * height * factor * factor);
      total = new Float32Array(width * height * factor * factor);
    }
    for (let row = 0; row < made.height; row += 1) {
      const weightRow = Math.floor(row / factor) * windows.width;
      for (let column = 0; column < made.width; column += 1) {
        const weight = windows.weights[weightRow + Math.floor(column / factor)]!;
        const to = (y * factor + row) * width * factor + x * factor + column;
        const from = (row * made.width + column) * channels;
        total[to]! += weight;
        for (let channel = 0; channel < channels; channel += 1) {
          sum[to * channels + channel]! += made.values[from + channel]! * weight;
        }
      }
    }
  }
  return crop(sum, total, width * factor, kept.width * factor, kept.height * factor);
}

function crop(sum: Float32Array, total: Float32Array, stride: number, width: number, height: number): Shades {
  const values = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = y * stride + x;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        values[to + channel] = sum[from * channels + channel]! / total[from]!;
      }
    }
  }
  return { values, width, height };
}

function forEachRow({ height }: { readonly height: number }, use: (row: number) => void): void {
  for (let row = 0; row < height; row += 1) use(row);
}
