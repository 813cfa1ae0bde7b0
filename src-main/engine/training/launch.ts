import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { exists } from '../io/atomic.ts';
import { fillArguments } from './arguments.ts';

export interface LaunchOptions {
  readonly python: string;
  /** The person's training script. */
  readonly script: string;
  /** As on a command line, with `{output}` and `{config}`. */
  readonly arguments: string;
  readonly config?: string;
  /** The training's own folder, made if it isn't there. */
  readonly output: string;
  /** Folder of `launch.py`. */
  readonly scripts: string;
  /** Goes on in a folder that a training wrote to before. */
  readonly again: boolean;
  /** How many train together, as torchrun starts them: one for each card; 1 unless told. */
  readonly processes?: number;
}

/** A training that was started here, as its folder remembers it: it outlives the window and the engine. */
const Record = z.object({
  version: z.literal(1),
  pid: z.int(),
  startedAt: z.string(),
  command: z.array(z.string()),
  /** null while it runs. */
  endedAt: z.string().nullable(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
});
export type LaunchRecord = z.infer<typeof Record>;

export type LaunchPhase = 'running' | 'stopping' | 'ended' | 'failed' | 'lost';

export interface LaunchState {
  readonly phase: LaunchPhase;
  readonly record: LaunchRecord;
  /** The last lines of the log. */
  readonly tail: readonly string[];
}

const recordFile = 'refinery-training.json';
const stopFile = '.refinery-stop';
const launchScript = 'launch.py';
/** A name that the reader of runs takes for a console log. */
const logFile = 'console.log';

const tailLength = 4_000;
const tailLines = 12;

/**
 * Starts a training in a process group of its own, its output going to `console.log` in its folder. It runs on when this
 * process ends.
 *
 * @param onEnd is called when it ends while this process lives.
 * @throws {RefineryError} `OUTPUT_EXISTS` for a folder that holds a training, `JOB_STATE` when one runs there,
 *   `BAD_REQUEST` for arguments that say too little, `RUNTIME_FAILED` when the process can't be started.
 */
export async function launchTraining(options: LaunchOptions, onEnd: () => void): Promise<LaunchState> {
  const { python, script, output, scripts } = options;
  const filled = fillArguments(options.arguments, { output, config: options.config });
  const before = await launchState(output);
  if (before && (before.phase === 'running' || before.phase === 'stopping')) {
    throw new RefineryError('JOB_STATE', 'A training runs in this folder.', {
      hint: 'Stop it first, or take another folder.',
    });
  }
  await mkdir(output, { recursive: true });
  if (!options.again && (await readdir(output)).length > 0) {
    throw new RefineryError('OUTPUT_EXISTS', `There is something in ${basename(output)} already.`, {
      hint: 'Take another name, or let the training go on there.',
    });
  }
  const { processes = 1 } = options;
  const together =
    processes > 1 ? ['-m', 'torch.distributed.run', '--standalone', `--nproc_per_node=${processes}`] : [];
  const launcher = [...together, join(scripts, launchScript), join(output, stopFile)];
  return begin(output, [python, '-u', ...launcher, script, ...filled], onEnd);
}

/**
 * Starts a training again that is over, in its folder and as it was started: what it goes on from is up to its script.
 *
 * @param scripts folder of `launch.py`, which may be another one than then.
 * @throws {RefineryError} `JOB_STATE` when one runs there or none was started, `RUNTIME_FAILED`.
 */
export async function launchAgain(output: string, scripts: string, onEnd: () => void): Promise<LaunchState> {
  const before = await launchState(output);
  if (!before || before.phase === 'running' || before.phase === 'stopping') {
    throw new RefineryError(
      'JOB_STATE',
      before ? 'A training runs in this folder.' : 'No training was started here.',
    );
  }
  const command = before.record.command.map((part) =>
    basename(part) === launchScript ? join(scripts, launchScript) : part,
  );
  return begin(output, command, onEnd);
}

/** @param command with the file that stops it before the training script. */
async function begin(output: string, command: readonly string[], onEnd: () => void): Promise<LaunchState> {
  await rm(join(output, stopFile), { force: true });
  await rotate(output);
  const script = command[command.indexOf(join(output, stopFile)) + 1] ?? '';
  const log = await open(join(output, logFile), 'ax');
  let child: ChildProcess;
  try {
    child = await started(command, dirname(script), log.fd);
  } finally {
    await log.close();
  }
  const record: LaunchRecord = {
    version: 1,
    pid: child.pid!,
    startedAt: new Date().toISOString(),
    command: [...command],
    endedAt: null,
    code: null,
    signal: null,
  };
  await writeRecord(output, record);
  child.once('exit', (code, signal) => {
    void writeRecord(output, { ...record, endedAt: new Date().toISOString(), code, signal })
      .then(() => rm(join(output, stopFile), { force: true }))
      .finally(onEnd);
  });
  child.unref();
  return { phase: 'running', record, tail: [] };
}

function started(
  [command = '', ...args]: readonly string[],
  cwd: string,
  log: number,
): Promise<ChildProcess> {
  const child = spawn(command, args, {
    cwd,
    env: {
      ...process.env,
      // As in an activated environment: NNCF calls its ninja.
      PATH: [dirname(command), process.env['PATH']].join(delimiter),
      // NNCF from 2.17 on needs it; others don't know it.
      NNCF_TORCH_LEGACY_TRACING: '1',
      // When it is first used NNCF compiles a part of itself, and gives up after a minute that a busy machine doesn't do with.
      NNCF_EXTENSION_LOAD_TIMEOUT: '900',
      PYTHONIOENCODING: 'utf-8',
    },
    stdio: ['ignore', log, log],
    detached: true,
    windowsHide: true,
  });
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) =>
      reject(
        new RefineryError('RUNTIME_FAILED', 'The training can’t be started with this Python.', {
          hint: 'Choose the python program of an environment, such as bin/python in its folder.',
          cause,
        }),
      ),
    );
  });
}

/** Older logs get higher numbers. */
async function rotate(folder: string): Promise<void> {
  const numbers = (await readdir(folder)).flatMap((name) => {
    const found = /^console\.log(?:\.(\d+))?$/.exec(name);
    return found ? [Number(found[1] ?? 0)] : [];
  });
  for (const number of numbers.sort((one, other) => other - one)) {
    const from = join(folder, number === 0 ? logFile : `${logFile}.${number}`);
    await rename(from, join(folder, `${logFile}.${number + 1}`));
  }
}

const writeRecord = (folder: string, record: LaunchRecord): Promise<void> =>
  writeFileAtomic(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);

/** What became of the training that was started in a folder; undefined where none was. */
export async function launchState(folder: string): Promise<LaunchState | undefined> {
  const text = await readFile(join(folder, recordFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = Record.safeParse(parsed(text)).data;
  if (!record) return undefined;
  const phase = await phaseOf(folder, record);
  return { phase, record, tail: await tailOf(folder) };
}

async function phaseOf(folder: string, record: LaunchRecord): Promise<LaunchPhase> {
  if (record.endedAt !== null) return record.code === 0 ? 'ended' : 'failed';
  if (!(await isOurs(record.pid, folder))) return 'lost';
  return (await exists(join(folder, stopFile))) ? 'stopping' : 'running';
}

/** A number that was given to another process since is not ours; where the system tells its command, that is looked at. */
async function isOurs(pid: number, folder: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // It is empty at first: a process that has just been started has no command for a moment.
  return command === '' || command.includes(join(folder, stopFile));
}

async function tailOf(folder: string): Promise<string[]> {
  const log = await open(join(folder, logFile), 'r').catch(() => undefined);
  if (!log) return [];
  try {
    const { size } = await log.stat();
    const length = Math.min(size, tailLength);
    const { buffer } = await log.read(Buffer.alloc(length), 0, length, size - length);
    // Of a progress bar, which goes back over itself, only the last state is a line.
    const lines = buffer
      .toString('utf8')
      .split('\n')
      .map((line) => line.trimEnd().split('\r').at(-1) ?? '');
    return lines.filter((line) => line.trim() !== '').slice(-tailLines);
  } finally {
    await log.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Stops a training: `checkpoint` asks it to save after the step at hand and end; `kill` ends it and all that it started at
 * once, and what it did since the last checkpoint is lost.
 *
 * @throws {RefineryError} `JOB_STATE` when none runs there.
 */
export async function stopTraining(folder: string, how: 'checkpoint' | 'kill'): Promise<void> {
  const state = await launchState(folder);
  if (!state || (state.phase !== 'running' && state.phase !== 'stopping')) {
    throw new RefineryError('JOB_STATE', 'No training runs in this folder.');
  }
  if (how === 'checkpoint') {
    await writeFile(join(folder, stopFile), '');
    return;
  }
  const { pid } = state.record;
  // Newer releases of torchrun put each process into a group of its own.
  const others = await descendantsOf(pid);
  for (const one of [process.platform === 'win32' ? pid : -pid, ...others]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** What a process has started, and that in turn; empty where the system doesn't list processes in /proc. */
async function descendantsOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    all.map(async (name) => {
      const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
      return [Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1])] as const;
    }),
  );
  const found: number[] = [];
  for (let from = [pid]; from.length > 0; ) {
    const children = parents.flatMap(([child, parent]) => (from.includes(parent) ? [child] : []));
    found.push(...children);
    from = children;
  }
  return found;
}
