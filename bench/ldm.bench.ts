import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { convertLdm, prepareConversion } from '../src-main/engine/convert/index.ts';
import { readModelFolder } from '../src-main/engine/diffusion/index.ts';
import { sample } from '../src-main/engine/host/fixtures/engine.ts';
import { decode, readHeader } from '../src-main/engine/imaging/source.ts';
import { compileWithFallback, loadOpenVino } from '../src-main/engine/runtime/index.ts';
import { enlargeByDiffusion } from '../src-main/engine/upscale/diffuse.ts';
import {
  cache,
  differ,
  type Kind,
  kinds,
  models,
  openOurs,
  Peer,
  side,
  threads,
  timed,
} from './ldm_networks.ts';
import { publish, root, row, type Spread, spread } from './lib.ts';

/**
 * The released model's architecture with random weights, which cost what trained ones cost:
 * - time of a UNet step at 128 x 128, from latents to latents, against a Python loop on OpenVINO and on PyTorch, all on
 *   one thread and taking turns, and the part of it that isn't inference;
 * - what f32, bf16 and int8 weights differ in;
 * - what previews cost, and the most memory of a run from 512 to 2048 pixels.
 *
 * Peers need the Python environment of `refinery convert-model`, which is made where it isn't there.
 *
 * usage: npm run bench -- ldm [rounds, 4 if absent] [steps in a round, 2] [steps of the long run, 0 for none] [steps]
 * With `steps` at the end only the steps are timed anew, and the last figures of whole runs are kept.
 */

const self = fileURLToPath(import.meta.url);
const scripts = join(root, 'models', 'convert');
/** The model in diffusers' layout and as IR, made once. @returns the converter's Python. */
async function prepare(): Promise<string> {
  const given = process.env['REFINERY_CONVERT_PYTHON'];
  const common = { scripts, cacheDir: cache, ...(given ? { python: given } : {}) };
  const python = await prepareConversion({ ...common, extras: ['int8'] }, console.log);
  const source = join(models, 'diffusers');
  if (!existsSync(source)) {
    console.log('building 113.6 + 55.3 million random weights');
    const work = `${source}-${process.pid}`;
    await promisify(execFile)(python, [join(root, 'bench', 'ldm_peers.py'), 'build', work]);
    await rename(work, source);
  }
  for (const weights of ['fp16', 'int8'] as const) {
    const output = join(models, weights);
    if (existsSync(output)) continue;
    console.log(`converting to ${weights}`);
    await convertLdm({ ...common, source, output, weights, via: 'torch', appVersion: 'bench' });
  }
  return python;
}

async function compareSteps(python: string, rounds: number, steps: number) {
  const ours = await openOurs();
  const peer = new Peer(python);
  const times = new Map<string, number[]>();
  const outside: number[] = [];
  const note = (who: string, runs: readonly number[]): unknown =>
    times.set(who, [...(times.get(who) ?? []), ...runs]);
  const peers = ['openvino f32', 'openvino bf16', 'torch'] as const;
  // Once beforehand: the first inference of a size prepares its kernels.
  for (const kind of Object.keys(kinds) as Kind[]) await ours.run(kind, side, 1);
  for (const how of peers) await peer.run(how, side, 1);
  const latents = new Map<Kind, Float32Array>();
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['f32', 'bf16', 'int8'] as const) {
      const run = await ours.run(kind, side, steps);
      note(`ours ${kind}`, run.steps);
      outside.push(run.outside);
      latents.set(kind, run.latents);
      if (kind !== 'int8') note(`openvino ${kind}`, await peer.run(`openvino ${kind}`, side, steps));
    }
    note('torch', await peer.run('torch', side, steps));
  }
  peer.end();
  const spreads = Object.fromEntries([...times].map(([who, runs]) => [who, spread(runs)])) as Record<
    string,
    Spread
  >;
  /** Of the least times; on a machine with other work those are the ones to trust. */
  const ratio = (who: string, peer: string): number => spreads[who]!.minimum / spreads[peer]!.minimum;
  const ratios = {
    'f32 to Python loop': ratio('ours f32', 'openvino f32'),
    'bf16 to Python loop': ratio('ours bf16', 'openvino bf16'),
    'f32 to PyTorch': ratio('ours f32', 'torch'),
    'bf16 to PyTorch': ratio('ours bf16', 'torch'),
    'int8 to PyTorch': ratio('ours int8', 'torch'),
  };
  row(`UNet step at ${side} x ${side}, ${threads} thread, ms`, 'least', 'middle');
  for (const [who, { minimum, median }] of Object.entries(spreads))
    row(`  ${who}`, minimum.toFixed(0), median.toFixed(0));
  for (const [what, value] of Object.entries(ratios)) row(`  ${what}`, value.toFixed(3));
  const middle = spread(outside).median;
  row('  outside of inference', `${(middle * 100).toFixed(2)} %`);

  const exact = latents.get('f32')!;
  const pictures = {
    f32: await ours.picture('f32', 32, 4),
    bf16: await ours.picture('bf16', 32, 4),
    int8: await ours.picture('int8', 32, 4),
  };
  const differences = Object.fromEntries(
    (['bf16', 'int8'] as const).map((kind) => [
      kind,
      { latents: differ(latents.get(kind)!, exact), picture: differ(pictures[kind], pictures.f32) },
    ]),
  );
  for (const [kind, { latents, picture }] of Object.entries(differences)) {
    row(
      `  ${kind} latents after ${steps} steps, most / mean`,
      latents.most.toFixed(4),
      latents.mean.toFixed(4),
    );
    row(`  ${kind} picture of 128 x 128, 0..255`, picture.most.toFixed(0), picture.mean.toFixed(2));
  }
  return { threads, side, milliseconds: spreads, ratios, outsideInference: middle, differences };
}

interface ChildResult {
  readonly seconds: number;
  /** Of them, in the decoder for previews. */
  readonly previews: number;
  /** Of them, before the last decoding. */
  readonly sampling: number;
  readonly peakMegabytes: number;
  readonly tiles: { readonly count: number; readonly width: number };
}

/** A whole run from file to rows in a process of its own, which tells the most memory that it held. */
async function wholeRun(size: number, steps: number, precision: 'f32' | 'auto'): Promise<ChildResult> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    self,
    'child',
    String(size),
    String(steps),
    precision,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e7 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ChildResult;
}

async function child(): Promise<void> {
  const [size, steps] = process.argv.slice(3, 5).map(Number) as [number, number];
  const precision = process.argv[5] === 'f32' ? 'f32' : 'auto';
  const folder = await mkdtemp(join(tmpdir(), 'refinery-bench-'));
  try {
    const source = join(folder, 'in.png');
    await sharp(sample).resize(size, size).png().toFile(source);
    const openvino = await loadOpenVino();
    const model = await readModelFolder(join(models, 'fp16'));
    const compile = (path: string, type: 'f32' | 'auto') =>
      compileWithFallback({ openvino, model: path, device: 'CPU', precision: type });
    const unet = await compile(model.unet, precision);
    const slow = await compile(model.decoder, 'f32');
    const clock = timed(slow.compiled);
    const { info } = await readHeader(source);
    const pixels = await decode(source, info, folder);
    const started = performance.now();
    let previews = 0;
    let sampled = 0;
    const made = await enlargeByDiffusion({
      openvino,
      diffuser: { model, unet, decoder: { ...slow, compiled: clock.compiled } },
      pixels,
      settings: { sampler: 'ddim', steps, eta: 0, seed: 1 },
      rows: join(folder, `${steps}.v`),
      checkpoint: join(folder, 'checkpoint.bin'),
      memoryBudgetBytes: process.availableMemory() / 2,
      signal: new AbortController().signal,
      waitWhilePaused: async () => {
        // After each step and its preview.
        previews = clock.milliseconds();
        sampled = performance.now() - started;
      },
      onTile: () => () => undefined,
      onProgress: () => undefined,
    });
    const seconds = (performance.now() - started) / 1000;
    console.log(
      JSON.stringify({
        seconds,
        sampling: sampled / 1000,
        previews: previews / 1000,
        peakMegabytes: process.resourceUsage().maxRSS / 1024,
        tiles: made.tiles,
      } satisfies ChildResult),
    );
    await pixels.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const [rounds = 4, steps = 2, long = 0] = process.argv.slice(2, 5).map(Number);
  await mkdir(models, { recursive: true });
  const python = await prepare();
  const unetSteps = {
    at: new Date().toISOString(),
    rounds,
    steps,
    ...(await compareSteps(python, rounds, steps)),
  };
  const whole = process.argv[5] === 'steps' ? await earlier() : await wholeRuns(long);
  await publish('ldm', { unetSteps, ...whole });
}

/** What the last bench found of whole runs: they take half an hour, and the steps need a quiet machine. */
async function earlier(): Promise<Record<string, unknown>> {
  const text = await readFile(join(root, 'bench', 'results', 'ldm.json'), 'utf8');
  const { preview, large, long } = JSON.parse(text) as Record<string, unknown>;
  return { preview, large, ...(long ? { long } : {}) };
}

async function wholeRuns(long: number): Promise<Record<string, unknown>> {
  const at = new Date().toISOString();
  const preview = await wholeRun(side, 20, 'auto');
  const share = preview.previews / preview.sampling;
  row('previews, part of the time of 20 steps', `${(share * 100).toFixed(1)} %`);
  const large = await wholeRun(512, 1, 'f32');
  row('512 to 2048, one step in f32, most memory, MB', large.peakMegabytes.toFixed(0));
  row('  seconds', large.seconds.toFixed(0));
  const figures = { preview: { at, share, ...preview }, large: { at, ...large } };
  if (long === 0) return figures;
  const run = await wholeRun(side, long, 'auto');
  row(`${side} to ${4 * side}, ${long} steps, all threads, s`, run.seconds.toFixed(0));
  return { ...figures, long: { at, steps: long, ...run } };
}

if (process.argv[2] === 'child') await child();
else await main();
