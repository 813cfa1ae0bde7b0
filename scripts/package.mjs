import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from './build.mjs';
import { cacheFolder, findNode, openvinoVersion, root } from './lib/places.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './setup/index.mjs';

/**
 * `npm run package -- [electron-builder's arguments]`: gathers the engine, its Node, OpenVINO, the networks and the
 * samples into release/stage, and hands it to electron-builder. For the system that it runs on.
 */
const stage = join(root, 'release', 'stage');
const modules = join(root, 'node_modules');

/** Packages that stay packages beside the engine: they have native parts. */
const native = ['sharp', 'koffi'];

await setUp();
await build();
await rm(stage, { recursive: true, force: true });
await mkdir(join(stage, 'engine', 'node_modules'), { recursive: true });
await mkdir(join(stage, 'node'), { recursive: true });
await mkdir(join(stage, 'assets'), { recursive: true });

await cp(join(root, 'dist', 'engine', 'entry.mjs'), join(stage, 'engine', 'entry.mjs'));
for (const name of await closure(native)) {
  await cp(join(modules, name), join(stage, 'engine', 'node_modules', name), { recursive: true });
}
const nodeName = process.platform === 'win32' ? 'node.exe' : 'node';
await cp(findNode(), join(stage, 'node', nodeName), { dereference: true });
for (const name of ['icons', 'samples']) {
  await cp(join(root, 'assets', name), join(stage, 'assets', name), { recursive: true });
}
await cp(join(root, 'models'), join(stage, 'models'), {
  recursive: true,
  filter: (path) => !path.includes('recipe'),
});
await stageOpenVino();
const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
await writeFile(join(stage, 'package.json'), JSON.stringify({ name, version, type: 'module' }));
await cp(join(root, 'LICENSE'), join(stage, 'LICENSE'));

const builder = join(modules, 'electron-builder', 'cli.js');
const args = ['--config', 'electron-builder.yml', '--publish', 'never', ...process.argv.slice(2)];
process.exitCode = (await run(findNode(), [builder, ...args], { cwd: root })).code;

/** These packages, what they depend on, and those of the optional ones that this system has. */
async function closure(names) {
  const found = new Set();
  const visit = async (name) => {
    if (found.has(name) || !existsSync(join(modules, name))) return;
    found.add(name);
    const { dependencies, optionalDependencies } = createRequire(import.meta.url)(
      join(modules, name, 'package.json'),
    );
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) await visit(next);
  };
  for (const name of names) await visit(name);
  return found;
}

/** The libraries that pictures need; frontends of other frameworks stay out. */
async function stageOpenVino() {
  const libraries = join(cacheFolder(), 'openvino', openvinoVersion, 'openvino', 'libs');
  if (!existsSync(libraries)) {
    console.error('OpenVINO is not here: the package will look for one on the machine that it runs on.');
    return;
  }
  const unneeded = /(gguf|jax|paddle|pytorch|tensorflow(_lite)?)_frontend|\.pc$/;
  const target = join(stage, 'openvino', 'libs');
  await mkdir(target, { recursive: true });
  for (const file of await readdir(libraries)) {
    if (!unneeded.test(file)) await cp(join(libraries, file), join(target, file), { dereference: true });
  }
}
