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
  const { code, output } = await run(npm, ['ci', '--no-audit', '--no-fund'], { cwd: root, quiet: true });
  if (code !== 0) throw new Error(`The packages could not be installed.\n${output.trim()}`);
  await writeFile(mark, hash);
}
