import { createRequire } from 'node:module';
import envPaths from 'env-paths';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import type { RuntimeCandidate } from '../../contract/models.ts';
import { createFfiAddon } from './ffi/index.ts';
import { findRuntimes } from './find.ts';

export { listDevices } from './devices.ts';
export { NotSupportedByRuntime } from './ffi/not-supported.ts';
export { findRuntimes, openvinoVersion } from './find.ts';
export {
  type Compiled,
  type CompileOptions,
  compileWithFallback,
  inferInPlace,
  inferInPlaceSync,
  type Precision,
  precisions,
} from './session.ts';

export interface LoadOptions {
  /** Folder of an OpenVINO to use before any other. */
  readonly path?: string;
  /** Takes only one of the two implementations. */
  readonly implementation?: 'addon' | 'ffi';
  /** Refinery's cache folder, where set-up puts OpenVINO. */
  readonly cacheDir?: string;
  /** Folder of the runtime that a packaged Refinery brings along. */
  readonly bundled?: string;
}

export interface LoadedOpenVino {
  /** The same object as `require('openvino-node').addon`. */
  readonly openvino: NodeAddon;
  readonly runtime: RuntimeCandidate;
}

/**
 * Finds an OpenVINO and gives the object that `require('openvino-node').addon` would: a program that is written for
 * openvino-node runs on it unchanged, whichever of the two implementations stands behind it.
 *
 * @throws {RefineryError} `RUNTIME_NOT_FOUND` when there is none, with what to do.
 */
export async function loadOpenVino(options: LoadOptions = {}): Promise<NodeAddon> {
  return (await loadOpenVinoWithDetails(options)).openvino;
}

/** Like {@link loadOpenVino}, and tells which one it is. */
export async function loadOpenVinoWithDetails(options: LoadOptions = {}): Promise<LoadedOpenVino> {
  const cacheDir =
    options.cacheDir ?? (process.env['REFINERY_CACHE_DIR'] || envPaths('refinery', { suffix: '' }).cache);
  const candidates = await findRuntimes({
    ...(options.path ? { explicit: options.path } : {}),
    cacheDir,
    ...(options.bundled ? { bundled: options.bundled } : {}),
    askPython: true,
  });
  const wanted = candidates.filter(
    ({ usable, implementation }) => usable && (options.implementation ?? implementation) === implementation,
  );
  let failure: unknown;
  for (const runtime of wanted) {
    try {
      return { openvino: load(runtime), runtime };
    } catch (thrown) {
      failure ??= thrown;
    }
  }
  throw new RefineryError('RUNTIME_NOT_FOUND', 'No OpenVINO runtime was found on this machine.', {
    hint: 'Run `npm run setup`, install the Python package openvino, or choose a folder in Settings.',
    details: [
      ...candidates.map(({ source, path, reason }) => `${source}: ${path || '–'}: ${reason ?? 'usable'}`),
      ...(failure instanceof Error ? [failure.message] : []),
    ].join('\n'),
  });
}

function load(runtime: RuntimeCandidate): NodeAddon {
  if (runtime.implementation === 'ffi') return createFfiAddon(runtime.path);
  const { addon } = createRequire(import.meta.url)('openvino-node') as { addon: NodeAddon };
  return addon;
}
