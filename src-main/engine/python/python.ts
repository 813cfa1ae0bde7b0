import { RefineryError } from '../../contract/errors.ts';
import { runProcess } from './process.ts';

export interface Python {
  readonly command: string;
  readonly args: readonly string[];
  /** Such as 3.12.4. */
  readonly version: string;
}

type Version = readonly [major: number, minor: number];

/** Which Python some work takes, and what a person is told where there is none. */
export interface PythonWanted {
  readonly accepts: (version: Version) => boolean;
  /** "3.10 or later". */
  readonly range: string;
  /** Begins a sentence: "Converting". */
  readonly work: string;
  readonly hint: string;
  /** Commands with arguments, the best first. */
  readonly candidates: ReadonlyArray<readonly string[]>;
}

const minors = [14, 13, 12, 11, 10, 9, 8];

/** Commands that a Python of one of these minor versions may be under, the best first. */
export const commandsFor = (wanted: readonly number[]): ReadonlyArray<readonly string[]> =>
  process.platform === 'win32'
    ? [...wanted.map((minor) => ['py', `-3.${minor}`]), ['python'], ['python3']]
    : [...wanted.map((minor) => [`python3.${minor}`]), ['python3'], ['python']];

/** A Python of some version or later. */
export function atLeast(oldest: Version, words: Pick<PythonWanted, 'work' | 'hint'>): PythonWanted {
  return {
    ...words,
    accepts: ([major, minor]) => major > oldest[0] || (major === oldest[0] && minor >= oldest[1]),
    range: `${oldest.join('.')} or later`,
    candidates:
      process.platform === 'win32'
        ? [['py', '-3'], ['python'], ['python3']]
        : [['python3'], ['python'], ...minors.map((minor) => [`python3.${minor}`])],
  };
}

/** Environments and pip must be there too: Debian has them in packages of their own. */
const question = 'import sys, venv, ensurepip; print(".".join(map(str, sys.version_info[:3])))';

/**
 * Finds a Python that can make an environment.
 *
 * @throws {RefineryError} `RUNTIME_NOT_FOUND`, with what was found instead.
 */
export async function findPython(wanted: PythonWanted, signal?: AbortSignal): Promise<Python> {
  const found: string[] = [];
  for (const [command = '', ...args] of wanted.candidates) {
    let version = '';
    const { code, errors } = await runProcess(command, [...args, '-c', question], {
      ...(signal ? { signal } : {}),
      onLine: (line) => {
        version = line.trim();
      },
    });
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (code === 0 && wanted.accepts([major, minor])) return { command, args, version };
    if (code === 0) found.push(`${command} is ${version}`);
    else if (/venv|ensurepip/.test(errors)) found.push(`${command} has no venv`);
  }
  const { work, range, hint } = wanted;
  throw new RefineryError(
    'RUNTIME_NOT_FOUND',
    `${work} takes Python ${range}, with venv; ${found.length > 0 ? `here, ${found.join(', ')}` : 'none was found'}.`,
    { hint },
  );
}
