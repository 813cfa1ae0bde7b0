import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { resources, sample } from '../src-main/engine/host/fixtures/engine.ts';
import { userFolders } from '../src-main/engine/host/folders.ts';
import { engineEnvironment, Supervisor } from '../src-main/engine/host/supervisor.ts';
import { publish, root, row } from './lib.ts';

/**
 * Many small pictures while the engine is killed at random: how many results are lost, made twice or damaged, and
 * whether the memory of an engine grows. Usage: soak [pictures] [kills]
 */
const pictures = Number(process.argv[2] ?? 5_000);
const kills = Number(process.argv[3] ?? 20);

const folder = await mkdtemp(join(tmpdir(), 'refinery-soak-'));
const input = join(folder, 'in');
const output = join(folder, 'out');
await mkdir(input);
await mkdir(output);
const cut = await sharp(sample).extract({ left: 150, top: 80, width: 64, height: 48 }).png().toBuffer();
const names = Array.from({ length: pictures }, (_, index) => `p${String(index).padStart(5, '0')}`);
for (const name of names) await writeFile(join(input, `${name}.png`), cut);

const supervisor = new Supervisor({
  node: process.execPath,
  entry: join(root, 'src-main', 'engine', 'host', 'entry.ts'),
  environment: {
    ...engineEnvironment(process.env),
    REFINERY_RESOURCES: resources,
    REFINERY_DATA_DIR: join(folder, 'data'),
    REFINERY_CACHE_DIR: userFolders(resources).cache,
  },
  timing: { firstWait: 50, longestWait: 500 },
});
supervisor.start();

const client = await supervisor.client();
const { handles } = await client.call('files.admit', { paths: [input, output] });
const settings = await client.call('settings.get', {});
await client.call('settings.set', { change: { upscale: { ...settings.upscale, folder: handles[1]!.id } } });
const { jobIds } = await client.call('upscale.add', { handles: [handles[0]!.id] });
const started = performance.now();
await client.call('jobs.start', { ids: jobIds });

const memory: Array<{ seconds: number; megabytes: number; age: number }> = [];
let killed = 0;
let engineSince = performance.now();
let nextKill = 3_000;
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const now = await supervisor.client();
  const { summary } = await now.call('jobs.list', {}).catch(() => ({ summary: undefined }));
  if (!summary) continue;
  const { residentMemory } = await now.call('engine.status', {}).catch(() => ({ residentMemory: 0 }));
  const seconds = (performance.now() - started) / 1000;
  memory.push({ seconds, megabytes: residentMemory / 1e6, age: (performance.now() - engineSince) / 1000 });
  if (summary.counts.setAside > 0) {
    const { jobs } = await now.call('jobs.list', {});
    await now.call('jobs.retry', {
      ids: jobs.filter(({ state }) => state === 'setAside').map(({ id }) => id),
    });
  }
  const open = summary.counts.queued + summary.counts.running;
  if (open === 0 && summary.counts.setAside === 0) break;
  // Spread over the first two thirds, so that the last engine lives long enough to show its memory.
  const due = summary.counts.done > (pictures * 0.66 * (killed + 1)) / (kills + 1);
  if (killed < kills && (due || performance.now() - engineSince > nextKill)) {
    process.kill(supervisor.pid!, 'SIGKILL');
    killed += 1;
    nextKill = 1_000 + Math.random() * 8_000;
    while (supervisor.state.state === 'ready') await new Promise((resolve) => setTimeout(resolve, 10));
    await supervisor.client();
    engineSince = performance.now();
  }
}
const seconds = (performance.now() - started) / 1000;
await supervisor.stop();

const results = (await readdir(output)).sort();
const expected = new Set(names.map((name) => `${name}_x4.png`));
const lost = [...expected].filter((name) => !results.includes(name));
const extra = results.filter((name) => !expected.has(name));
let damaged = 0;
const contents = new Set<string>();
for (const name of results) {
  try {
    const bytes = await readFile(join(output, name));
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    if (info.width !== 256 || info.height !== 192) damaged += 1;
    contents.add(String(data.reduce((sum, value, index) => (sum + value * (index % 251)) % 1e9, 0)));
  } catch {
    damaged += 1;
  }
}
await rm(folder, { recursive: true, force: true });

const lastEngine = memory.filter(({ age }, index) => memory.slice(index).every((later) => later.age >= age));
const settled = lastEngine.slice(Math.floor(lastEngine.length / 3));
const growth = (settled.at(-1)?.megabytes ?? 0) - (settled[0]?.megabytes ?? 0);
row('pictures', String(pictures));
row('engine killed', String(killed));
row('lost', String(lost.length));
row('duplicated or half-written', String(extra.length));
row('damaged', String(damaged));
row('different contents (1 is right)', String(contents.size));
row('pictures a second', (pictures / seconds).toFixed(1));
row(
  'memory of the last engine, MB',
  `${settled[0]?.megabytes.toFixed(0)} -> ${settled.at(-1)?.megabytes.toFixed(0)}`,
);
await publish('soak', {
  pictures,
  killed,
  lost: lost.length,
  extra: extra.length,
  damaged,
  seconds,
  growth,
  memory,
});
process.exitCode = lost.length + extra.length + damaged > 0 || contents.size !== 1 ? 1 : 0;
