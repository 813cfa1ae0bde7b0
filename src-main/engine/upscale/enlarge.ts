import sharp from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface } from '../../contract/models.ts';
import type { TilePreview } from '../../contract/upscale.ts';
import type { Pixels } from '../imaging/source.ts';
import { VipsFileWriter } from '../imaging/vips-file.ts';
import type { AlphaSteps } from './alpha.ts';
import type { BufferPool } from './buffers.ts';
import type { Made, Network } from './network.ts';
import { copyRegion, padTo } from './pixels.ts';
import { planFixedTiles, planTiles, type Tile } from './tiles.ts';

export interface EnlargeOptions {
  readonly pixels: Pixels;
  readonly network: Network;
  readonly kind: ImageInterface;
  readonly alpha: AlphaSteps | undefined;
  readonly buffers: BufferPool;
  /** Longest side of a tile. */
  readonly tile: number;
  /** Path of the `.v` file that gets the result's rows. */
  readonly rows: string;
  readonly signal: AbortSignal;
  waitWhilePaused(): Promise<void>;
  onProgress(done: number, total: number): void;
  onTile(): ((tile: Omit<TilePreview, 'jobId'>) => void) | undefined;
}

export interface Enlarged {
  /** The `.v` file, still open for its metadata. */
  readonly writer: VipsFileWriter;
  readonly tiles: {
    readonly count: number;
    readonly width: number;
    readonly height: number;
    readonly overlap: number;
  };
  /** Sentences for the receipt. */
  readonly losses?: readonly string[];
  /** Milliseconds. */
  readonly inference: number;
  readonly finite: boolean;
}

/** Longest side of a tile's preview. */
const previewSize = 256;

/** Runs a picture through a network, tile by tile, and writes each finished row of tiles to disk. */
export async function enlarge(options: EnlargeOptions): Promise<Enlarged> {
  const { pixels, kind } = options;
  const { scale } = kind;
  const multiple = kind.multiple ?? 1;
  const rows = kind.fixedSize
    ? planFixedTiles(pixels.width, pixels.height, kind.fixedSize, kind.overlap)
    : alignTiles(planTiles(pixels.width, pixels.height, options.tile, kind.overlap), multiple);
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  const pixelBytes = pixels.channels * (pixels.depth / 8);
  const width = pixels.width * scale;
  const writer = await VipsFileWriter.create(options.rows, {
    width,
    height: pixels.height * scale,
    channels: pixels.channels,
    depth: pixels.depth,
  });
  let inference = 0;
  let finite = true;
  let done = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for (const row of rows) {
      const { y, height, inner } = row[0]!;
      const source = await pixels.rows(y, height);
      const strip = options.buffers.take(inner.height * scale * width * pixelBytes);
      await Promise.all(
        row.map(async (tile) => {
          await options.waitWhilePaused();
          options.signal.throwIfAborted();
          const used = {
            x: (tile.inner.x - tile.x) * scale,
            y: (tile.inner.y - tile.y) * scale,
            width: tile.inner.width * scale,
            height: tile.inner.height * scale,
          };
          const at = { x: tile.inner.x * scale, y: 0 };
          await enlargeTile(options, source, tile, pixelBytes, (made) => {
            inference += made.took;
            copyRegion(made.bytes, made.width, used, strip, width, at, pixelBytes);
            finite &&= made.finite;
          });
          done += 1;
          options.onProgress(done, total);
          if (total > 1) await showTile(options, strip, tile, width, pixelBytes);
        }),
      );
      await writing;
      writing = writer.write(strip, inner.y * scale).then(() => options.buffers.give(strip));
    }
    await writing;
  } catch (thrown) {
    await writing.catch(() => undefined);
    await writer.abandon();
    throw thrown;
  }
  const largest = rows[0]![0]!;
  return {
    writer,
    tiles: {
      count: total,
      width: largest.width,
      height: largest.height,
      overlap: total > 1 ? kind.overlap : 0,
    },
    losses:
      total > 1 && !kind.exactTiles
        ? [
            `The network looks at more of a picture than a tile holds: made in ${total} tiles, the result may differ from that of the whole.`,
          ]
        : [],
    inference,
    finite,
  };
}

/**
 * Lets tiles begin where a network that works on blocks begins one, so that it sees the same blocks as in the whole
 * picture. Only their context grows.
 */
function alignTiles(rows: readonly Tile[][], multiple: number): Tile[][] {
  return rows.map((row) =>
    row.map((tile) => {
      const [left, above] = [tile.x % multiple, tile.y % multiple];
      return {
        ...tile,
        x: tile.x - left,
        y: tile.y - above,
        width: tile.width + left,
        height: tile.height + above,
      };
    }),
  );
}

/** @param use takes what it needs of the result, whose memory is used again. */
async function enlargeTile<Result>(
  options: EnlargeOptions,
  rows: Buffer,
  tile: Tile,
  pixelBytes: number,
  use: (made: Made) => Result,
): Promise<Result> {
  if (tile.width === options.pixels.width) return enlargeBytes(options, rows, tile, pixelBytes, use);
  const bytes = options.buffers.take(tile.width * tile.height * pixelBytes);
  const region = { x: tile.x, y: 0, width: tile.width, height: tile.height };
  copyRegion(rows, options.pixels.width, region, bytes, tile.width, { x: 0, y: 0 }, pixelBytes);
  try {
    return await enlargeBytes(options, bytes, tile, pixelBytes, use);
  } finally {
    options.buffers.give(bytes);
  }
}

async function enlargeBytes<Result>(
  { kind, alpha, pixels, network }: EnlargeOptions,
  bytes: Buffer,
  tile: Tile,
  pixelBytes: number,
  use: (made: Made) => Result,
): Promise<Result> {
  const { multiple = 1 } = kind;
  const whole = (length: number): number => Math.ceil(length / multiple) * multiple;
  const size = kind.fixedSize ?? { width: whole(tile.width), height: whole(tile.height) };
  const block = {
    bytes: padTo(bytes, tile.width, tile.height, size, pixelBytes),
    width: size.width,
    height: size.height,
  };
  if (pixels.channels === 3) return network.run(block, use);
  if (!alpha) throw new RefineryError('INTERNAL', 'Transparency was not prepared.');
  const keep = (made: Made): Made => ({ ...made, bytes: made.bytes.slice() });
  const parts = await alpha.split(block);
  const color = await network.run(parts.color, keep);
  const transparency = await network.run(parts.alpha, keep);
  const finite = color.finite && transparency.finite;
  const took = color.took + transparency.took;
  return use({ ...(await alpha.join(color, transparency)), finite, took });
}

/** Sends a small picture of a finished tile to whoever watches. */
async function showTile(
  { onTile, pixels, kind }: EnlargeOptions,
  strip: Buffer,
  { inner }: Tile,
  width: number,
  pixelBytes: number,
): Promise<void> {
  const send = onTile();
  if (!send || pixels.depth !== 8) return;
  const region = {
    left: inner.x * kind.scale,
    top: 0,
    width: inner.width * kind.scale,
    height: inner.height * kind.scale,
  };
  const height = strip.length / (width * pixelBytes);
  const jpeg = await sharp(strip, {
    raw: { width, height, channels: pixels.channels },
    limitInputPixels: false,
  })
    .extract(region)
    .resize(previewSize, previewSize, { fit: 'inside', withoutEnlargement: true, kernel: 'linear' })
    .flatten()
    .jpeg({ quality: 80 })
    .toBuffer();
  send({
    x: inner.x / pixels.width,
    y: inner.y / pixels.height,
    width: inner.width / pixels.width,
    height: inner.height / pixels.height,
    jpeg: jpeg.toString('base64'),
  });
}
