import {
  type EnvironmentKind,
  type EnvironmentPlan,
  installEnvironment,
  planEnvironment as plan,
} from '../python/environment.ts';
import { atLeast } from '../python/python.ts';

/** What a conversion needs beside PyTorch, diffusers and OpenVINO. */
export type Extra = 'int8' | 'onnx';

/** Pinned packages beside the script, with sizes measured on Linux. */
const base = { file: 'requirements.txt', download: 300, disk: 1_300 };
const extra = {
  int8: { file: 'requirements-int8.txt', download: 75, disk: 220 },
  onnx: { file: 'requirements-onnx.txt', download: 15, disk: 60 },
} as const;

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

/** Looks at what is installed. @throws {RefineryError} `INTERNAL` when Refinery's own requirements can't be read. */
export async function planEnvironment(options: EnvironmentOptions): Promise<EnvironmentPlan> {
  const kind: EnvironmentKind = {
    name: 'convert-python',
    requirements: options.scripts,
    parts: options.python ? [] : [base, ...[...new Set(options.extras)].map((name) => extra[name])],
    python: converting,
    // On Linux the usual builds bring gigabytes for graphics cards.
    torchIndex: 'https://download.pytorch.org/whl/cpu',
    work: 'the conversion',
  };
  const planned = await plan(options.cacheDir, kind);
  return options.python ? { ...planned, python: options.python } : planned;
}

/** The oldest Python that the pinned packages can be installed for. */
export const converting = atLeast([3, 10], {
  work: 'Converting',
  hint: 'Install it from python.org or your system’s packages (on Debian: apt install python3 python3-venv), or name an environment that has the packages in REFINERY_CONVERT_PYTHON.',
});

/**
 * Makes sure that the environment is there, for programs beside the converter.
 *
 * @returns its Python.
 */
export async function prepareConversion(
  options: EnvironmentOptions,
  onProgress: (doing: string) => void,
): Promise<string> {
  return installEnvironment(await planEnvironment(options), options.signal, onProgress);
}
