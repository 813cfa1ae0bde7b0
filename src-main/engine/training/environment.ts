import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { type EnvironmentKind, type EnvironmentPlan, planEnvironment } from '../python/environment.ts';
import { runProcess } from '../python/process.ts';
import { commandsFor, type PythonWanted } from '../python/python.ts';

/** What is right or wrong with an environment for JPQD. */
export interface EnvironmentFinding {
  readonly name: string;
  readonly severity: 'good' | 'warning' | 'error';
  /** What is there, such as a version; empty for nothing. */
  readonly found: string;
  readonly message: string;
}

const trainingPython: PythonWanted = {
  // PyTorch 2.1 has no build for later ones.
  accepts: ([major, minor]) => major === 3 && minor >= 8 && minor <= 11,
  range: '3.8 to 3.11, 3.10 or 3.11 at best',
  work: 'JPQD',
  hint: 'Install Python 3.11 (python.org, pyenv, or your system’s packages), or choose an environment that has the packages.',
  candidates: commandsFor([10, 11, 9, 8]),
};

/**
 * Refinery's own environment for trainings, with the last releases that were run together. Sizes are those on
 * Linux with builds for NVIDIA cards; builds for the processor, which are taken without such a card where PyTorch's own
 * index answers, take less.
 *
 * @param scripts folder of the requirements.
 */
export function trainingEnvironment(scripts: string): EnvironmentKind {
  const card = existsSync('/proc/driver/nvidia/version') || process.platform === 'win32';
  return {
    name: 'training-python',
    requirements: scripts,
    parts: [{ file: 'requirements.txt', download: 3_200, disk: 5_700 }],
    python: trainingPython,
    torchIndex: card ? '' : 'https://download.pytorch.org/whl/cpu',
    work: 'the installation',
  };
}

const Found = z.object({
  python: z.string(),
  packages: z.record(z.string(), z.string().nullable()),
  compiler: z.boolean(),
  /** Of builds of NNCF's extensions: the folder that each lies in, and its age. */
  locks: z.array(z.object({ folder: z.string(), seconds: z.number() })).default([]),
  import: z.string().nullable().optional(),
});
export type FoundEnvironment = z.infer<typeof Found>;

/**
 * The interpreter of an environment's folder, as venv or conda makes them.
 *
 * @throws {RefineryError} `INPUT_UNSUPPORTED` where there is none.
 */
export function interpreterOf(folder: string): string {
  const places = ['bin/python', 'bin/python3', 'Scripts/python.exe', 'python.exe'];
  const found = places.map((place) => join(folder, place)).find((path) => existsSync(path));
  if (found) return found;
  throw new RefineryError('INPUT_UNSUPPORTED', `${basename(folder)} is no Python environment.`, {
    hint: 'Choose the folder that python -m venv or conda made: it holds bin/python.',
  });
}

/**
 * Looks what an environment has.
 *
 * @param python its interpreter.
 * @param whether to try the import that a training begins with, too.
 * @throws {RefineryError} `RUNTIME_FAILED` when it can't even be started.
 */
export async function lookAtEnvironment(
  python: string,
  scripts: string,
  { tryImport, signal }: { readonly tryImport: boolean; readonly signal?: AbortSignal },
): Promise<FoundEnvironment> {
  let last = '';
  const { code, errors } = await runProcess(
    python,
    [join(scripts, 'check.py'), ...(tryImport ? ['import'] : [])],
    {
      ...(signal ? { signal } : {}),
      onLine: (line) => {
        if (line.startsWith('{')) last = line;
      },
    },
  );
  try {
    return Found.parse(JSON.parse(last));
  } catch (cause) {
    throw new RefineryError('RUNTIME_FAILED', 'This Python can’t be started.', {
      hint: 'Choose the python program of an environment, such as bin/python in its folder.',
      details: `${code}\n${errors}`,
      cause,
    });
  }
}

/** Versions that were run together; see the requirements. */
const ran: Readonly<Record<string, string>> = {
  torch: '2.1.2',
  transformers: '4.38.2',
  optimum: '1.17.1',
  'optimum-intel': '1.15.2',
  nncf: '2.8.1',
  openvino: '2023.3.0',
  onnx: '1.15.0',
  datasets: '2.18.0',
  accelerate: '0.27.2',
};

type Verdict = Pick<EnvironmentFinding, 'severity' | 'message'>;

/** What is known of other versions than those that ran; missing: nothing. */
const known: Readonly<Record<string, (version: readonly number[]) => Verdict | undefined>> = {
  'optimum-intel': (version) =>
    isAtLeast(version, [1, 22])
      ? bad('OVTrainer is gone since 1.22.', 'optimum-intel==1.15.2')
      : isAtLeast(version, [1, 7, 3])
        ? undefined
        : bad('It is from before OVTrainer.', 'optimum-intel==1.15.2'),
  nncf: (version) =>
    isAtLeast(version, [3])
      ? bad('Movement sparsity is gone since 3.0.', 'nncf==2.8.1')
      : isAtLeast(version, [2, 17])
        ? {
            severity: 'warning',
            message: 'It prunes only with NNCF_TORCH_LEGACY_TRACING=1, which is set here. Not tried.',
          }
        : isAtLeast(version, [2, 4])
          ? undefined
          : bad('Movement sparsity came with 2.4.', 'nncf==2.8.1'),
  transformers: (version) =>
    isAtLeast(version, [4, 46])
      ? bad('optimum-intel’s OVTrainer refuses it since 4.46.', 'transformers==4.38.2')
      : undefined,
  torch: (version) =>
    isAtLeast(version, [2, 13])
      ? bad('OVTrainer can’t be imported with it: a name that it needs is gone.', 'torch==2.1.2')
      : undefined,
};

const bad = (why: string, pin: string): Verdict => ({
  severity: 'error',
  message: `${why} Install ${pin}, or let Refinery make an environment.`,
});

/** Seconds that NNCF's extensions take to compile on a slow machine, and more. */
const longestBuild = 900;

/** Judges what was found by what ran, and by what is known to fail. */
export function judgeEnvironment({
  python,
  packages,
  compiler,
  locks,
  import: failure,
}: FoundEnvironment): EnvironmentFinding[] {
  const [major = 0, minor = 0] = python.split('.').map(Number);
  const findings: EnvironmentFinding[] = [
    {
      name: 'Python',
      found: python,
      ...(major === 3 && (minor === 10 || minor === 11)
        ? { severity: 'good', message: 'One that was tried.' }
        : trainingPython.accepts([major, minor])
          ? { severity: 'warning', message: 'Only 3.10 and 3.11 were tried.' }
          : {
              severity: 'error',
              message: 'PyTorch 2.1 has no build for it. Make an environment with Python 3.11.',
            }),
    },
  ];
  for (const [name, pin] of Object.entries(ran)) {
    const found = packages[name] ?? '';
    const version = numbers(found);
    if (found === '') {
      findings.push({ name, found, severity: 'error', message: `It is missing. Install ${name}==${pin}.` });
    } else if (found.split('+')[0] === pin) {
      findings.push({ name, found, severity: 'good', message: 'The one that was tried.' });
    } else {
      const verdict = known[name]?.(version) ?? { severity: 'warning', message: `Not tried; ${pin} was.` };
      findings.push({ name, found, ...verdict });
    }
  }
  findings.push({
    name: 'C++ compiler',
    found: compiler ? 'there' : '',
    ...(compiler
      ? { severity: 'good', message: 'NNCF compiles a part of itself when it is first used.' }
      : {
          severity: 'error',
          message:
            'NNCF compiles a part of itself when it is first used. Install one (on Debian: apt install g++).',
        }),
  });
  for (const { folder } of locks.filter(({ seconds }) => seconds > longestBuild)) {
    findings.push({
      name: 'NNCF’s extension',
      found: 'locked',
      severity: 'error',
      message: `A program that compiled it was killed and left its lock, for which a training waits in vain. Delete the folder ${folder}.`,
    });
  }
  if (failure !== undefined) {
    findings.push({
      name: 'OVTrainer',
      found: failure === null ? 'there' : '',
      ...(failure === null
        ? { severity: 'good', message: 'It can be imported.' }
        : { severity: 'error', message: `It can’t be imported: ${failure.slice(0, 300)}` }),
    });
  }
  return findings;
}

const numbers = (version: string): number[] => version.split(/[.+]/).map(Number).filter(Number.isFinite);

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  for (const [index, part] of least.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

export const planTrainingEnvironment = (cacheDir: string, scripts: string): Promise<EnvironmentPlan> =>
  planEnvironment(cacheDir, trainingEnvironment(scripts));
