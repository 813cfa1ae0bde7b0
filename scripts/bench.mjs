import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from './lib/command-line.mjs';
import { cacheFolder, findChromium, findNode, root } from './lib/places.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './setup/index.mjs';

/** `npm run bench -- <name>`: measures one claim, ours and the peer's in one run. */
const folder = join(root, 'bench');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''));
const [name, ...rest] = process.argv.slice(2);

if (!name || !names.includes(name)) {
  console.error(`Choose one: npm run bench -- ${names.join(' | ')}`);
  process.exit(2);
}
await setUp();
const program = join(folder, `${name}.bench.ts`);
const { code } = await run(findNode(), ['--disable-warning=ExperimentalWarning', program, ...rest], {
  cwd: root,
  env: {
    ...process.env,
    REFINERY_BENCH_COMMAND: commandLine(),
    REFINERY_BENCH_PYTHON: await python(),
    REFINERY_CHROMIUM: findChromium() ?? '',
  },
});
process.exitCode = code;

/** A Python with the peers, in an environment of its own; '' where it can't be had. */
async function python() {
  const requirements = join(folder, 'requirements.txt');
  const environment = join(cacheFolder(), 'bench-python');
  const bin = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (!existsSync(bin)) {
    console.error('bench: installing the peers (Python packages, about 150 MB)');
    const made = await run('python3', ['-m', 'venv', environment], { quiet: true });
    if (made.code !== 0) return '';
  }
  const installed = await run(bin, ['-m', 'pip', 'install', '-q', '-r', requirements], { quiet: true });
  if (installed.code !== 0) console.error('bench: the peers could not be installed; only ours is measured');
  return installed.code === 0 ? bin : '';
}
