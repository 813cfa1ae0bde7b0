import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import { exists } from '../io/atomic.ts';
import { withLock } from '../io/lock.ts';
import { runProcess } from './process.ts';
import { findPython, type PythonWanted } from './python.ts';

/** Pinned packages in one file, with their size: to download, and on the disk, in MB. */
export interface RequirementsPart {
  readonly file: string;
  readonly download: number;
  readonly disk: number;
}

/** A Python environment of Refinery's own, for one kind of work. */
export interface EnvironmentKind {
  /** Its folder in the cache. */
  readonly name: string;
  /** Folder of the requirements. */
  readonly requirements: string;
  /** The first one's versions hold for all others. */
  readonly parts: readonly RequirementsPart[];
  readonly python: PythonWanted;
  /** Where PyTorch keeps its builds for the processor, taken when it answers; '' takes the usual ones. */
  readonly torchIndex: string;
  /** For a person, such as "the conversion". */
  readonly work: string;
}

/** Which requirements are installed, by the hash of their file; written after the last package. */
const Marker = z.object({ version: z.literal(1), installed: z.record(z.string(), z.string()) });

/** What must be installed before the work can begin. */
export interface EnvironmentPlan {
  readonly kind: EnvironmentKind;
  readonly folder: string;
  /** Of the environment. */
  readonly python: string;
  readonly missing: ReadonlyArray<{ readonly file: string; readonly hash: string }>;
  /** In MB; 0 where nothing is missing. */
  readonly download: number;
  readonly disk: number;
}

/** Looks at what is installed. @throws {RefineryError} `INTERNAL` when Refinery's own requirements can't be read. */
export async function planEnvironment(cacheDir: string, kind: EnvironmentKind): Promise<EnvironmentPlan> {
  const folder = join(cacheDir, kind.name);
  const python = join(
    folder,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const installed = (await exists(python)) ? await readMarker(folder) : {};
  const all = await Promise.all(
    kind.parts.map(async (part) => {
      const text = await readFile(join(kind.requirements, part.file), 'utf8');
      return { ...part, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
  const missing = all.filter(({ file, hash }) => installed[file] !== hash);
  const sum = (size: 'download' | 'disk'): number => missing.reduce((total, part) => total + part[size], 0);
  return { kind, folder, python, missing, download: sum('download'), disk: sum('disk') };
}

/**
 * Makes the environment, or completes it: what an interrupted installation has done is kept. Of several at once, also
 * in other processes, one installs and the others wait for it.
 *
 * @param onProgress gets what pip is at, a few words.
 * @returns its Python.
 * @throws {RefineryError} `RUNTIME_NOT_FOUND` without a Python, `DISK_FULL`, `DOWNLOAD_FAILED`, `CANCELLED`.
 */
export async function installEnvironment(
  plan: EnvironmentPlan,
  signal: AbortSignal | undefined,
  onProgress: (doing: string) => void,
): Promise<string> {
  if (plan.missing.length === 0) return plan.python;
  const place = dirname(plan.folder);
  await mkdir(place, { recursive: true });
  return withLock(
    `${plan.folder}.lock`,
    { signal, onWait: () => onProgress('Waiting for another Refinery that installs the same packages') },
    // The other one may have done it meanwhile.
    async () => install(await planEnvironment(place, plan.kind), signal, onProgress),
  );
}

async function install(
  plan: EnvironmentPlan,
  signal: AbortSignal | undefined,
  onProgress: (doing: string) => void,
): Promise<string> {
  const { kind, folder, python, missing } = plan;
  const [first] = kind.parts;
  if (missing.length === 0 || !first) return python;
  const stoppable = signal ? { signal } : {};
  const place = dirname(folder);
  await checkSpace(place, (plan.disk + plan.download) * 1e6);
  if (!(await exists(python))) {
    const { command, args, version } = await findPython(kind.python, signal);
    onProgress(`Making an environment with Python ${version}`);
    // What has no Python in it is no environment, whatever else lies there.
    await rm(folder, { recursive: true, force: true });
    const made = await runProcess(command, [...args, '-m', 'venv', folder], stoppable);
    if (made.code !== 0) throw failed(kind, 'No Python environment could be made', made.errors);
  }
  const files = missing.flatMap(({ file }) => ['-r', join(kind.requirements, file)]);
  const index =
    process.platform === 'linux' &&
    kind.torchIndex !== '' &&
    (await answers(`${kind.torchIndex}/torch/`, signal));
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  // What is there already keeps its version.
  const pinned = ['-c', join(kind.requirements, first.file)];
  const { code, errors } = await runProcess(
    python,
    [...pip, ...(index ? ['--extra-index-url', kind.torchIndex] : []), ...files, ...pinned],
    {
      ...stoppable,
      onLine(line) {
        const told = doingOf(line);
        if (told !== undefined) onProgress(told);
      },
    },
  );
  if (code !== 0) throw failed(kind, 'The Python packages could not be installed', errors);
  const now = Object.fromEntries(missing.map(({ file, hash }) => [file, hash]));
  const installed = { ...(await readMarker(folder)), ...now };
  await writeFileAtomic(join(folder, 'refinery.json'), JSON.stringify({ version: 1, installed }));
  return python;
}

/** What a line of pip's says that it does, in a few words; undefined for other lines. */
function doingOf(line: string): string | undefined {
  const packages = /^Installing collected packages: (.*)$/.exec(line)?.[1]?.split(', ').length;
  if (packages !== undefined) return `Installing ${packages} packages`;
  // pip adds whose requirement it is, with that file's place.
  const [, doing, what = ''] = /^\s*(Collecting|Downloading)\b\s*(.*?)(?: \(from .*)?$/.exec(line) ?? [];
  return doing && `${doing} ${what}`.slice(0, 100);
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

function failed({ work }: EnvironmentKind, what: string, errors: string): RefineryError {
  const full = /No space left|ENOSPC/i.test(errors);
  return new RefineryError(full ? 'DISK_FULL' : 'DOWNLOAD_FAILED', `${what}.`, {
    hint: full
      ? `Free some space and start ${work} again.`
      : `Check the connection and start ${work} again; what was done is kept. Behind a proxy, set up pip’s configuration.`,
    details: errors,
  });
}
