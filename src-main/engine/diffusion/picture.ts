import { roundHalfToEven } from './numbers.ts';

/** A picture as singles, channel by channel, row by row (CHW), RGB. */
export interface Planes {
  /** `3 · height · width` values. */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

const channels = 3;

/** The smallest multiple that is not below a length. */
function roundUp(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple;
}

/** Makes both sides multiples of a number, by repeating the last column and the last row. */
export function padToMultiple(picture: Planes, multiple: number): Planes {
  const width = roundUp(picture.width, multiple);
  const height = roundUp(picture.height, multiple);
  if (width === picture.width && height === picture.height) return picture;
  const values = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = 0; y < height; y += 1) {
      const from = (channel * picture.height + Math.min(y, picture.height - 1)) * picture.width;
      const to = (channel * height + y) * width;
      values.set(picture.values.subarray(from, from + picture.width), to);
      values.fill(values[to + picture.width - 1]!, to + picture.width, to + width);
    }
  }
  return { values, width, height };
}

/** A picture as singles in [0, 1], pixel by pixel (HWC), RGB. */
export interface Shades {
  /** `height · width · 3` values. */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * From what the decoder gives (CHW, about [-1, 1]) to [0, 1] by pixels, as diffusers: clamp, halve, add a half.
 *
 * @param width of the part from the upper left that is kept; `height` as well.
 */
export function toShades(decoded: Planes, width: number, height: number): Shades {
  const values = new Float32Array(height * width * channels);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = 0; y < height; y += 1) {
      const row = (channel * decoded.height + y) * decoded.width;
      for (let x = 0; x < width; x += 1) {
        const clamped = Math.max(-1, Math.min(1, decoded.values[row + x]!));
        values[(y * width + x) * channels + channel] = clamped / 2 + 0.5;
      }
    }
  }
  return { values, width, height };
}

/** Bytes of shades in [0, 1]: 255 times, in single precision, halves to the even number, as numpy. */
export function toBytes({ values }: Shades): Uint8Array {
  return Uint8Array.from(values, (shade) => roundHalfToEven(Math.fround(shade * 255)));
}
