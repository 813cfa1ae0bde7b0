import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRunFolder } from '../compression/index.ts';
import { resources } from '../host/fixtures/engine.ts';
import { isAlive } from '../io/alive.ts';
import { fillArguments, splitArguments } from './arguments.ts';
import { python, whyNoPython, writeTrainingScript } from './fixtures/scripts.ts';
import {
  judgeEnvironment,
  type LaunchOptions,
  launchAgain,
  launchState,
  launchTraining,
  lookAtEnvironment,
  stopTraining,
} from './index.ts';

const scripts = join(resources, 'models', 'training');

describe('arguments', () => {
  test('are cut as a shell does', () => {
    expect(splitArguments(`--a 1 \\\n  --b='x y'  "c \\"d\\""\n--e\\ f '' --path "C:\\new"`)).toEqual([
      '--a',
      '1',
      '--b=x y',
      'c "d"',
      '--e f',
      '',
      '--path',
      'C:\\new',
    ]);
    expect(() => splitArguments(`--a 'b`)).toThrow(/quote/);
  });

  test('whatever they are, quoted they come through', () => {
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    fc.assert(
      fc.property(fc.array(fc.string()), (list) => {
        expect(splitArguments(list.map(quoted).join(' \n'))).toEqual(list);
      }),
    );
  });

  test('places are filled in, and missing ones are told', () => {
    const places = { output: '/a b', config: '/c.json' };
    expect(fillArguments('--output_dir {output} --nncf={config}', places)).toEqual([
      '--output_dir',
      '/a b',
      '--nncf=/c.json',
    ]);
    expect(() => fillArguments('--do_train', places)).toThrow(/where the training writes/);
    expect(() => fillArguments('{output} {config}', { ...places, config: undefined })).toThrow(
      /none is chosen/,
    );
  });
});

describe('an environment', () => {
  const packages = {
    torch: '2.1.2+cpu',
    transformers: '4.38.2',
    optimum: '1.17.1',
    'optimum-intel': '1.15.2',
    nncf: '2.8.1',
    openvino: '2023.3.0',
    onnx: '1.15.0',
    datasets: '2.18.0',
    accelerate: '0.27.2',
  };
  const severities = (change: object): Record<string, string> =>
    Object.fromEntries(
      judgeEnvironment({ python: '3.10.13', packages, compiler: true, locks: [], ...change })
        .filter(({ severity }) => severity !== 'good')
        .map(({ name, severity }) => [name, severity]),
    );
  test.each([
    [{}, {}],
    [{ import: null }, {}],
    [{ locks: [{ folder: '/cache/nncf', seconds: 60 }] }, {}],
    [{ locks: [{ folder: '/cache/nncf', seconds: 86_400 }] }, { 'NNCF’s extension': 'error' }],
    [{ python: '3.9.18' }, { Python: 'warning' }],
    [{ python: '3.12.1' }, { Python: 'error' }],
    [{ compiler: false }, { 'C++ compiler': 'error' }],
    [{ import: 'ImportError: _attention_scale' }, { OVTrainer: 'error' }],
    [{ packages: { ...packages, nncf: null } }, { nncf: 'error' }],
    [{ packages: { ...packages, nncf: '3.4.0' } }, { nncf: 'error' }],
    [{ packages: { ...packages, nncf: '2.19.0' } }, { nncf: 'warning' }],
    [{ packages: { ...packages, 'optimum-intel': '2.2.0' } }, { 'optimum-intel': 'error' }],
    [{ packages: { ...packages, 'optimum-intel': '1.20.1' } }, { 'optimum-intel': 'warning' }],
    [{ packages: { ...packages, transformers: '4.46.0' } }, { transformers: 'error' }],
    [{ packages: { ...packages, torch: '2.13.0' } }, { torch: 'error' }],
  ])('%j', (change, expected) => {
    expect(severities(change)).toEqual(expected);
  });
});

test.skipIf(!python)(`a lock that a killed build left is found${whyNoPython}`, async () => {
  const cache = await mkdtemp(join(tmpdir(), 'refinery-extensions-'));
  const build = join(cache, 'py310_cpu', 'nncf', 'quantized_functions_cpu', '2.1.2');
  await mkdir(build, { recursive: true });
  await writeFile(join(build, 'lock'), '');
  const yesterday = new Date(Date.now() - 86_400_000);
  await utimes(join(build, 'lock'), yesterday, yesterday);
  vi.stubEnv('TORCH_EXTENSIONS_DIR', cache);
  try {
    const { locks } = await lookAtEnvironment(python!, scripts, { tryImport: false });
    expect(locks).toEqual([{ folder: build, seconds: expect.closeTo(86_400, -3) }]);
  } finally {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  }
});

describe.skipIf(!python)(`a training${whyNoPython}`, () => {
  let folder: string;
  let options: LaunchOptions;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refinery-training-'));
    options = {
      python: python!,
      script: await writeTrainingScript(join(folder, 'code')),
      arguments: '--output_dir {output} --steps 2000',
      output: join(folder, 'run 1'),
      scripts,
      again: false,
    };
  });
  afterEach(async () => {
    await stopTraining(join(folder, 'run 1'), 'kill').catch(() => undefined);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const launch = async (change: Partial<LaunchOptions> = {}): Promise<{ ended: Promise<void> }> => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    await launchTraining({ ...options, ...change }, end);
    return { ended };
  };

  /** Rows that the log has by now. */
  const rows = (): Promise<number> =>
    readRunFolder(options.output).then(({ console: log }) => log?.rows.length ?? 0);

  test('is followed by its log, and stopped with a checkpoint', async () => {
    const { ended } = await launch();
    expect(await launchState(options.output)).toMatchObject({ phase: 'running' });
    await expect.poll(rows).toBeGreaterThan(3);
    await expect(launchTraining(options, () => undefined)).rejects.toMatchObject({ code: 'JOB_STATE' });
    await stopTraining(options.output, 'checkpoint');
    await ended;
    expect(await launchState(options.output)).toMatchObject({ phase: 'ended', record: { code: 0 } });
    const { checkpoints, training } = await readRunFolder(options.output);
    expect(checkpoints).toHaveLength(1);
    expect(checkpoints[0]!.step).toBe(training.globalStep);
    expect(training.globalStep).toBeLessThan(2000);
    expect(await readFile(join(options.output, 'console.log'), 'utf8')).toMatch(/ended at step/);
    expect((await readdir(options.output)).sort()).toEqual([
      `checkpoint-${training.globalStep}`,
      'console.log',
      'refinery-training.json',
      'trainer_state.json',
    ]);
  });

  test('of several processes is started by torchrun, and all of them end when it is killed', async () => {
    // A stand-in for torchrun that starts processes in groups of their own, as newer releases do.
    const distributed = join(folder, 'code', 'torch', 'distributed');
    await mkdir(distributed, { recursive: true });
    for (const part of ['torch', 'torch/distributed'])
      await writeFile(join(folder, 'code', part, '__init__.py'), '');
    await writeFile(
      join(distributed, 'run.py'),
      [
        'import subprocess, sys',
        'count = int(sys.argv[2].partition("=")[2])',
        'assert sys.argv[1:3] == ["--standalone", f"--nproc_per_node={count}"], sys.argv',
        'made = [subprocess.Popen([sys.executable, "-u", *sys.argv[3:]], start_new_session=True) for _ in range(count)]',
        'print("started", *[one.pid for one in made], flush=True)',
        'sys.exit(max(one.wait() for one in made))',
      ].join('\n'),
    );
    const { ended } = await launch({ processes: 2 });
    await expect.poll(rows).toBeGreaterThan(3);
    const log = await readFile(join(options.output, 'console.log'), 'utf8');
    const [, ...started] = /^started (\d+) (\d+)$/m.exec(log) ?? [];
    expect(started).toHaveLength(2);
    await stopTraining(options.output, 'kill');
    await ended;
    if (process.platform === 'linux')
      await expect.poll(() => started.filter((pid) => isAlive(Number(pid)))).toEqual([]);
  });

  test('takes a signal as a wish for a checkpoint', { skip: process.platform === 'win32' }, async () => {
    const { ended } = await launch();
    await expect.poll(rows).toBeGreaterThan(3);
    const state = await launchState(options.output);
    process.kill(state!.record.pid, 'SIGINT');
    await ended;
    expect(await launchState(options.output)).toMatchObject({ phase: 'ended' });
    expect((await readRunFolder(options.output)).checkpoints).toHaveLength(1);
  });

  test('ends at once when it is killed', async () => {
    const { ended } = await launch();
    await stopTraining(options.output, 'kill');
    await ended;
    const state = await launchState(options.output);
    expect(state).toMatchObject({ phase: 'failed', record: { code: null, signal: 'SIGKILL' } });
    await expect(stopTraining(options.output, 'kill')).rejects.toMatchObject({ code: 'JOB_STATE' });
  });

  test('that fails tells the end of its log; a folder is not taken twice unless asked', async () => {
    const { ended } = await launch({ arguments: '--output_dir {output} --fail' });
    await ended;
    const state = await launchState(options.output);
    expect(state).toMatchObject({ phase: 'failed', record: { code: 1 } });
    expect(state!.tail.at(-1)).toBe('ValueError: no such model');
    await expect(launchTraining(options, () => undefined)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    const second = await launch({ again: true, arguments: '--output_dir {output} --steps 3' });
    await second.ended;
    expect(existsSync(join(options.output, 'console.log.1'))).toBe(true);
    expect(await launchState(options.output)).toMatchObject({ phase: 'ended' });
  });

  test('that is over is started again as it was, in its folder, with its older log kept', async () => {
    const { ended } = await launch({ arguments: '--output_dir {output} --steps 3' });
    await ended;
    const before = await launchState(options.output);
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    await launchAgain(options.output, scripts, () => end());
    await expect(launchAgain(options.output, scripts, () => undefined)).rejects.toMatchObject({
      code: 'JOB_STATE',
    });
    await over;
    const after = await launchState(options.output);
    expect(after).toMatchObject({ phase: 'ended', record: { command: before?.record.command } });
    expect(after?.record.startedAt).not.toBe(before?.record.startedAt);
    expect(await readdir(options.output)).toContain('console.log.1');
  });

  test('a Python that isn’t there, and a process that went away unseen', async () => {
    await expect(
      launchTraining({ ...options, python: join(folder, 'none') }, () => undefined),
    ).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
    });
    await writeFile(
      join(options.output, 'refinery-training.json'),
      JSON.stringify({
        version: 1,
        pid: 2 ** 30,
        startedAt: new Date().toISOString(),
        command: [],
        endedAt: null,
        code: null,
        signal: null,
      }),
    );
    expect(await launchState(options.output)).toMatchObject({ phase: 'lost' });
    await writeFile(join(options.output, 'refinery-training.json'), '{"version"');
    expect(await launchState(options.output)).toBeUndefined();
  });
});
