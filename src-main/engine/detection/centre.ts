import sharp from 'sharp';
import { type Pixels, roundEven } from './letterbox.ts';

/**
 * Fits a picture into the input of a network that tells what a whole picture is, as Ultralytics does: the shorter side
 * becomes the input's, and the middle is taken. Where the input is no square, the picture is made to fit it.
 *
 * @returns values of 0 to 1, planes of red, green and blue (NCHW with N = 1).
 */
export async function centreOf(picture: Pixels, width: number, height: number): Promise<Float32Array> {
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const shorter = Math.min(picture.width, picture.height);
  const scaled = (side: number): number => Math.max(width, Math.floor((width * side) / shorter));
  const size =
    width === height ? { width: scaled(picture.width), height: scaled(picture.height) } : { width, height };
  const middle = {
    left: roundEven((size.width - width) / 2),
    top: roundEven((size.height - height) / 2),
  };
  const bytes = await sharp(picture.bytes, { raw })
    .resize({ ...size, fit: 'fill', kernel: 'linear' })
    .extract({ ...middle, width, height })
    .raw()
    .toBuffer();
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let at = 0; at < plane; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      values[channel * plane + at] = bytes[3 * at + channel]! / 255;
    }
  }
  return values;
}
