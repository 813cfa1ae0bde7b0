import type { NetworkConfigs } from './network-configs.ts';
import type { Tiling } from './tiled.ts';

/**
 * What a run takes, in bytes, measured on OpenVINO's CPU device in f32 with the released architecture (UNet 160 to 640
 * channels, decoder 128 to 512 channels and 8192 codes) from 32 × 32 to 128 × 128 latents: both networks take a fixed
 * part and one that grows with the area. bf16 takes less; no account is taken of it, so that the choice of precision
 * doesn't change the tiles.
 */
export interface MemoryNeeds {
  /** Both networks' weights. */
  readonly fixed: number;
  /** For each latent (a pixel of the source) that the UNet, or the decoder, sees at once. */
  readonly unetPerLatent: number;
  readonly decoderPerLatent: number;
}

/** Weights in f32, and once more in part as the kernels want them: 660 MB for 113.6 million, 190 MB for 33 million. */
const bytesPerWeight = 5.8;

/** Arrays of the UNet's first level, in singles, that are alive at once: 13.5 kB with 160 channels. */
const unetArrays = 21;

/** Arrays of the decoder's last level that are alive at once: 60 kB of 93 with 128 channels, four times as wide. */
const decoderArrays = 7.4;

const single = 4;

/** What the loop and the blending keep in their own arrays, for each latent of the whole picture. */
const bytesAround = 800;

/** @param weights of UNet and decoder together, counted. */
export function memoryNeeds({ unet, vqvae }: NetworkConfigs, weights: number): MemoryNeeds {
  const factor = 2 ** (vqvae.block_out_channels.length - 1);
  return {
    fixed: weights * bytesPerWeight,
    unetPerLatent: single * unetArrays * unet.block_out_channels[0]!,
    // Beside its arrays the decoder compares each latent with each code.
    decoderPerLatent:
      single * (decoderArrays * factor ** 2 * vqvae.block_out_channels[0]! + vqvae.num_vq_embeddings),
  };
}

/** How a run is cut; absent where the whole picture is seen at once. */
export interface RunTiling {
  readonly unet?: Tiling;
  readonly decoder?: Tiling;
}

/**
 * Sides of pictures that are taken whole where memory allows, and of tiles where not. Larger ones are no faster, and the
 * decoder's attention, over all that it sees, makes them slower.
 */
const limits = { unet: { whole: 256, tile: 192 }, decoder: { whole: 128, tile: 64 } } as const;

/** Below this side tiles see too little of the picture, and memory saved is little. */
const smallestTile = 32;

/** Latents that neighbours share at least, and which part of a small tile that may be. */
const overlap = { latents: 24, part: 4 } as const;

/**
 * Cuts a picture so that a run stays within a budget. With no room at all the smallest tiles are taken: what then
 * fails, fails with a clear error.
 *
 * @param width of the source, which is that of the latents; `height` as well.
 * @param budgetBytes for networks, their work, and the loop's own arrays.
 * @param multiple what the sides of the UNet's tiles are multiples of.
 */
export function tilingFor(
  needs: MemoryNeeds,
  width: number,
  height: number,
  budgetBytes: number,
  multiple: number,
): RunTiling {
  const area = width * height;
  const free = budgetBytes - needs.fixed - area * bytesAround;
  // The UNet's memory is still taken while the decoder works, and the decoder needs the larger part.
  const unetSide = sideWithin(free * 0.4, needs.unetPerLatent, multiple);
  const unet = cut(width, height, unetSide, limits.unet, multiple);
  const seen = unet ? unet.size ** 2 : area;
  const decoderSide = sideWithin(free - seen * needs.unetPerLatent, needs.decoderPerLatent, multiple);
  const decoder = cut(width, height, decoderSide, limits.decoder, multiple);
  return { ...(unet ? { unet } : {}), ...(decoder ? { decoder } : {}) };
}

/**
 * Tiles of a chosen size, for both networks.
 *
 * @param side longest side of a tile in source pixels; rounded down to a multiple of what the UNet needs.
 */
export function tilingOf(side: number, multiple: number): RunTiling {
  const tiling = tileOf(Math.max(2 * multiple, roundDown(side, multiple)), multiple);
  return { unet: tiling, decoder: tiling };
}

function cut(
  width: number,
  height: number,
  side: number,
  limit: { readonly whole: number; readonly tile: number },
  multiple: number,
): Tiling | undefined {
  const area = width * height;
  if (area <= limit.whole ** 2 && area <= side ** 2) return undefined;
  return tileOf(Math.max(roundUp(smallestTile, multiple), Math.min(side, limit.tile)), multiple);
}

function tileOf(size: number, multiple: number): Tiling {
  const shared = Math.min(overlap.latents, Math.floor(size / overlap.part));
  return { size, overlap: Math.max(1, roundDown(shared, multiple)) };
}

function sideWithin(bytes: number, perLatent: number, multiple: number): number {
  return roundDown(Math.sqrt(Math.max(0, bytes) / perLatent), multiple);
}

const roundDown = (length: number, multiple: number): number => Math.floor(length / multiple) * multiple;
const roundUp = (length: number, multiple: number): number => Math.ceil(length / multiple) * multiple;
