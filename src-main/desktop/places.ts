import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the parts of the app lie, packaged or in a checkout. */
export interface Places {
  readonly renderer: string;
  readonly preload: string;
  readonly icon: string;
  /** The Node that runs the engine, and the engine's entry file. */
  readonly node: string;
  readonly engine: string;
  /** Folder that holds `models/` and `assets/`. */
  readonly resources: string;
}

export function findPlaces(): Places {
  // This file is bundled into dist/desktop/.
  const root = join(__dirname, '..', '..');
  const packaged = join(process.resourcesPath, 'engine', 'entry.mjs');
  const isPackaged = existsSync(packaged);
  const resources = isPackaged ? process.resourcesPath : root;
  return {
    renderer: join(__dirname, '..', 'renderer'),
    preload: join(__dirname, '..', 'preload', 'preload.cjs'),
    icon: join(resources, 'assets', 'icons', 'refinery.png'),
    node: isPackaged
      ? join(process.resourcesPath, 'node', process.platform === 'win32' ? 'node.exe' : 'node')
      : (process.env['REFINERY_NODE'] ?? 'node'),
    engine: isPackaged ? packaged : join(root, 'src-main', 'engine', 'host', 'entry.ts'),
    resources,
  };
}
