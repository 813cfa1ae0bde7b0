import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { Precision, Receipt } from '../src-main/contract/index.ts';
import { type Outcome, openEngine, sample } from '../src-main/engine/host/fixtures/engine.ts';
import { inferInPlace, loadOpenVino } from '../src-main/engine/runtime/index.ts';
import { sideBySide } from '../src-main/engine/upscale/index.ts';
import { publish, root, row, type Spread, spread } from './lib.ts';

/**
 * Files to files: 20 photos of 480 x 270 and 5 of 1920 x 1080, JPEG to JPEG, against
 * - OpenVINO's bare inference of the same network on the same tiles, inputs ready, nothing read or written;
 * - a Python program with Pillow and OpenVINO, and one with onnxruntime, on the same files.
 *
 * Ours and the peers take turns, so that what else the machine does meets all of them.
 */

const rounds = Number(process.argv[2] ?? 3);
const precision: Precision = 'auto';
const modelName = 'srx4_photo';
const model = join(root, 'models', `${modelName}.xml`);
const python = process.env['REFINERY_BENCH_PYTHON'] ?? '';

const folder = await mkdtemp(join(tmpdir(), 'refinery-bench-'));
try {
  await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makePhotos(): Promise<{ small: string[]; large: string[] }> {
  const input = join(folder, 'input');
  await mkdir(input);
  const make = async (name: string, width: number, height: number, turn: number): Promise<string> => {
    const path = join(input, `${name}.jpg`);
    // Each another cut, so that none is in any cache.
    const left = (turn * 7) % 60;
    const photo = sharp(sample).extract({ left, top: turn % 20, width: 390, height: 270 });
    await photo
      .resize(width, height, { fit: 'cover', kernel: 'lanczos3' })
      .sharpen()
      .jpeg({ quality: 90 })
      .toFile(path);
    return path;
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return {
    small: await Promise.all(numbers(20).map((index) => make(`small-${index}`, 480, 270, index))),
    large: await Promise.all(numbers(5).map((index) => make(`large-${index}`, 1920, 1080, index))),
  };
}

/**
 * Seconds of inference alone for the tiles of these pictures, with as many requests as the device asks for: the better of
 * one tile on all cores, and of as many side by side as ours.
 */
async function bare(receipts: readonly Receipt[]): Promise<number> {
  return Math.min(await bareWith(receipts, 1), await bareWith(receipts, sideBySide));
}

async function bareWith(receipts: readonly Receipt[], streams: number): Promise<number> {
  const ov = await loadOpenVino();
  const core = new ov.Core();
  let seconds = 0;
  const shapes = Map.groupBy(receipts, ({ tiles }) => `${tiles.width}x${tiles.height}`);
  for (const group of shapes.values()) {
    const { width, height } = group[0]!.tiles;
    const network = await core.readModel(model);
    network.reshape(
      new Map([
        [0, `[1,3,${height},${width}]`],
        [1, `[1,3,${4 * height},${4 * width}]`],
      ]) as never,
    );
    const compiled = await core.compileModel(network, 'CPU', {
      PERFORMANCE_HINT: 'LATENCY',
      NUM_STREAMS: streams,
    });
    const requests = Number(compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS'));
    const small = new ov.Tensor(
      'f32' as never,
      [1, 3, height, width],
      new Float32Array(3 * height * width).fill(120) as never,
    );
    const large = new ov.Tensor(
      'f32' as never,
      [1, 3, 4 * height, 4 * width],
      new Float32Array(48 * height * width).fill(120) as never,
    );
    const all = Array.from({ length: requests }, () => {
      const request = compiled.createInferRequest();
      request.setInputTensor(0, small);
      request.setInputTensor(1, large);
      return request;
    });
    for (const request of all) request.infer();
    const tiles = group.reduce((sum, receipt) => sum + receipt.tiles.count, 0);
    const started = performance.now();
    let next = 0;
    await Promise.all(
      all.map(async (request) => {
        while (next < tiles) {
          next += 1;
          // Without copies of the outputs, which would be time that is no inference.
          await inferInPlace(request, []);
        }
      }),
    );
    seconds += (performance.now() - started) / 1000;
  }
  return seconds;
}

async function peer(how: string, files: readonly string[]): Promise<number> {
  const output = join(folder, how);
  await mkdir(output, { recursive: true });
  const args = [join(root, 'bench', 'sisr_peers.py'), how, model, output, precision, ...files];
  const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 1e8 });
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { seconds: number }).seconds;
}

async function measure(files: readonly string[]) {
  const times = new Map<string, number[]>();
  const note = (who: string, seconds: number): unknown =>
    times.set(who, [...(times.get(who) ?? []), seconds]);
  let tiles: Receipt['tiles'] | undefined;
  for (let round = 0; round < rounds; round += 1) {
    {
      await using engine = await openEngine();
      const target = join(engine.folder, 'out');
      await mkdir(target);
      const settings = { model: modelName, precision, folder: await engine.handle(target), quality: 92 };
      await engine.upscale(files.slice(0, 2), settings);
      const started = Date.now();
      const outcomes: Outcome[] = await engine.upscale(files, settings);
      // The last file is there a moment before its job is told of.
      const finished = Math.max(...outcomes.map(({ job }) => job.finishedAt ?? Date.now()));
      note('ours', (finished - started) / 1000);
      const receipts = outcomes.flatMap(({ receipt }) => receipt ?? []);
      if (receipts.length !== files.length) throw new Error('Not every picture was made.');
      tiles = receipts[0]?.tiles;
      note('bare', await bare(receipts));
    }
    if (python) {
      for (const how of ['openvino', 'onnxruntime']) note(how, await peer(how, files));
    }
  }
  const spreads = Object.fromEntries([...times].map(([who, runs]) => [who, spread(runs)]));
  return { files: files.length, tiles, seconds: spreads };
}

/** From the command's start to its first finished picture, and the most memory that it held. */
async function coldStart(file: string): Promise<{ seconds: number; peakMegabytes: number }> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      join(root, 'src-main', 'cli', 'main.ts'),
      'upscale',
      file,
      '--output',
      join(folder, 'cold'),
      '--overwrite',
      '--json',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let seconds = 0;
  let peak = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000);
  }, 20);
  child.stdout.on('data', (chunk: Buffer) => {
    if (seconds === 0 && chunk.toString().includes('"event":"done"'))
      seconds = (performance.now() - started) / 1000;
  });
  await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  return { seconds, peakMegabytes: peak };
}

async function main(): Promise<void> {
  const photos = await makePhotos();
  const figures: Record<string, unknown> = {};
  row('seconds, least / middle of runs', 'least', 'middle', 'ours is');
  for (const [name, files] of Object.entries(photos)) {
    const measured = await measure(files);
    figures[name] = measured;
    const ours = measured.seconds['ours']!;
    console.log(
      `${files.length} ${name} photos, ${measured.tiles?.count} tiles of ${measured.tiles?.width} x ${measured.tiles?.height} each`,
    );
    for (const [who, { minimum, median }] of Object.entries(measured.seconds) as Array<[string, Spread]>) {
      const factor = who === 'ours' ? '' : `${(minimum / ours.minimum).toFixed(2)} x as fast`;
      row(`  ${who}`, minimum.toFixed(2), median.toFixed(2), factor);
    }
  }
  const starts = [];
  for (let round = 0; round < rounds; round += 1) starts.push(await coldStart(photos.small[0]!));
  const first = spread(starts.map(({ seconds }) => seconds));
  row('command to first finished 480 x 270 photo, s', first.minimum.toFixed(2), first.median.toFixed(2));
  const peak = await coldStart(photos.large[0]!);
  row('most memory for a 1920 x 1080 photo, MB', peak.peakMegabytes.toFixed(0));
  await publish('sisr', {
    rounds,
    precision,
    model: modelName,
    ...figures,
    firstPicture: first,
    peakMegabytes: peak.peakMegabytes,
  });
}
