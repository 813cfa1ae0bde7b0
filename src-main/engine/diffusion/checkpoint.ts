import { RefineryError } from '../../contract/errors.ts';
import type { GeneratorState } from './noise.ts';
import type { SamplerState } from './samplers/index.ts';

/** What decides a run, apart from the networks, their schedule and the picture. */
export interface RunSettings {
  readonly sampler: string;
  readonly steps: number;
  readonly eta: number;
  readonly seed: number;
  readonly stepSeed: number | null;
  readonly scaleCondition: 'off' | 'diffusers';
  /** Size of the latents, which is the padded picture's. */
  readonly width: number;
  readonly height: number;
  /** How the UNet's work was cut; 0 where it saw all at once. */
  readonly tileSize: number;
  readonly tileOverlap: number;
}

/** A run between two steps: what goes on from here gives the same bits. JSON apart from its Float32Arrays. */
export interface Checkpoint {
  readonly version: 1;
  readonly settings: RunSettings;
  /** Steps done. */
  readonly done: number;
  /** CHW. */
  readonly latents: Float32Array;
  readonly samplerState: SamplerState;
  readonly generator: GeneratorState;
}

/** Refuses a checkpoint of another run. @throws {RefineryError} `BAD_REQUEST`. */
export function checkCheckpoint(checkpoint: Checkpoint, settings: RunSettings): void {
  const names = Object.keys(settings) as Array<keyof RunSettings>;
  const different = names.filter((name) => checkpoint.settings[name] !== settings[name]);
  if (checkpoint.version === 1 && different.length === 0) {
    if (checkpoint.latents.length === 3 * settings.width * settings.height) return;
    different.push('width', 'height');
  }
  throw new RefineryError('BAD_REQUEST', 'The run can’t go on: it was started with other settings.', {
    hint: 'Start it again.',
    details: different
      .map((name) => `${name}: ${checkpoint.settings[name]} then, ${settings[name]} now`)
      .join('\n'),
  });
}
