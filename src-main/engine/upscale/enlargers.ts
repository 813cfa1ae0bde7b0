import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import type { ModelEntry } from '../../contract/models.ts';
import type { TilePreview, UpscaleSettings } from '../../contract/upscale.ts';
import type { Pixels } from '../imaging/source.ts';
import { Semaphore } from '../io/semaphore.ts';
import type { PixelDepth } from '../models/ir/wrap.ts';
import { type AlphaSteps, openAlphaSteps } from './alpha.ts';
import { BufferPool } from './buffers.ts';
import { type Diffuser, enlargeByDiffusion, openDiffuser } from './diffuse.ts';
import { type Enlarged, enlarge } from './enlarge.ts';
import { type Network, openNetwork } from './network.ts';
import { tileSize } from './tiles.ts';

/** A model of the catalogue, with its file. */
export interface ResolvedModel {
  readonly entry: ModelEntry;
  readonly path: string;
  readonly sha256: string;
}

/** One picture to enlarge. */
interface Work {
  readonly jobId: string;
  readonly pixels: Pixels;
  readonly alpha: boolean;
  readonly settings: UpscaleSettings;
  /** Path of the `.v` file that gets the result's rows. */
  readonly rows: string;
  readonly signal: AbortSignal;
  waitWhilePaused(): Promise<void>;
  onTile(): ((tile: Omit<TilePreview, 'jobId'>) => void) | undefined;
  onProgress(done: number, total: number): void;
}

/** A model that is compiled for a device, whatever its kind, and makes larger pictures. */
export interface Enlarger {
  readonly compiled: Network['compiled'];
  /** Whether pictures wait for each other. */
  readonly oneAtATime: boolean;
  enlarge(work: Work): Promise<Enlarged>;
}

interface EnlargersOptions {
  readonly openvino: () => Promise<NodeAddon>;
  readonly cacheDir: string;
  readonly threads: () => number;
  readonly memoryBudgetBytes: () => number;
}

export interface Enlargers {
  /**
   * @param alone whether it is for the only picture in hand, which then gets all of a processor at once.
   * @throws {RefineryError} `MODEL_…`, `INPUT_UNSUPPORTED` or `DEVICE_UNAVAILABLE`.
   */
  open(
    model: ResolvedModel,
    depth: PixelDepth,
    device: string,
    precision: UpscaleSettings['precision'],
    alone: boolean,
  ): Promise<Enlarger>;
  /** There is no work: lets go of what only makes the next picture faster. */
  rest(): void;
  dispose(): void;
}

/** How many compiled networks are kept. */
const keptNetworks = 4;

/**
 * How many blocks a processor works on side by side where there are several pictures. Threads of one block wait for each
 * other after each layer, and all of them for the one that another picture's encoder has displaced; with two blocks on two
 * cores a batch of small photos takes a tenth less time. More blocks than these take more memory than they gain.
 */
export const sideBySide = Math.min(4, availableParallelism());

/** Opens models for enlarging and keeps the compiled ones for the next picture. */
export function createEnlargers(options: EnlargersOptions): Enlargers {
  const networks = new Map<string, Promise<Network>>();
  const alphas = new Map<PixelDepth, Promise<AlphaSteps>>();
  const buffers = new BufferPool();
  /** Large models, and runs of minutes: one at a time. */
  const diffusing = new Semaphore(1);
  let diffuser: { readonly key: string; readonly opened: Promise<Diffuser> } | undefined;
  const compiledCache = join(options.cacheDir, 'compiled');

  async function openNetworkOf(
    model: ResolvedModel,
    depth: PixelDepth,
    device: string,
    precision: UpscaleSettings['precision'],
    alone: boolean,
  ): Promise<Network> {
    const threads = options.threads();
    const streams = alone ? 1 : Math.min(sideBySide, threads || sideBySide);
    const { sha256, entry } = model;
    const key = JSON.stringify([sha256, entry.interface, depth, device, precision, threads, streams]);
    const known = networks.get(key);
    if (known) return known;
    const opened = openNetwork({
      openvino: await options.openvino(),
      file: { path: model.path, interface: entry.interface },
      depth,
      device,
      // Ten bits of bf16 would throw away what sixteen were asked for.
      precision: depth === 16 ? 'f32' : precision,
      threads,
      streams,
      cacheDir: compiledCache,
    });
    networks.set(key, opened);
    opened.catch(() => networks.delete(key));
    for (const old of [...networks.keys()].slice(0, -keptNetworks)) networks.delete(old);
    return opened;
  }

  async function openDiffuserOf(
    model: ResolvedModel,
    device: string,
    precision: UpscaleSettings['precision'],
  ): Promise<Diffuser> {
    const threads = options.threads();
    const key = JSON.stringify([model.sha256, device, precision, threads]);
    if (diffuser?.key === key) return diffuser.opened;
    const opened = openDiffuser({
      openvino: await options.openvino(),
      folder: dirname(model.path),
      device,
      precision,
      threads,
      cacheDir: compiledCache,
    });
    diffuser = { key, opened };
    opened.catch(() => {
      if (diffuser?.opened === opened) diffuser = undefined;
    });
    return opened;
  }

  async function alphaSteps(depth: PixelDepth): Promise<AlphaSteps> {
    const known = alphas.get(depth) ?? openAlphaSteps(await options.openvino(), depth);
    alphas.set(depth, known);
    known.catch(() => alphas.delete(depth));
    return known;
  }

  return {
    async open(model, depth, device, precision, alone) {
      if (model.entry.task === 'latent-diffusion') {
        const opened = await openDiffuserOf(model, device, precision);
        return {
          compiled: opened.unet,
          oneAtATime: true,
          enlarge: (work) =>
            diffusing.with(async () =>
              enlargeByDiffusion({
                ...work,
                openvino: await options.openvino(),
                diffuser: opened,
                memoryBudgetBytes: options.memoryBudgetBytes(),
                settings: work.settings.diffusion,
                checkpoint: join(options.cacheDir, 'checkpoints', `${work.jobId}.bin`),
              }),
            ),
        };
      }
      const kind = model.entry.interface;
      const network = await openNetworkOf(model, depth, device, precision, alone);
      const { compiled } = network;
      return {
        compiled,
        oneAtATime: false,
        enlarge: async (work) =>
          enlarge({
            ...work,
            network,
            kind,
            alpha: work.alpha ? await alphaSteps(depth) : undefined,
            buffers,
            tile: tileSize(options.memoryBudgetBytes() / (1 + compiled.optimalRequests), kind.overlap),
          }),
      };
    },
    rest: () => buffers.clear(),
    dispose() {
      networks.clear();
      diffuser = undefined;
      alphas.clear();
    },
  };
}
