import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildCommandLine } from '../build.mjs';
import { cacheFolder, findNode } from '../lib/places.mjs';
import { installFfmpeg } from './apt.mjs';
import { installChromium, installElectron, installTestElectron } from './browsers.mjs';
import { installOpenVino } from './openvino.mjs';
import { installPackages } from './packages.mjs';

/**
 * Brings what a fresh machine lacks. Each step looks first and does nothing where all is there, so that this may run
 * before every start. It needs no package: plain Node 20 or later.
 *
 * @param {{ tests?: boolean, again?: boolean }} options `tests` brings what only tests need: a browser, an Electron, ffmpeg;
 *   `again` tries once more what failed on this machine before.
 */
export async function setUp({ tests = false, again = false } = {}) {
  await installPackages();
  if (!findNode()) {
    throw new Error(
      'The engine needs Node 24 or later. Install it from your system or nodejs.org and try again.',
    );
  }
  const memory = await openMemory(again);
  await installOpenVino(memory);
  await installElectron(memory);
  // Without it, commands run from the sources.
  await buildCommandLine().catch((error) => say(error.message));
  if (tests) {
    await installChromium();
    await installTestElectron();
    await installFfmpeg();
  }
}

/** Downloads that this machine refused are not tried at every start, but once a day. */
async function openMemory(again) {
  const file = join(cacheFolder(), 'setup.json');
  const failures = again ? {} : await readFile(file, 'utf8').then(JSON.parse, () => ({}));
  const day = 24 * 3_600_000;
  return {
    failedLately: (what) => Date.now() - (failures[what] ?? 0) < day,
    async failed(what) {
      failures[what] = Date.now();
      await mkdir(cacheFolder(), { recursive: true });
      await writeFile(file, JSON.stringify(failures));
    },
  };
}

/** One line of progress. */
export function say(text) {
  console.error(`set-up: ${text}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await setUp({ tests: process.argv.includes('--tests'), again: true });
    say('everything that this machine can have is there');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
