import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../lib/places.mjs';
import { run } from '../lib/run.mjs';
import { say } from './index.mjs';

/** Installs the packages of the lock file. No package's own script runs (see .npmrc). */
export async function installPackages() {
  const lock = await readFile(join(root, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  const mark = join(root, 'node_modules', '.refinery-lock');
  if ((await readFile(mark, 'utf8').catch(() => '')) === hash) return;
  say('installing packages (about 500 MB, a minute or two)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Not `npm ci`: it refuses a lock file made where not every system's packages can be seen. Versions are the lock's.
  const args = ['install', '--no-save', '--no-audit', '--no-fund'];
  const env = { ...process.env, npm_config_loglevel: 'error' };
  const { code, output } = await run(npm, args, { cwd: root, quiet: true, env });
  if (code !== 0) throw new Error(`The packages could not be installed.\n${output.trim()}`);
  await writeFile(mark, hash);
}
