import { existsSync } from 'node:fs';
import { run } from '../lib/run.mjs';
import { say } from './index.mjs';

export const isRootOnDebian = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** Packages of Debian. @returns {Promise<boolean>} whether they are there now. */
export async function aptInstall(packages) {
  await run('apt-get', ['update'], { quiet: true, timeout: 300_000 });
  const { code } = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    quiet: true,
    timeout: 900_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return code === 0;
}

/** What reads videos, for its tests; where it isn't, they are skipped. */
export async function installFfmpeg() {
  if (existsSync('/usr/bin/ffmpeg') || !isRootOnDebian()) return;
  say('installing ffmpeg for the tests');
  await aptInstall(['ffmpeg']);
}
