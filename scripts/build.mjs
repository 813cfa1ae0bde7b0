import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle, bundleMark, isCurrent, sourceState } from './lib/command-line.mjs';
import { findNode, root } from './lib/places.mjs';
import { run } from './lib/run.mjs';

const sources = [
  'src-main',
  'src-renderer',
  'package-lock.json',
  'vite.renderer.config.ts',
  'vite.desktop.config.ts',
];
const targets = ['renderer', 'desktop', 'preload', 'engine'];

/** Builds the command line, the page, the main process, the preload and the engine into dist/, if anything changed since. */
export async function build() {
  await buildCommandLine();
  const mark = join(root, 'dist', '.built-from');
  const state = await fingerprint();
  if ((await readFile(mark, 'utf8').catch(() => '')) === state) return;
  console.error('building the interface');
  for (const target of targets) await buildTarget(target);
  await writeFile(mark, state);
}

/** Builds the command line alone, if anything changed since. It is made beside its place, as commands may be running. */
export async function buildCommandLine() {
  if (isCurrent()) return;
  console.error('building the command line');
  const state = sourceState();
  const place = join(root, bundle);
  const made = `${place}-${process.pid}`;
  try {
    await buildTarget('cli', made);
    await writeFile(join(made, bundleMark), state);
    await rm(place, { recursive: true, force: true });
    await rename(made, place);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function buildTarget(target, folder) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const isPage = target === 'renderer';
  const config = isPage ? 'vite.renderer.config.ts' : 'vite.desktop.config.ts';
  const args = [vite, 'build', '--config', config, '--mode', isPage ? 'production' : target];
  args.push('--logLevel', 'warn', ...(folder ? ['--outDir', folder] : []));
  const { code, output } = await run(findNode(), args, { cwd: root, quiet: true });
  if (code !== 0) throw new Error(`${target} could not be built.\n${output}`);
}

/** Changes when a source does. */
async function fingerprint() {
  const hash = createHash('sha256');
  const visit = async (path) => {
    const status = await stat(path).catch(() => undefined);
    if (!status) return;
    if (status.isDirectory()) {
      for (const name of (await readdir(path)).sort()) await visit(join(path, name));
    } else hash.update(`${path}\0${status.size}\0${status.mtimeMs}\n`);
  };
  for (const source of sources) await visit(join(root, source));
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
