import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

/** Builds the page, the main process, the preload and the engine into dist/, if anything changed since. */
export async function build() {
  const mark = join(root, 'dist', '.built-from');
  const state = await fingerprint();
  if ((await readFile(mark, 'utf8').catch(() => '')) === state) return;
  console.error('building the interface');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  for (const target of targets) {
    const config = target === 'renderer' ? 'vite.renderer.config.ts' : 'vite.desktop.config.ts';
    const { code, output } = await run(
      findNode(),
      [
        vite,
        'build',
        '--config',
        config,
        '--mode',
        target === 'renderer' ? 'production' : target,
        '--logLevel',
        'warn',
      ],
      { cwd: root, quiet: true },
    );
    if (code !== 0) throw new Error(`${target} could not be built.\n${output}`);
  }
  await writeFile(mark, state);
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
