import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type DiffusionModelFolder, diffuse, readModelFolder } from '../src-main/engine/diffusion/index.ts';
import { userFolders } from '../src-main/engine/host/folders.ts';
import { type Compiled, compileWithFallback, loadOpenVino } from '../src-main/engine/runtime/index.ts';
import { root } from './lib.ts';

export const { cache } = userFolders(root);
export const models = join(cache, 'bench-ldm');
/** Of every program that is compared. */
export const threads = 1;
/** Of the latents whose steps are timed. */
export const side = 128;

export type Kind = 'f32' | 'bf16' | 'int8';
export const kinds: Readonly<Record<Kind, { folder: 'fp16' | 'int8'; precision: 'f32' | 'bf16' }>> = {
  f32: { folder: 'fp16', precision: 'f32' },
  bf16: { folder: 'fp16', precision: 'bf16' },
  int8: { folder: 'int8', precision: 'f32' },
};

/** The same compiled network, with a clock around each inference. */
export function timed(compiled: Compiled['compiled']): {
  compiled: Compiled['compiled'];
  milliseconds: () => number;
} {
  let sum = 0;
  const withClock = new Proxy(compiled, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'createInferRequest') return typeof value === 'function' ? value.bind(target) : value;
      return () =>
        new Proxy(target.createInferRequest(), {
          get(request, method) {
            const part: unknown = Reflect.get(request, method, request);
            if (typeof part !== 'function') return part;
            if (method !== 'run' && method !== 'inferAsync') return part.bind(request);
            return async (...args: unknown[]) => {
              const started = performance.now();
              const result: unknown = await part.apply(request, args);
              sum += performance.now() - started;
              return result;
            };
          },
        });
    },
  });
  return { compiled: withClock, milliseconds: () => sum };
}

interface Network {
  readonly model: DiffusionModelFolder;
  readonly unet: ReturnType<typeof timed>;
}

/** Refinery's own side, all in this process. */
export async function openOurs() {
  const openvino = await loadOpenVino();
  const compile = async (model: string, precision: 'f32' | 'bf16') =>
    timed((await compileWithFallback({ openvino, model, device: 'CPU', precision, threads })).compiled);
  const networks = {} as Record<Kind, Network>;
  for (const [kind, { folder, precision }] of Object.entries(kinds) as Array<[Kind, (typeof kinds)[Kind]]>) {
    const model = await readModelFolder(join(models, folder));
    networks[kind] = { model, unet: await compile(model.unet, precision) };
  }
  const decoder = await compile(networks.f32.model.decoder, 'f32');

  /** Milliseconds of each step, and what of it wasn't inference. */
  async function run(kind: Kind, size: number, steps: number) {
    const { model, unet } = networks[kind];
    const area = size * size;
    const values = Float32Array.from({ length: 3 * area }, (_, at) => (2 * (at % size)) / (size - 1) - 1);
    const marks: number[] = [];
    let inferred = 0;
    const before = unet.milliseconds();
    const cancel = new AbortController();
    let latents: Float32Array = new Float32Array();
    let last = performance.now();
    await diffuse({
      openvino,
      unet: unet.compiled,
      decoder: decoder.compiled,
      multiple: model.multiple,
      scheduler: model.scheduler,
      sampler: 'ddim',
      steps,
      seed: 0,
      image: { values, width: size, height: size },
      signal: cancel.signal,
      onStep(step) {
        const now = performance.now();
        marks.push(now - last);
        last = now;
        inferred = unet.milliseconds() - before;
        latents = step.latents.values.slice();
        // The decoder is another figure.
        if (size === side && step.done === step.total) cancel.abort();
      },
    }).catch((thrown: unknown) => {
      if (!cancel.signal.aborted) throw thrown;
    });
    const total = marks.reduce((sum, mark) => sum + mark, 0);
    return { steps: marks, outside: 1 - inferred / total, latents };
  }

  /** The picture after a few steps, 0..255. */
  async function picture(kind: Kind, size: number, steps: number): Promise<Uint8Array> {
    const { model, unet } = networks[kind];
    const values = Float32Array.from({ length: 3 * size * size }, (_, at) => (2 * (at % size)) / size - 1);
    const made = await diffuse({
      openvino,
      unet: unet.compiled,
      decoder: decoder.compiled,
      multiple: model.multiple,
      scheduler: model.scheduler,
      sampler: 'ddim',
      steps,
      seed: 0,
      image: { values, width: size, height: size },
    });
    return made.bytes;
  }

  return { run, picture };
}

/** Largest and mean difference. */
export function differ(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; mean: number } {
  let most = 0;
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) {
    const difference = Math.abs(a[at]! - b[at]!);
    most = Math.max(most, difference);
    sum += difference;
  }
  return { most, mean: sum / a.length };
}

/** A Python that runs steps on demand, and keeps its networks. */
export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string) {
    const args = [
      join(root, 'bench', 'ldm_peers.py'),
      'serve',
      join(models, 'diffusers'),
      join(models, 'fp16', 'unet.xml'),
      String(threads),
    ];
    this.#process = spawn(python, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds of each step. */
  async run(how: string, size: number, steps: number): Promise<number[]> {
    this.#process.stdin.write(`${JSON.stringify({ how, size, steps })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('The Python peer ended.');
    return (JSON.parse(value as string) as { seconds: number[] }).seconds.map((seconds) => seconds * 1000);
  }

  end(): void {
    this.#process.stdin.end();
  }
}
