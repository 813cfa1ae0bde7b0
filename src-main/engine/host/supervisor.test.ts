import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type { EngineState } from '../../contract/engine.ts';
import type { EngineClient } from '../../contract/wire.ts';
import { canMakeDisks, smallDisk } from '../io/fixtures/small-disk.ts';
import { hasOpenVino, resources, sample, waitFor } from './fixtures/engine.ts';
import { isAlive } from './fixtures/process.ts';
import { userFolders } from './folders.ts';
import { engineEnvironment, Supervisor } from './supervisor.ts';

const entry = fileURLToPath(new URL('./entry.ts', import.meta.url));
const endings: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'refinery-supervisor-'));
  endings.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

function environment(data: string): NodeJS.ProcessEnv {
  return {
    ...engineEnvironment(process.env),
    REFINERY_RESOURCES: resources,
    REFINERY_DATA_DIR: data,
    REFINERY_CACHE_DIR: userFolders(resources).cache,
  };
}

function supervise(
  data: string,
  options: Partial<ConstructorParameters<typeof Supervisor>[0]> = {},
): Supervisor {
  const supervisor = new Supervisor({
    node: process.execPath,
    entry,
    environment: environment(data),
    timing: { firstWait: 20, longestWait: 200, heartbeat: 200, silence: 6_000 },
    ...options,
  });
  endings.push(() => supervisor.stop());
  supervisor.start();
  return supervisor;
}

test('an engine shakes hands, is started again when it dies, and ends with its supervisor', async () => {
  const supervisor = supervise(await temporary());
  const states: EngineState[] = [];
  supervisor.onState((state) => states.push(state));
  const first = await (await supervisor.client()).call('engine.info', {});
  expect(first.pid).toBe(supervisor.pid);
  process.kill(first.pid, 'SIGKILL');
  await expect.poll(() => supervisor.state.state).toBe('restarting');
  const second = await (await supervisor.client()).call('engine.info', {});
  expect(second.pid).not.toBe(first.pid);
  await supervisor.stop();
  expect(isAlive(second.pid)).toBe(false);
  expect(states.map(({ state }) => state)).toEqual(['ready', 'restarting', 'ready', 'stopped']);
  await expect(supervisor.client()).rejects.toMatchObject({ code: 'ENGINE_GONE' });
});

test('the waits between restarts grow, and a reason is given', async () => {
  const data = await temporary();
  const script = join(data, 'dies.mjs');
  await writeFile(script, 'console.error("Error: nothing works here"); process.exit(3);');
  const supervisor = supervise(data, { entry: script });
  const tries: Array<{ attempt: number; at: number }> = [];
  supervisor.onState((state) => {
    if (state.state === 'restarting') tries.push({ attempt: state.attempt, at: Date.now() });
  });
  await expect.poll(() => tries.length, { timeout: 20_000 }).toBeGreaterThan(3);
  expect(tries.slice(0, 4).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  expect(supervisor.state).toMatchObject({ reason: expect.stringContaining('nothing works here') });
});

test('an engine that hangs is ended and started again', async () => {
  const supervisor = supervise(await temporary());
  const { pid } = await (await supervisor.client()).call('engine.info', {});
  process.kill(pid, 'SIGSTOP');
  // A process is gone a moment before its parent is told.
  await expect.poll(() => supervisor.state.state, { timeout: 15_000 }).toBe('restarting');
  expect(isAlive(pid)).toBe(false);
  const next = await (await supervisor.client()).call('engine.info', {});
  expect(next.pid).not.toBe(pid);
});

test('an engine does not outlive a parent that was killed', async () => {
  const data = await temporary();
  const parent = join(data, 'parent.ts');
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  await writeFile(
    parent,
    `import { Supervisor } from ${url('./supervisor.ts')};
     const supervisor = new Supervisor({ node: process.execPath, entry: ${JSON.stringify(entry)}, environment: process.env });
     supervisor.start();
     console.log((await (await supervisor.client()).call('engine.info', {})).pid);`,
  );
  const child = spawn(process.execPath, [parent], {
    env: environment(data),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString().trim())));
  });
  expect(isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

describe.skipIf(!hasOpenVino)(`a queue under fire${hasOpenVino ? '' : ' (OpenVINO is not here)'}`, () => {
  async function fill(client: EngineClient, folder: string, number: number): Promise<string[]> {
    await mkdir(folder, { recursive: true });
    const paths = Array.from({ length: number }, (_, index) => join(folder, `picture ${index}.png`));
    for (const [index, path] of paths.entries()) {
      await sharp(sample).extract({ left: index, top: index, width: 260, height: 200 }).png().toFile(path);
    }
    const { handles } = await client.call('files.admit', { paths });
    return (await client.call('upscale.add', { handles: handles.map(({ id }) => id) })).jobIds;
  }

  test('loses nothing and does nothing twice when the engine is killed again and again', async () => {
    const data = await temporary();
    const folder = join(data, 'pictures');
    const supervisor = supervise(data);
    const ids = await fill(await supervisor.client(), folder, 12);
    await (await supervisor.client()).call('jobs.start', { ids });
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500 + 150 * round));
      await supervisor.client();
      process.kill(supervisor.pid!, 'SIGKILL');
      await expect.poll(() => supervisor.state.state).not.toBe('ready');
      // A job in hand at two deaths would rightly be set aside; here it is given another try.
      const client = await supervisor.client();
      const aside = (await client.call('jobs.list', {})).jobs.filter(({ state }) => state === 'setAside');
      if (aside.length > 0) await client.call('jobs.retry', { ids: aside.map(({ id }) => id) });
    }
    const jobs = await waitFor(await supervisor.client(), ids);
    expect(jobs.map(({ state }) => state)).toEqual(Array.from({ length: 12 }, () => 'done'));
    const names = await readdir(folder);
    expect(names.filter((name) => name.includes('_x4')).sort()).toHaveLength(12);
    expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
    for (const name of names) await sharp(join(folder, name)).stats();
  });

  test('sets a job aside that was in hand when the engine died twice, and goes on with the others', async () => {
    const data = await temporary();
    const supervisor = supervise(data);
    const folder = join(data, 'pictures');
    const ids = await fill(await supervisor.client(), folder, 3);
    const [victim] = ids;
    let deaths = 0;
    // Whenever this job is in work, and nothing else can be blamed, the engine dies.
    while (deaths < 6) {
      const client = await supervisor.client();
      if (deaths === 0) await client.call('jobs.start', { ids: [victim!] });
      const state = async () =>
        (await client.call('jobs.list', {})).jobs.find(({ id }) => id === victim)?.state;
      await expect.poll(state, { interval: 5, timeout: 10_000 }).not.toBe('queued');
      if ((await state()) !== 'running') break;
      deaths += 1;
      process.kill(supervisor.pid!, 'SIGKILL');
      await expect.poll(() => supervisor.state.state).not.toBe('ready');
    }
    const client = await supervisor.client();
    expect(deaths).toBe(2);
    await client.call('jobs.start', {});
    const jobs = await waitFor(client, ids);
    expect(jobs.map(({ state }) => state)).toEqual(['setAside', 'done', 'done']);
    expect(jobs[0]?.error).toMatchObject({ code: 'JOB_SET_ASIDE', hint: expect.any(String) });
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  const diffusionModel = join(resources, '..', 'shared', 'ldm', 'tiny_trained', 'ov');
  test.skipIf(!existsSync(diffusionModel))(
    'goes on with a diffusion run from its last checkpoint, to the bit (needs the small model)',
    async () => {
      const data = await temporary();
      const supervisor = supervise(data);
      const source = join(data, 'source.png');
      await sharp(sample).resize(240, 160).png().toFile(source);
      const client = await supervisor.client();
      const { handles } = await client.call('files.admit', { paths: [diffusionModel, source] });
      const { entry: model } = await client.call('models.addDiffusion', {
        handle: handles[0]!.id,
        name: 'Small',
      });
      const { upscale } = await client.call('settings.get', {});
      const diffusion = { sampler: 'euler-ancestral', steps: 120, eta: 0, seed: 5 } as const;
      await client.call('settings.set', { change: { upscale: { ...upscale, model: model.id, diffusion } } });
      const add = async (): Promise<string> => {
        const now = await supervisor.client();
        const { jobIds } = await now.call('upscale.add', { handles: [handles[1]!.id] });
        await now.call('jobs.start', { ids: jobIds });
        return jobIds[0]!;
      };
      const interrupted = await add();
      const checkpoint = join(userFolders(resources).cache, 'checkpoints', `${interrupted}.bin`);
      await expect.poll(() => existsSync(checkpoint), { timeout: 40_000, interval: 5 }).toBe(true);
      process.kill(supervisor.pid!, 'SIGKILL');
      await expect.poll(() => supervisor.state.state).not.toBe('ready');
      await waitFor(await supervisor.client(), [interrupted]);
      expect(existsSync(checkpoint)).toBe(false);
      const whole = await add();
      await waitFor(await supervisor.client(), [whole]);
      const after = await supervisor.client();
      const receipts = await Promise.all(
        [interrupted, whole].map(async (id) => (await after.call('jobs.receipt', { id })).receipt),
      );
      expect(receipts[0]?.output.sha256).toBe(receipts[1]?.output.sha256);
    },
  );

  test.skipIf(!canMakeDisks())(
    'says that the disk is full, and leaves nothing half-written (needs leave to mount)',
    async () => {
      const data = await temporary();
      const full = join(data, 'full');
      const undo = smallDisk(full, 200);
      expect(undo).not.toBeNull();
      endings.push(() => undo?.());
      const supervisor = supervise(data);
      const client = await supervisor.client();
      const ids = await fill(client, join(data, 'pictures'), 2);
      const { handles } = await client.call('files.admit', { paths: [full] });
      const settings = await client.call('settings.get', {});
      const own = { ...settings.upscale, folder: handles[0]!.id };
      await client.call('upscale.override', { ids: ids.slice(0, 1), settings: own });
      await client.call('jobs.start', { ids });
      const jobs = await waitFor(client, ids);
      expect(jobs.map(({ state, error }) => error?.code ?? state)).toEqual(['DISK_FULL', 'done']);
      expect(await readdir(full)).toEqual([]);
    },
  );
});
