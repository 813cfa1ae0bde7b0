import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { benchmark, modelFacts, readRunFolder } from '../src-main/engine/compression/index.ts';
import { loadOpenVino } from '../src-main/engine/runtime/index.ts';
import { publish, root, row, spread } from './lib.ts';
import { makeRun } from './monitor_runs.ts';

/**
 * Opening a run against TensorBoard's own reader, and measuring models against OpenVINO's benchmark_app; ours and the
 * peer's in turn, so that what else the machine does hits both. Usage: monitor [tags] [steps] [rounds] [seconds]
 */
const python = process.env['REFINERY_BENCH_PYTHON'] ?? '';
const [tags = 1000, steps = 1000, rounds = 3, seconds = 5] =
  process.argv[2] === 'open' ? [] : process.argv.slice(2).map(Number);
const networks = join(root, '..', 'shared', 'jpqd', 'run');

interface Opened {
  readonly seconds: number;
  readonly points: number;
  readonly total: number;
  readonly megabytes: number;
}

/** Opens a run in a process of its own, as the peer does: this one prints what it took and ends. */
async function openHere(folder: string): Promise<void> {
  const started = performance.now();
  const run = await readRunFolder(folder);
  let [points, total] = [0, 0];
  for (const key of Object.keys(run.metrics)) {
    for (const { value } of run.metrics[key] ?? []) {
      points++;
      total += value;
    }
    // A series that was used may be forgotten after this turn, as when a window draws one chart after the other.
    await setImmediate();
  }
  const taken = (performance.now() - started) / 1000;
  const megabytes = process.resourceUsage().maxRSS / 1000;
  console.log(JSON.stringify({ seconds: taken, points, total, megabytes } satisfies Opened));
}

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-2000);
    });
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ended with ${code}: ${errors}${out.slice(-1000)}`));
    });
  });
}

const opened = async (command: string, args: readonly string[]): Promise<Opened> =>
  JSON.parse((await output(command, args)).trim().split('\n').at(-1)!) as Opened;

async function compareOpening(): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'refinery-monitor-'));
  try {
    const bytes = await makeRun(folder, tags, steps);
    const own = ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), 'open', folder];
    const [ours, theirs]: [Opened[], Opened[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours.push(await opened(process.execPath, own));
      if (python) theirs.push(await opened(python, [join(root, 'bench', 'monitor_peers.py'), folder]));
    }
    for (const { points, total } of [...ours, ...theirs]) {
      const expected = ours[0]!;
      if (points !== tags * steps || Math.abs(total - expected.total) > 1e-6 * points)
        throw new Error(`Not all was read: ${points} points, sum ${total}, not ${expected.total}`);
    }
    const figures = (list: readonly Opened[]) => ({
      seconds: spread(list.map((one) => one.seconds)),
      megabytes: Math.max(...list.map((one) => one.megabytes)),
    });
    console.log(`Opening ${tags} tags of ${steps} steps, ${(bytes / 1e6).toFixed(0)} MB`);
    row('', 'seconds', 'peak, MB');
    for (const [name, list] of [
      ['ours', ours],
      ['EventAccumulator', theirs],
    ] as const) {
      if (list.length === 0) continue;
      const { seconds: times, megabytes } = figures(list);
      row(`  ${name}`, times.minimum.toFixed(2), megabytes.toFixed(0));
    }
    const ratios = theirs.map((one, index) => one.seconds / ours[index]!.seconds);
    if (ratios.length > 0)
      row('  times faster, median of the rounds', `${spread(ratios).median.toFixed(1)}×`);
    return {
      ...{ tags, steps, bytes, ours: figures(ours) },
      ...(ratios.length === 0 ? {} : { eventAccumulator: figures(theirs), faster: spread(ratios) }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Speed {
  readonly throughput: number;
  /** Median, in milliseconds. */
  readonly latency: number;
}

/** What benchmark_app prints: `Median: 754.47 us`, `Throughput: 2239.90 FPS`. */
async function byBenchmarkApp(model: string, shape: string, hint: string): Promise<Speed> {
  const args = ['-m', model, '-d', 'CPU', '-hint', hint, '-t', String(seconds), '-shape', shape];
  const text = await output(join(dirname(python), 'benchmark_app'), args);
  const [, median, unit] = /Median:\s+([\d.]+) (us|ms)/.exec(text) ?? [];
  const throughput = /Throughput:\s+([\d.]+) FPS/.exec(text)?.[1];
  if (!median || !throughput) throw new Error(`benchmark_app printed something else: ${text.slice(-500)}`);
  return { throughput: Number(throughput), latency: Number(median) / (unit === 'us' ? 1000 : 1) };
}

async function compareMeasuring(): Promise<Record<string, unknown>> {
  const openvino = await loadOpenVino();
  const all: Record<string, unknown> = {};
  for (const hint of ['throughput', 'latency'] as const) {
    console.log(
      `Measuring with the hint ${hint}, ${seconds} s each: ours / benchmark_app, median of the rounds`,
    );
    row('', 'throughput', 'latency', 'ours, /s', 'theirs, /s');
    for (const name of ['dense_fp32_ir', 'qat_only', 'jpqd/output']) {
      const model = join(networks, name, 'openvino_model.xml');
      const { parameters } = await modelFacts(model);
      const [ours, theirs]: [Speed[], Speed[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const { throughput, latency, inputs } = await benchmark({ openvino, model, hint, seconds });
        ours.push({ throughput, latency: latency.median });
        const shape = inputs.map((input) => `${input.name}[${input.shape.join(',')}]`).join(',');
        if (python) theirs.push(await byBenchmarkApp(model, shape, hint));
      }
      const ratio = (key: keyof Speed) => spread(theirs.map((one, index) => ours[index]![key] / one[key]));
      const best = (list: readonly Speed[]): string =>
        list.length === 0 ? '' : Math.max(...list.map(({ throughput }) => throughput)).toFixed(0);
      const paired =
        theirs.length === 0 ? undefined : { throughput: ratio('throughput'), latency: ratio('latency') };
      row(
        `  ${name}`,
        paired?.throughput.median.toFixed(3) ?? '',
        paired?.latency.median.toFixed(3) ?? '',
        best(ours),
        best(theirs),
      );
      all[`${name}, ${hint}`] = {
        parameters,
        ours,
        benchmarkApp: theirs,
        ...(paired ? { ratio: paired } : {}),
      };
    }
  }
  return all;
}

if (process.argv[2] === 'open') await openHere(process.argv[3]!);
else {
  const opening = await compareOpening();
  const measuring = existsSync(networks) ? await compareMeasuring() : undefined;
  if (!measuring) console.log(`Models are not measured: ${networks} isn’t there.`);
  await publish('monitor', { rounds, opening, ...(measuring ? { measuring } : {}) });
}
