import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { exists } from '../io/atomic.ts';
import { runProcess } from './process.ts';
import { findPython } from './python.ts';

/** What a conversion needs beside PyTorch, diffusers and OpenVINO. */
export type Extra = 'int8' | 'onnx';

/** Pinned packages beside the script, with their size: to download, and on the disk, in MB, measured on Linux. */
const parts = {
  base: { file: 'requirements.txt', download: 300, disk: 1_300 },
  int8: { file: 'requirements-int8.txt', download: 75, disk: 220 },
  onnx: { file: 'requirements-onnx.txt', download: 15, disk: 60 },
} as const;

type Part = keyof typeof parts;

/** Where PyTorch keeps its builds for the processor; on Linux the usual ones bring gigabytes for graphics cards. */
const processorBuilds = 'https://download.pytorch.org/whl/cpu';

/** Which requirements are installed, by the hash of their file; written after the last package. */
const Marker = z.object({ version: z.literal(1), installed: z.record(z.string(), z.string()) });

export interface EnvironmentOptions {
  /** Refinery's cache folder. */
  readonly cacheDir: string;
  /** Folder of the script and its requirements. */
  readonly scripts: string;
  readonly extras: readonly Extra[];
  /** A Python that has all packages: taken as it is, and nothing is installed. */
  readonly python?: string;
  readonly signal?: AbortSignal;
}

/** What must be installed before a conversion can begin. */
export interface EnvironmentPlan {
  readonly folder: string;
  /** Of the environment. */
  readonly python: string;
  readonly missing: ReadonlyArray<{ readonly part: Part; readonly file: string; readonly hash: string }>;
  /** In MB; 0 where nothing is missing. */
  readonly download: number;
  readonly disk: number;
}

/** Looks at what is installed. @throws {RefineryError} `INTERNAL` when Refinery's own requirements can't be read. */
export async function planEnvironment(options: EnvironmentOptions): Promise<EnvironmentPlan> {
  const folder = join(options.cacheDir, 'convert-python');
  const own = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  if (options.python) return { folder, python: options.python, missing: [], download: 0, disk: 0 };
  const installed = (await exists(own)) ? await readMarker(folder) : {};
  const wanted: Part[] = ['base', ...new Set(options.extras)];
  const all = await Promise.all(
    wanted.map(async (part) => {
      const { file } = parts[part];
      const text = await readFile(join(options.scripts, file), 'utf8');
      return { part, file, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
  const missing = all.filter(({ part, hash }) => installed[part] !== hash);
  const sum = (size: 'download' | 'disk'): number =>
    missing.reduce((total, { part }) => total + parts[part][size], 0);
  return { folder, python: own, missing, download: sum('download'), disk: sum('disk') };
}

/**
 * Makes the environment, or completes it: what an interrupted installation has done is kept.
 *
 * @param onProgress gets what pip is at, a few words.
 * @returns its Python.
 * @throws {RefineryError} `RUNTIME_NOT_FOUND` without a Python, `DISK_FULL`, `DOWNLOAD_FAILED`, `CANCELLED`.
 */
export async function installEnvironment(
  plan: EnvironmentPlan,
  options: EnvironmentOptions,
  onProgress: (doing: string) => void,
): Promise<string> {
  const { folder, python, missing } = plan;
  if (missing.length === 0) return python;
  const { signal } = options;
  const stoppable = signal ? { signal } : {};
  await mkdir(options.cacheDir, { recursive: true });
  await checkSpace(options.cacheDir, (plan.disk + plan.download) * 1e6);
  if (!(await exists(python))) {
    const { command, args, version } = await findPython(undefined, signal);
    onProgress(`Making an environment with Python ${version}`);
    // What has no Python in it is no environment, whatever else lies there.
    await rm(folder, { recursive: true, force: true });
    const made = await runProcess(command, [...args, '-m', 'venv', folder], stoppable);
    if (made.code !== 0) throw failed('No Python environment could be made', made.errors);
  }
  const files = missing.flatMap(({ file }) => ['-r', join(options.scripts, file)]);
  const index = process.platform === 'linux' && (await answers(`${processorBuilds}/torch/`, signal));
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  // What is there already keeps its version.
  const pinned = ['-c', join(options.scripts, parts.base.file)];
  const { code, errors } = await runProcess(
    python,
    [...pip, ...(index ? ['--extra-index-url', processorBuilds] : []), ...files, ...pinned],
    {
      ...stoppable,
      onLine(line) {
        const doing = /^\s*(Collecting|Downloading|Installing collected packages)\b:?\s*(.*)$/.exec(line);
        if (doing) onProgress(`${doing[1]} ${doing[2]}`.slice(0, 100));
      },
    },
  );
  if (code !== 0) throw failed('The Python packages could not be installed', errors);
  const now = Object.fromEntries(missing.map(({ part, hash }) => [part, hash]));
  const installed = { ...(await readMarker(folder)), ...now };
  await writeFileAtomic(join(folder, 'refinery.json'), JSON.stringify({ version: 1, installed }));
  return python;
}

async function readMarker(folder: string): Promise<Record<string, string>> {
  try {
    return Marker.parse(JSON.parse(await readFile(join(folder, 'refinery.json'), 'utf8'))).installed;
  } catch {
    // None, or half of one: pip looks for itself what is there.
    return {};
  }
}

async function answers(url: string, signal: AbortSignal | undefined): Promise<boolean> {
  const patience = AbortSignal.timeout(6_000);
  try {
    const either = signal ? AbortSignal.any([signal, patience]) : patience;
    return (await fetch(url, { method: 'HEAD', signal: either })).ok;
  } catch {
    return false;
  }
}

/** @throws {RefineryError} `DISK_FULL`. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > bytes) return;
  throw new RefineryError(
    'DISK_FULL',
    `This takes ${Math.ceil(bytes / 1e6)} MB in ${folder}; ${Math.floor((bavail * bsize) / 1e6)} MB are free.`,
    { hint: 'Free some space, choose another folder, or put the cache elsewhere with REFINERY_CACHE_DIR.' },
  );
}

function failed(what: string, errors: string): RefineryError {
  const full = /No space left|ENOSPC/i.test(errors);
  return new RefineryError(full ? 'DISK_FULL' : 'DOWNLOAD_FAILED', `${what}.`, {
    hint: full
      ? 'Free some space and start the conversion again.'
      : 'Check the connection and start the conversion again; what was done is kept. Behind a proxy, set up pip’s configuration.',
    details: errors,
  });
}

/**
 * Makes sure that the environment is there, for programs beside the converter.
 *
 * @returns its Python.
 * @throws {RefineryError} as {@link installEnvironment}.
 */
export async function prepareConversion(
  options: EnvironmentOptions,
  onProgress: (doing: string) => void,
): Promise<string> {
  return installEnvironment(await planEnvironment(options), options, onProgress);
}
