import { basename } from 'node:path';
import type { Metadata } from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import { type RawPicture, VipsFileReader, VipsFileWriter } from './vips-file.ts';

/**
 * Pictures of 32-bit numbers (TIFF 6.0, `SampleFormat`). libvips takes grey ones for values from 0 to 255 and colours
 * for linear light, so they are scaled here: a float of 0 is black and 1 is white, as is the largest value of a whole
 * number. Values stay as they are otherwise; where they don't fit that scale, nobody can know what is white.
 */

type Kind = 'float' | 'int' | 'uint';

const kinds: Readonly<Record<Kind, { title: string; white: number; array: ArrayConstructor }>> = {
  float: { title: 'floating-point numbers', white: 1, array: Float32Array },
  int: { title: 'signed 32-bit numbers', white: 0x7fff_ffff, array: Int32Array },
  uint: { title: '32-bit numbers', white: 0xffff_ffff, array: Uint32Array },
};

type Numbers = Float32Array | Int32Array | Uint32Array;
type ArrayConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => Numbers;

/** How far a float may lie outside of 0 to 1: what rounding leaves. */
const slack = 1e-3;
/** A whole-number picture whose brightest value is below this share of white was counted on another scale. */
const leastShare = 1 / 256;
/** Rows that are looked at together. */
const rowsAtOnce = 64;

/** What {@link scaleNumbers} can read, or undefined for the plain 8 and 16 bits. */
export function numbersOf({ depth }: Metadata): Kind | undefined {
  return depth && depth in kinds ? (depth as Kind) : undefined;
}

/** @throws {RefineryError} for numbers that libvips gives up in part: those below zero, and parts of one. */
export function refuseOddNumbers(path: string, { depth, bitsPerSample = 0 }: Metadata): void {
  const signed = depth === 'char' || depth === 'short';
  if (!signed && (depth !== 'float' || bitsPerSample === 32)) return;
  const what = signed
    ? `signed ${depth === 'char' ? 8 : 16}-bit numbers`
    : `${bitsPerSample}-bit floating-point numbers`;
  throw new RefineryError('INPUT_UNSUPPORTED', `${basename(path)} holds ${what}, which are not read.`, {
    hint: 'Save it with 8 or 16 bits a channel, or as 32-bit floats from 0 to 1.',
  });
}

/**
 * Writes a picture of numbers as one of 16 bits.
 *
 * @param file a `.v` file as libvips makes it of the source, with the numbers as they are.
 * @param bands numbers of a pixel; one or two for grey, which becomes RGB.
 * @throws {RefineryError} where the numbers are not on a scale that is known.
 */
export async function scaleNumbers(
  path: string,
  file: string,
  kind: Kind,
  bands: number,
  target: { readonly file: string; readonly picture: RawPicture },
): Promise<void> {
  const { width, height, channels } = target.picture;
  const reader = await VipsFileReader.open(file, width * bands * 4);
  const rows = async (top: number): Promise<Numbers> => {
    const bytes = await reader.rows(top, Math.min(rowsAtOnce, height - top));
    // A copy of its own starts where numbers may start.
    return new kinds[kind].array(new Uint8Array(bytes).buffer, 0, bytes.length / 4);
  };
  try {
    let range: Range = { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY, finite: true };
    for (let top = 0; top < height; top += rowsAtOnce) range = widen(range, await rows(top));
    checkRange(path, kind, range);
    const writer = await VipsFileWriter.create(target.file, target.picture);
    for (let top = 0; top < height; top += rowsAtOnce) {
      const values = to16(await rows(top), kinds[kind].white, bands, channels);
      await writer.write(Buffer.from(values.buffer), top);
    }
    await writer.finish({});
  } finally {
    await reader.close();
  }
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly finite: boolean;
}

function widen(range: Range, values: Numbers): Range {
  let { least, most, finite } = range;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
    finite &&= Number.isFinite(value);
  }
  return { least, most, finite };
}

function checkRange(path: string, kind: Kind, { least, most, finite }: Range): void {
  const { title, white } = kinds[kind];
  const allowed = kind === 'float' ? slack : 0;
  const tooDark = kind !== 'float' && most > 0 && most < white * leastShare;
  if (finite && least >= -allowed && most <= white + allowed && !tooDark) return;
  const number = (value: number): string => String(Number(value.toPrecision(4)));
  const found = finite
    ? `from ${number(least)} to ${number(most)}, and which of them is white can't be known`
    : 'some of which are infinite or no numbers at all';
  throw new RefineryError('INPUT_UNSUPPORTED', `${basename(path)} holds ${title} ${found}.`, {
    hint: `Scale them so that 0 is black and ${white} is white, or save it with 16 bits a channel.`,
  });
}

function to16(values: Numbers, white: number, bands: number, channels: number): Uint16Array {
  const grey = bands < 3;
  const result = new Uint16Array((values.length / bands) * channels);
  for (let index = 0; index < result.length; index += 1) {
    const channel = index % channels;
    const band = grey ? Number(channel === 3) : channel;
    const value = values[Math.floor(index / channels) * bands + band]! / white;
    result[index] = Math.round(Math.min(Math.max(value, 0), 1) * 65_535);
  }
  return result;
}
