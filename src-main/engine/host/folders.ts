import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import envPaths from 'env-paths';
import { isBelow } from '../io/below.ts';

/** Where Refinery keeps its things. */
export interface Folders {
  /** Journal, settings, custom models. */
  readonly data: string;
  /** What can be made again: compiled models, thumbnails, the OpenVINO runtime. */
  readonly cache: string;
  /** Embedded models and samples. */
  readonly models: string;
  readonly samples: string;
  /** The person's own folder of pictures; null where nobody said which it is. */
  readonly pictures: string | null;
  /** The OpenVINO that a packaged Refinery brings along; not there in a checkout. */
  readonly runtime: string;
}

/** In the data folder, pictures that were pasted into the window. */
export const pastedFolder = 'pasted';

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
    pictures: env['REFINERY_PICTURES_DIR'] || null,
    runtime: join(resources, 'openvino'),
  };
}

/**
 * Where the results of a pasted picture go, which lies among Refinery's own things: a folder of the person's pictures.
 *
 * @returns null for every other picture, and where there is no folder of pictures.
 */
export function folderForPasted(
  picture: string,
  { data, pictures }: Pick<Folders, 'data' | 'pictures'>,
): string | null {
  return pictures !== null && isBelow(picture, join(data, pastedFolder)) ? join(pictures, 'Refinery') : null;
}

/** A path for people: the home folder is `~`. */
export function forPeople(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
