import { RefineryError } from '../../contract/errors.ts';
import { runProcess } from './process.ts';

/** The oldest Python that the pinned packages can be installed for. */
const oldest = [3, 10] as const;

export interface Python {
  readonly command: string;
  readonly args: readonly string[];
  /** Such as 3.12.4. */
  readonly version: string;
}

const usual: ReadonlyArray<readonly string[]> =
  process.platform === 'win32'
    ? [['py', '-3'], ['python'], ['python3']]
    : [['python3'], ['python'], ...[14, 13, 12, 11, 10].map((minor) => [`python3.${minor}`])];

/** Environments and pip must be there too: Debian has them in packages of their own. */
const question = 'import sys, venv, ensurepip; print(".".join(map(str, sys.version_info[:3])))';

/**
 * Finds a Python that can make the converter's environment.
 *
 * @param candidates commands with arguments, the best first.
 * @throws {RefineryError} `RUNTIME_NOT_FOUND`, with what was found instead.
 */
export async function findPython(
  candidates: ReadonlyArray<readonly string[]> = usual,
  signal?: AbortSignal,
): Promise<Python> {
  const found: string[] = [];
  for (const [command = '', ...args] of candidates) {
    let version = '';
    const { code, errors } = await runProcess(command, [...args, '-c', question], {
      ...(signal ? { signal } : {}),
      onLine: (line) => {
        version = line.trim();
      },
    });
    if (code === 0 && isEnough(version)) return { command, args, version };
    if (code === 0) found.push(`${command} is ${version}`);
    else if (/venv|ensurepip/.test(errors)) found.push(`${command} has no venv`);
  }
  const wanted = oldest.join('.');
  throw new RefineryError(
    'RUNTIME_NOT_FOUND',
    `Converting takes Python ${wanted} or later, with venv; ${found.length > 0 ? `here, ${found.join(', ')}` : 'none was found'}.`,
    {
      hint: 'Install it from python.org or your system’s packages (on Debian: apt install python3 python3-venv), or name an environment that has the packages in REFINERY_CONVERT_PYTHON.',
    },
  );
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
