import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';

const Levels = z.array(z.int().min(1)).min(1).max(12);

/** What is used of diffusers' configs of both networks, under the names of their `config.json`. */
export const NetworkConfigs = z.object({
  unet: z.object({
    in_channels: z.int(),
    out_channels: z.int(),
    /** Channels of each level; every level but the last halves the sides. */
    block_out_channels: Levels,
  }),
  vqvae: z.object({
    latent_channels: z.int(),
    out_channels: z.int(),
    block_out_channels: Levels,
    num_vq_embeddings: z.int().min(1).default(8192),
  }),
});
export type NetworkConfigs = z.output<typeof NetworkConfigs>;

/** Latents beside an RGB picture go in, noise comes out; latents of three channels become an RGB picture. */
const wanted = [
  ['unet', 'in_channels', 6],
  ['unet', 'out_channels', 3],
  ['vqvae', 'latent_channels', 3],
  ['vqvae', 'out_channels', 3],
] as const;

/** Refuses networks of other kinds. @throws {RefineryError} `INPUT_UNSUPPORTED`, naming each setting. */
export function checkNetworks(configs: NetworkConfigs): void {
  const wrong = wanted.flatMap(([network, name, right]) => {
    const value = (configs[network] as Record<string, unknown>)[name];
    return value === right ? [] : [`${name} of the ${network} is ${value}, not ${right}`];
  });
  if (wrong.length === 0) return;
  throw new RefineryError(
    'INPUT_UNSUPPORTED',
    `This diffusion model isn’t one that enlarges RGB pictures: ${wrong.join('; ')}.`,
    {
      hint: 'Latent diffusion models for super-resolution are used: latents and picture of three channels each.',
    },
  );
}
