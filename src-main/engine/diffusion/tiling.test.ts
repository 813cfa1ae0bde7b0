import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeNpy, tilingFor, tilingOf } from './index.ts';
import { memoryNeeds } from './memory.ts';
import { countWindows, coverWithWindows } from './windows.ts';

/** The released model's: 113.6 million weights and 33 million. */
const released = memoryNeeds(
  {
    unet: { in_channels: 6, out_channels: 3, block_out_channels: [160, 320, 320, 640] },
    vqvae: {
      latent_channels: 3,
      out_channels: 3,
      block_out_channels: [128, 256, 512],
      num_vq_embeddings: 8192,
    },
  },
  146_600_000,
);
const gigabyte = 1e9;

describe('memory', () => {
  test('the formula gives what was measured with the released architecture', () => {
    // Peaks in MB: 669 and 872 of the UNet at 32 and 128, 285 and 1009 of the decoder at 32 and 96.
    expect(released.fixed / 1e6).toBeCloseTo(850, -2);
    expect((released.unetPerLatent * (128 ** 2 - 32 ** 2)) / 2 ** 20 / (872 - 669)).toBeCloseTo(1, 1);
    expect((released.decoderPerLatent * (96 ** 2 - 32 ** 2)) / 2 ** 20 / (1009 - 285)).toBeCloseTo(1, 1);
  });

  test('a large picture on a usual machine is cut, a small one isn’t', () => {
    expect(tilingFor(released, 96, 128, 8 * gigabyte, 8)).toEqual({});
    expect(tilingFor(released, 512, 512, 8 * gigabyte, 8)).toEqual({
      unet: { size: 192, overlap: 24 },
      decoder: { size: 64, overlap: 16 },
    });
    expect(tilingFor(released, 512, 512, gigabyte, 8).decoder?.size).toBe(32);
  });

  test('tiles keep within the budget, are multiples, and cover every picture', () => {
    const side = fc.integer({ min: 1, max: 120 }).map((count) => count * 8);
    const budget = fc.double({ min: 0, max: 8 * gigabyte, noNaN: true });
    fc.assert(
      fc.property(side, side, budget, (width, height, bytes) => {
        const { unet, decoder } = tilingFor(released, width, height, bytes, 8);
        const seen = (size: number | undefined): number =>
          size === undefined ? width * height : Math.min(width, size) * Math.min(height, size);
        const taken =
          released.fixed +
          seen(unet?.size) * released.unetPerLatent +
          seen(decoder?.size) * released.decoderPerLatent;
        const smallest = unet?.size === 32 || decoder?.size === 32;
        expect(smallest || taken <= bytes).toBe(true);
        for (const tiling of [unet, decoder]) {
          if (!tiling) continue;
          expect([tiling.size % 8, tiling.overlap % 8]).toEqual([0, 0]);
          const { places, ...window } = coverWithWindows(width, height, tiling.size, tiling.overlap, 8);
          expect(places.length).toBe(countWindows(width, height, tiling.size, tiling.overlap));
          const covered = new Set(
            places.flatMap(({ x, y }) => [x, x + window.width, y * 1e6, (y + window.height) * 1e6]),
          );
          for (const edge of [0, width, height * 1e6]) expect(covered.has(edge)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a chosen tile is rounded down to what the UNet takes', () => {
    expect(tilingOf(100, 8)).toEqual({
      unet: { size: 96, overlap: 24 },
      decoder: { size: 96, overlap: 24 },
    });
    expect(tilingOf(16, 8).unet).toEqual({ size: 16, overlap: 1 });
  });
});

test('a numpy file has its values at a multiple of 64 bytes', () => {
  const bytes = encodeNpy(Float32Array.of(1, -2.5, 3, 4, 5, 6), [1, 3, 2]);
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  expect(bytes.toString('latin1', 0, 6)).toBe('\x93NUMPY');
  expect(bytes.toString('latin1', 10, start)).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 3, 2\), \} *\n$/,
  );
  expect(bytes.readFloatLE(start + 4)).toBe(-2.5);
  expect(bytes.length).toBe(start + 24);
  expect(() => encodeNpy(Float32Array.of(1), [2])).toThrow(RangeError);
});
