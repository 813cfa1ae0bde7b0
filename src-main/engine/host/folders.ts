import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import envPaths from 'env-paths';

/** Where Refinery keeps its things. */
export interface Folders {
  /** Journal, settings, custom models. */
  readonly data: string;
  /** What can be made again: compiled models, thumbnails, the OpenVINO runtime. */
  readonly cache: string;
  /** Embedded models and samples. */
  readonly models: string;
  readonly samples: string;
  /** The OpenVINO that a packaged Refinery brings along; not there in a checkout. */
  readonly runtime: string;
}

/** In the data folder, what a browser has sent. */
export const uploadsFolder = 'uploads';

/**
 * The system's folders for this user; `REFINERY_DATA_DIR` and `REFINERY_CACHE_DIR` put them elsewhere.
 *
 * @param resources folder that holds `models/` and `assets/`: the checkout, or the packaged app's resources.
 */
export function userFolders(resources: string, env: NodeJS.ProcessEnv = process.env): Folders {
  const system = envPaths('refinery', { suffix: '' });
  return {
    data: env['REFINERY_DATA_DIR'] || system.data,
    cache: env['REFINERY_CACHE_DIR'] || system.cache,
    models: join(resources, 'models'),
    samples: join(resources, 'assets', 'samples'),
    runtime: join(resources, 'openvino'),
  };
}

/** A path for people: the home folder is `~`. */
export function forPeople(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
