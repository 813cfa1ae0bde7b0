import { neighbours } from '../imaging/neighbours.ts';

/** RGB, 8 bits, row by row. */
export interface Pixels {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** x, y, width and height in pixels. */
export type Box = readonly [number, number, number, number];

/** Where a picture lies in a network's input. */
export interface Placing {
  readonly width: number;
  readonly height: number;
  /** The picture's size in the input. */
  readonly placedWidth: number;
  readonly placedHeight: number;
  readonly left: number;
  readonly top: number;
}

/** The grey around a picture, of 255: what Ultralytics' models are trained with. */
const grey = 114;

/** Rounds halves to the even number, as Python does: sides must come out as in training. */
export function roundEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The greatest size that keeps the picture's shape, in the middle; an odd pixel goes below and to the right. */
export function placeWithin(
  { width, height }: { readonly width: number; readonly height: number },
  targetWidth: number,
  targetHeight: number,
): Placing {
  const scale = Math.min(targetHeight / height, targetWidth / width);
  const placedWidth = Math.max(roundEven(width * scale), 1);
  const placedHeight = Math.max(roundEven(height * scale), 1);
  return {
    width,
    height,
    placedWidth,
    placedHeight,
    left: Math.round((targetWidth - placedWidth) / 2 - 0.1),
    top: Math.round((targetHeight - placedHeight) / 2 - 0.1),
  };
}

/**
 * Fits a picture into a network's input as Ultralytics' `LetterBox` does: bilinear between the four nearest pixels,
 * also where the picture becomes smaller (libvips would average there, and the network has never seen that).
 *
 * @returns values of 0 to 1, planes of red, green and blue (NCHW with N = 1), and where the picture lies in them.
 */
export function letterbox(
  picture: Pixels,
  targetWidth: number,
  targetHeight: number,
): { readonly values: Float32Array; readonly placing: Placing } {
  const placing = placeWithin(picture, targetWidth, targetHeight);
  const { placedWidth, placedHeight, left, top } = placing;
  const plane = targetWidth * targetHeight;
  const values = new Float32Array(3 * plane).fill(grey / 255);
  const columns = neighbours(picture.width, placedWidth);
  const rows = neighbours(picture.height, placedHeight);
  const { bytes, width } = picture;
  for (let y = 0; y < placedHeight; y += 1) {
    const upper = rows.first[y]! * width;
    const lower = rows.second[y]! * width;
    const down = rows.part[y]!;
    const row = (top + y) * targetWidth + left;
    for (let x = 0; x < placedWidth; x += 1) {
      const near = columns.first[x]!;
      const far = columns.second[x]!;
      const right = columns.part[x]!;
      for (let channel = 0; channel < 3; channel += 1) {
        const a = bytes[(upper + near) * 3 + channel]!;
        const b = bytes[(upper + far) * 3 + channel]!;
        const c = bytes[(lower + near) * 3 + channel]!;
        const d = bytes[(lower + far) * 3 + channel]!;
        const above = a + (b - a) * right;
        const value = above + (c + (d - c) * right - above) * down;
        // Training rounds to whole values, too.
        values[channel * plane + row + x] = Math.round(value) / 255;
      }
    }
  }
  return { values, placing };
}

/** A place in a network's input as one in the picture. It may lie beyond its borders. */
export function placeInPicture(x: number, y: number, placing: Placing): [x: number, y: number] {
  return [
    ((x - placing.left) * placing.width) / placing.placedWidth,
    ((y - placing.top) * placing.height) / placing.placedHeight,
  ];
}

/** A box of a network's input as one of the picture, turned or not. It may reach over its borders. */
export function unclippedToPicture([x, y, width, height]: Box, placing: Placing): Box {
  const [left, top] = placeInPicture(x, y, placing);
  const [right, bottom] = placeInPicture(x + width, y + height, placing);
  return [left, top, right - left, bottom - top];
}

/** A box of a network's input as one of the picture, cut off at its borders. */
export function toPicture(box: Box, placing: Placing): Box {
  const [x, y, width, height] = unclippedToPicture(box, placing);
  const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  const left = within(x, placing.width);
  const top = within(y, placing.height);
  const right = within(x + width, placing.width);
  const bottom = within(y + height, placing.height);
  return [left, top, right - left, bottom - top];
}
