import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageInterface } from '../../contract/models.ts';
import type { Pixels } from '../imaging/source.ts';
import { BufferPool } from './buffers.ts';
import { enlarge } from './enlarge.ts';
import type { Network } from './network.ts';

const width = 150;
const height = 90;

const kind: ImageInterface = {
  scale: 1,
  layout: 'NCHW',
  channels: 'RGB',
  inputRange: 1,
  outputRange: 1,
  enlargedInput: false,
  cubicCoefficient: -0.5,
  overlap: 6,
  multiple: 8,
  exactTiles: true,
  fixedSize: null,
};

/** Each pixel tells its place in the picture: column, row. */
const source = Buffer.from(
  Array.from({ length: width * height }, (_, index) => [index % width, Math.floor(index / width), 0]).flat(),
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-enlarge-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a network that gives back what it gets was given: where blocks begin, and how large they are. */
async function run(change: Partial<ImageInterface>, tile: number) {
  const blocks: Array<{ x: number; y: number; width: number; height: number }> = [];
  const network: Network = {
    compiled: { device: 'CPU', fullName: 'CPU', precision: 'f32', optimalRequests: 1, fallbacks: [] },
    run: async (block, use) => {
      blocks.push({
        x: block.bytes[0]!,
        y: block.bytes[1]!,
        width: block.width,
        height: block.height,
      });
      return use({ ...block, finite: true, took: 1 });
    },
  };
  const pixels = {
    width,
    height,
    channels: 3,
    depth: 8,
    rows: async (y: number, count: number) => source.subarray(y * width * 3, (y + count) * width * 3),
  } as Pixels;
  const made = await enlarge({
    pixels,
    network,
    kind: { ...kind, ...change },
    alpha: undefined,
    buffers: new BufferPool(),
    tile,
    rows: join(folder, 'rows.v'),
    signal: new AbortController().signal,
    waitWhilePaused: async () => undefined,
    onProgress: () => undefined,
    onTile: () => undefined,
  });
  await made.writer.abandon();
  await rm(join(folder, 'rows.v'));
  return { made, blocks };
}

describe('tiles', () => {
  test('begin at multiples of what the network works on, and are filled up to them', async () => {
    const { blocks } = await run({}, 50);
    expect(blocks.length).toBe(6);
    for (const { x, y, width: wide, height: tall } of blocks) {
      expect([x % 8, y % 8, wide % 8, tall % 8]).toEqual([0, 0, 0, 0]);
    }
    // As they come where nothing is known.
    const { blocks: free } = await run({ multiple: undefined }, 50);
    expect(free.some(({ width: wide }) => wide % 8 !== 0)).toBe(true);
  });

  test('of a network that looks at the whole picture are told as a loss', async () => {
    expect((await run({}, 50)).made.losses).toEqual([]);
    expect((await run({ exactTiles: false }, 500)).made.losses).toEqual([]);
    expect((await run({ exactTiles: false }, 50)).made.losses).toEqual([
      expect.stringMatching(/6 tiles.*may differ/),
    ]);
  });
});
