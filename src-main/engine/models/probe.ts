import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface, ModelGuess } from '../../contract/models.ts';
import { type Network, openNetwork } from '../upscale/network.ts';
import { measureCutting } from './measure.ts';
import { readPorts, type ShapeClues } from './shape-clues.ts';

export interface ProbeOptions {
  readonly openvino: () => Promise<NodeAddon>;
  readonly samples: string;
  readonly cacheDir: string;
  readonly path: string;
  /** A person's own reading, to see it at work instead of guessing. */
  readonly assume?: ImageInterface;
}

/** Sides of the sample that a network without a fixed size is tried on: the second where it can't take the first. */
const sampleSides = [96, 128];

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
 * result, shrunk back, agrees best with the sample wins. How pictures may be cut for it is measured then.
 *
 * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK`, `MODEL_CORRUPT`, `MODEL_UNSAFE`, `MODEL_NOT_INSTALLED`.
 */
export async function probeNetwork(options: ProbeOptions): Promise<Omit<ModelGuess, 'id' | 'name'>> {
  const openvino = await options.openvino();
  let failure: unknown;
  let clues: ShapeClues | undefined;
  let sample: Sample | undefined;
  const readings: Reading[] = [];
  for (const side of sampleSides) {
    clues = await readPorts(openvino, options.path, side);
    const { width, height } = clues.fixedSize ?? { width: side, height: side };
    sample = { pixels: await readSample(options.samples, width, height), width, height };
    for (const kind of options.assume ? [options.assume] : candidates(clues)) {
      try {
        readings.push(await tryReading(openvino, options, kind, sample));
      } catch (thrown) {
        failure = thrown;
      }
    }
    if (readings.length > 0 || clues.fixedSize) break;
  }
  readings.sort((a, b) => b.psnr - a.psnr);
  const [best, next] = readings;
  if (!clues || !sample || !best || (!options.assume && best.psnr < worstAgreement)) {
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
  // A network that was added by an older Refinery has not been measured.
  const isMeasured = best.kind.multiple !== undefined;
  const kind = isMeasured ? best.kind : await withCutting(openvino, options, best.kind);
  return {
    interface: kind,
    confidence: next ? Math.min(1, Math.max(0, (best.psnr - next.psnr) / 6)) : 1,
    reasons: reasons(clues, { ...best, kind }, !isMeasured),
    preview: await toJpeg(best.pixels, sample.width * scale, sample.height * scale),
    reference: await enlargeJpeg(sample, scale),
  };
}

/** Readings that the shapes allow. */
function candidates(clues: ShapeClues): ImageInterface[] {
  const scales = clues.scale ? [clues.scale] : [4, 2, 3, 1, 8, 5, 6, 7];
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
          exactTiles: true,
          fixedSize: clues.fixedSize,
        }),
      ),
    ),
  );
}

const openFor = (openvino: NodeAddon, options: ProbeOptions, kind: ImageInterface): Promise<Network> =>
  openNetwork({
    openvino,
    file: { path: options.path, interface: kind },
    depth: 8,
    device: 'CPU',
    precision: 'f32',
    threads: 0,
    cacheDir: options.cacheDir,
    streams: 1,
    fewRuns: true,
  });

async function withCutting(
  openvino: NodeAddon,
  options: ProbeOptions,
  kind: ImageInterface,
): Promise<ImageInterface> {
  const network = await openFor(openvino, options, kind);
  const picture = (width: number, height: number): Promise<Buffer> =>
    readSample(options.samples, width, height);
  return { ...kind, ...(await measureCutting({ network, kind, picture })) };
}

async function tryReading(
  openvino: NodeAddon,
  options: ProbeOptions,
  kind: ImageInterface,
  sample: Sample,
): Promise<Reading> {
  const network = await openFor(openvino, options, kind);
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

async function readSample(folder: string, width: number, height: number): Promise<Buffer> {
  const name = (await readdir(folder)).find((file) => /\.(jpe?g|png)$/i.test(file));
  if (!name)
    throw new RefineryError('INTERNAL', 'The sample picture is missing.', {
      hint: 'Install Refinery again.',
    });
  return sharp(join(folder, name)).resize(width, height, { fit: 'cover' }).removeAlpha().raw().toBuffer();
}

/** @param isNew whether how it may be cut was measured just now, and not told. */
function reasons(clues: ShapeClues, { kind, psnr }: Reading, isNew: boolean): string[] {
  return [
    clues.sentence,
    kind.enlargedInput
      ? 'It has a second input, which takes the picture enlarged.'
      : `It enlarges ${kind.scale} times.`,
    `Read as ${kind.channels}, 0 to ${kind.inputRange} in and 0 to ${kind.outputRange} out, its result agrees with the sample by ${psnr.toFixed(1)} dB.`,
    ...(kind.channels === 'GRAY'
      ? ['It makes brightness alone: colours are enlarged by interpolation and put to it.']
      : []),
    ...((kind.multiple ?? 1) > 1
      ? [`It works on blocks of ${kind.multiple} pixels: pictures are filled up to them, and results cut.`]
      : []),
    kind.exactTiles
      ? `Tiles overlap by ${kind.overlap} pixels${isNew ? ', and give what the whole picture would' : ''}.`
      : 'It looks at more of a picture than a tile holds: results made in several tiles may differ from the whole.',
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
