import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface, ModelGuess } from '../../contract/models.ts';
import { openNetwork } from '../upscale/network.ts';
import { checkNetworkFiles } from './custom.ts';
import { readPorts, type ShapeClues } from './shape-clues.ts';

export interface ProbeOptions {
  readonly openvino: () => Promise<NodeAddon>;
  readonly samples: string;
  readonly cacheDir: string;
  readonly path: string;
  /** A person's own reading, to see it at work instead of guessing. */
  readonly assume?: ImageInterface;
}

/** Side of the sample that a network without a fixed size is tried on. */
const sampleSide = 96;

/** Below this agreement a reading is not a picture of the sample, in dB. */
const worstAgreement = 12;

interface Reading {
  readonly kind: ImageInterface;
  readonly psnr: number;
  readonly pixels: Buffer;
}

interface Sample {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * Finds out how a network wants its pixels: what the shapes leave open is tried on a sample, and the reading whose
 * result, shrunk back, agrees best with the sample wins.
 *
 * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK`, `MODEL_CORRUPT`, `MODEL_UNSAFE`, `MODEL_NOT_INSTALLED`.
 */
export async function probeNetwork(options: ProbeOptions): Promise<ModelGuess> {
  await checkNetworkFiles(options.path);
  const openvino = await options.openvino();
  const clues = await readPorts(openvino, options.path);
  const sample = await readSample(options.samples, clues.fixedSize);
  const readings: Reading[] = [];
  let failure: unknown;
  for (const kind of options.assume ? [options.assume] : candidates(clues)) {
    try {
      readings.push(await tryReading(openvino, options, kind, sample));
    } catch (thrown) {
      failure = thrown;
    }
  }
  readings.sort((a, b) => b.psnr - a.psnr);
  const [best, next] = readings;
  if (!best || (!options.assume && best.psnr < worstAgreement)) {
    throw new RefineryError(
      'MODEL_NOT_AN_IMAGE_NETWORK',
      `${basename(options.path)} does not enlarge pictures.`,
      {
        hint: best
          ? 'No reading of its inputs and outputs gave the picture back.'
          : 'Networks with one picture in and one out are used, enlarging 1 to 8 times.',
        ...(failure instanceof Error ? { details: failure.message } : {}),
      },
    );
  }
  const scale = best.kind.scale;
  return {
    name: basename(options.path),
    interface: best.kind,
    confidence: next ? Math.min(1, Math.max(0, (best.psnr - next.psnr) / 6)) : 1,
    reasons: reasons(clues, best),
    preview: await toJpeg(best.pixels, sample.width * scale, sample.height * scale),
    reference: await enlargeJpeg(sample, scale),
  };
}

/** Readings that the shapes allow. */
function candidates(clues: ShapeClues): ImageInterface[] {
  const scales = clues.scale ? [clues.scale] : clues.enlargedInput ? [4, 3, 2] : [4, 2, 3, 1, 8];
  const orders = clues.channels === 1 ? (['GRAY'] as const) : (['RGB', 'BGR'] as const);
  const ranges = [
    [1, 1],
    [255, 255],
    [255, 1],
  ] as const;
  return scales.flatMap((scale) =>
    orders.flatMap((channels) =>
      ranges.map(
        ([inputRange, outputRange]): ImageInterface => ({
          scale,
          layout: clues.layout,
          channels,
          inputRange,
          outputRange,
          enlargedInput: clues.enlargedInput,
          cubicCoefficient: -0.5,
          overlap: 32,
          fixedSize: clues.fixedSize,
        }),
      ),
    ),
  );
}

async function tryReading(
  openvino: NodeAddon,
  options: ProbeOptions,
  kind: ImageInterface,
  sample: Sample,
): Promise<Reading> {
  const network = await openNetwork({
    openvino,
    file: { path: options.path, interface: kind },
    depth: 8,
    device: 'CPU',
    precision: 'f32',
    threads: 0,
    cacheDir: options.cacheDir,
  });
  const block = { bytes: new Uint8Array(sample.pixels), width: sample.width, height: sample.height };
  const result = await network.run(block, (made) => ({ ...made, bytes: Buffer.from(made.bytes) }));
  const pixels = result.bytes;
  const back = await sharp(pixels, { raw: { width: result.width, height: result.height, channels: 3 } })
    .resize(sample.width, sample.height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  return { kind, pixels, psnr: result.finite ? agreement(back, sample.pixels) : 0 };
}

/** PSNR over all values of two pictures of one size, in dB: 10 log10(255² / mean squared difference). */
function agreement(a: Buffer, b: Buffer): number {
  let squares = 0;
  for (let index = 0; index < b.length; index += 1) squares += (a[index]! - b[index]!) ** 2;
  return squares === 0 ? 99 : 10 * Math.log10((255 * 255 * b.length) / squares);
}

async function readSample(folder: string, fixed: { width: number; height: number } | null): Promise<Sample> {
  const name = (await readdir(folder)).find((file) => /\.(jpe?g|png)$/i.test(file));
  if (!name)
    throw new RefineryError('INTERNAL', 'The sample picture is missing.', {
      hint: 'Install Refinery again.',
    });
  const { width, height } = fixed ?? { width: sampleSide, height: sampleSide };
  const pixels = await sharp(join(folder, name))
    .resize(width, height, { fit: 'cover' })
    .removeAlpha()
    .raw()
    .toBuffer();
  return { pixels, width, height };
}

function reasons(clues: ShapeClues, { kind, psnr }: Reading): string[] {
  return [
    clues.sentence,
    kind.enlargedInput
      ? 'It has a second input, which takes the picture enlarged.'
      : `It enlarges ${kind.scale} times.`,
    `Read as ${kind.channels}, 0 to ${kind.inputRange} in and 0 to ${kind.outputRange} out, its result agrees with the sample by ${psnr.toFixed(1)} dB.`,
  ];
}

async function toJpeg(pixels: Buffer, width: number, height: number): Promise<string> {
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer();
  return jpeg.toString('base64');
}

async function enlargeJpeg({ pixels, width, height }: Sample, scale: number): Promise<string> {
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(width * scale, height * scale, { fit: 'fill', kernel: 'cubic' })
    .jpeg({ quality: 88 })
    .toBuffer();
  return jpeg.toString('base64');
}
