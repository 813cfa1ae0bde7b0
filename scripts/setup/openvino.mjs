import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, findNode, openvinoVersion, root } from '../lib/places.mjs';
import { run } from '../lib/run.mjs';
import { say } from './index.mjs';

const target = () => join(cacheFolder(), 'openvino', openvinoVersion);

/** The runtime from the first source that answers: its own addon for Node, else the wheel of its Python package. */
export async function installOpenVino(memory) {
  const addon = join(root, 'node_modules', 'openvino-node', 'bin', 'ov_node_addon.node');
  if (existsSync(addon) || existsSync(join(target(), 'openvino', 'libs'))) return;
  if (!memory.failedLately('openvino-node')) {
    say(`looking for OpenVINO ${openvinoVersion}`);
    const script = join(root, 'node_modules', 'openvino-node', 'scripts', 'download-runtime.js');
    const { code } = await run(findNode(), [script, '--ignore-if-exists'], {
      cwd: join(root, 'node_modules', 'openvino-node'),
      quiet: true,
      timeout: 300_000,
    });
    if (code === 0 && existsSync(addon)) return;
    await memory.failed('openvino-node');
  }
  if (await installWheel()) return;
  say('OpenVINO could not be downloaded; Refinery starts without it and says what to do');
}

/** A wheel is an archive; its libraries need no Python. */
async function installWheel() {
  say('downloading the OpenVINO runtime (about 60 MB)');
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'setup-'));
  try {
    for (const python of ['python3', 'python']) {
      const wheel = [
        '-m',
        'pip',
        'download',
        `openvino==${openvinoVersion}`,
        '--no-deps',
        '--only-binary=:all:',
      ];
      const downloaded = await run(python, [...wheel, '-d', folder], { quiet: true, timeout: 900_000 });
      if (downloaded.code !== 0) continue;
      const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
      const unpacked = join(folder, 'unpacked');
      const extracted = await run(python, ['-m', 'zipfile', '-e', join(folder, file), unpacked], {
        quiet: true,
      });
      if (extracted.code !== 0) continue;
      await mkdir(join(target(), '..'), { recursive: true });
      await rm(target(), { recursive: true, force: true });
      await rename(unpacked, target());
      return true;
    }
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
