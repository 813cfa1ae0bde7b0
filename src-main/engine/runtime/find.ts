import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { RuntimeCandidate } from '../../contract/models.ts';
import { findLibrary } from './ffi/library.ts';

/** The OpenVINO that Refinery is made for, and that set-up puts into the cache. */
export const openvinoVersion = '2026.4.0';

export interface FindOptions {
  /** Folder that the person chose; '' for none. */
  readonly explicit?: string;
  readonly cacheDir: string;
  /** Folder of the runtime that a packaged Refinery brings along. */
  readonly bundled?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether to ask Python where its `openvino` package is, which takes a moment. */
  readonly askPython?: boolean;
}

const require = createRequire(import.meta.url);

/** Folders below an OpenVINO's root that hold the libraries: the PyPI wheel's, the archive's, the system's. */
const libraryFolders = [
  '.',
  'libs',
  'openvino/libs',
  'runtime/lib/intel64',
  'runtime/lib/aarch64',
  'runtime/bin/intel64/Release',
  'lib',
];

/** Every place where an OpenVINO may be, in the order in which they are used, with what is wrong where one is not. */
export async function findRuntimes(options: FindOptions): Promise<RuntimeCandidate[]> {
  const environment = options.environment ?? process.env;
  const candidates: RuntimeCandidate[] = [];
  if (options.explicit) candidates.push(inFolder('chosen in Settings', options.explicit));
  if (options.bundled && existsSync(options.bundled))
    candidates.push(inFolder('Refinery itself', options.bundled));
  candidates.push(findAddon());
  candidates.push(
    inFolder('Refinery set-up', join(options.cacheDir, 'openvino', openvinoVersion, 'openvino')),
  );
  for (const name of ['INTEL_OPENVINO_DIR', 'OPENVINO_LIB_PATHS']) {
    for (const folder of (environment[name] ?? '').split(delimiter).filter(Boolean))
      candidates.push(inFolder(name, folder));
  }
  for (const name of ['VIRTUAL_ENV', 'CONDA_PREFIX']) {
    const root = environment[name];
    if (root) candidates.push(...pythonPackages(name, root));
  }
  if (options.askPython && !candidates.some(({ usable }) => usable)) candidates.push(await askPython());
  return candidates;
}

function findAddon(): RuntimeCandidate {
  const common = { source: 'openvino-node', implementation: 'addon' as const };
  try {
    const manifest = require.resolve('openvino-node/package.json');
    const { version } = require(manifest) as { version: string };
    const addon = join(dirname(manifest), 'bin', 'ov_node_addon.node');
    const usable = existsSync(addon);
    return {
      ...common,
      path: dirname(addon),
      version,
      usable,
      reason: usable ? null : 'Its native part has not been downloaded.',
    };
  } catch {
    return { ...common, path: '', version: null, usable: false, reason: 'The package is not installed.' };
  }
}

function inFolder(source: string, root: string): RuntimeCandidate {
  const path = libraryFolders
    .map((folder) => findLibrary(join(root, folder)))
    .find((found) => found !== undefined);
  return {
    source,
    implementation: 'ffi',
    path: path ?? root,
    version: path === undefined ? null : versionOf(path),
    usable: path !== undefined,
    reason: path === undefined ? "OpenVINO's C library is not in this folder." : null,
  };
}

/** The libraries' names end in year and release without dots: `.so.2640` is 2026.4.0. */
function versionOf(path: string): string | null {
  const match = /\.(?:so\.)?(\d{2})(\d)(\d)(?:\.dylib)?$/.exec(path);
  return match ? `20${match[1]}.${match[2]}.${match[3]}` : null;
}

function pythonPackages(source: string, root: string): RuntimeCandidate[] {
  const versions = ['3.10', '3.11', '3.12', '3.13', '3.14'];
  return [...versions.map((version) => join(root, 'lib', `python${version}`)), join(root, 'Lib')]
    .map((folder) => join(folder, 'site-packages', 'openvino'))
    .filter((folder) => existsSync(folder))
    .map((folder) => inFolder(source, folder));
}

async function askPython(): Promise<RuntimeCandidate> {
  const program =
    'import importlib.util as u; s = u.find_spec("openvino"); print(s.submodule_search_locations[0] if s else "")';
  const python = process.platform === 'win32' ? 'python' : 'python3';
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', program], { timeout: 10_000 });
    const folder = stdout.trim();
    if (folder) return inFolder('Python', folder);
  } catch {
    // No Python is as good as one without the package.
  }
  return {
    source: 'Python',
    implementation: 'ffi',
    path: '',
    version: null,
    usable: false,
    reason: 'No Python on the path has the openvino package.',
  };
}
