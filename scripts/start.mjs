import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { findElectron, findNode, root } from './lib/places.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './setup/index.mjs';

/**
 * `npm start`: the window; where there is no screen or no Electron, the same interface in a browser. With files,
 * upscales them in the terminal.
 */
const files = process.argv.slice(2);

try {
  await setUp();
  if (files.length > 0) process.exitCode = await refinery(['upscale', ...files]);
  else {
    await build();
    const electron = findElectron();
    const screen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
    if (electron && screen) process.exitCode = await openWindow(electron);
    else {
      console.error(electron ? 'There is no screen here.' : 'There is no Electron here.');
      console.error('The same interface opens in a browser on this machine:');
      process.exitCode = await refinery(['serve']);
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function refinery(args) {
  return (await run(findNode(), [join(root, 'scripts', 'refinery.mjs'), ...args])).code;
}

async function openWindow(electron) {
  const main = join(root, 'dist', 'desktop', 'main.cjs');
  if (!existsSync(main)) throw new Error('The window has not been built.');
  // Chromium's sandbox refuses to run as root; nobody else is there to be protected from then.
  const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return (await run(electron, [...flags, main], { env: { ...process.env, REFINERY_NODE: findNode() } })).code;
}
