import sharp from 'sharp';
import { roundHalfToEven } from '../diffusion/index.ts';

/** RGB(A) rows to planes in [-1, 1]; colours are multiplied by alpha, so that what is hidden stays hidden. */
export function toPlanes(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: number,
  most: number,
): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel += 1) {
    const alpha = channels === 4 ? values[pixel * 4 + 3]! / most : 1;
    for (let channel = 0; channel < 3; channel += 1) {
      planes[channel * area + pixel] =
        2 * Math.fround((values[pixel * channels + channel]! * alpha) / most) - 1;
    }
  }
  return planes;
}

/** @returns alpha of the enlarged picture, 0..1. */
export async function enlargeAlpha(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
  wide: number,
  high: number,
  most: number,
): Promise<Float32Array> {
  const alpha = Uint8Array.from(
    { length: width * height },
    (_, pixel) => (values[pixel * 4 + 3]! / most) * 255,
  );
  const { data } = await sharp(alpha, { raw: { width, height, channels: 1 } })
    .resize(wide, high, { kernel: 'lanczos3', fit: 'fill' })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Float32Array.from(data, (value) => value / 255);
}

export function toRows(
  shades: Float32Array,
  alpha: Float32Array | undefined,
  most: number,
): Uint8Array | Uint16Array {
  const area = shades.length / 3;
  const channels = alpha ? 4 : 3;
  const rows = most === 255 ? new Uint8Array(area * channels) : new Uint16Array(area * channels);
  for (let pixel = 0; pixel < area; pixel += 1) {
    const share = alpha?.[pixel] ?? 1;
    for (let channel = 0; channel < 3; channel += 1) {
      const shade = share > 0 ? Math.min(1, shades[pixel * 3 + channel]! / share) : 0;
      rows[pixel * channels + channel] = roundHalfToEven(Math.fround(shade * most));
    }
    if (alpha) rows[pixel * 4 + 3] = Math.round(share * most);
  }
  return rows;
}
