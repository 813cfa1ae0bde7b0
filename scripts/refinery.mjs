#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { commandLine } from './lib/command-line.mjs';
import { findNode, root } from './lib/places.mjs';

/** The command line, under the Node that the engine needs. */
const node = findNode();
if (!node) {
  console.error('Refinery needs Node 24 or later. Run: npm run setup');
  process.exit(1);
}
const child = spawn(
  node,
  // The second as the engine is started with, see src-main/engine/host/supervisor.ts.
  [
    '--disable-warning=ExperimentalWarning',
    '--min-semi-space-size=4',
    commandLine(),
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    // What was compiled once starts in half the time.
    env: {
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
      // One arena of glibc for each thread only holds memory that is no longer used.
      MALLOC_ARENA_MAX: '2',
      // And what is large goes back to the system at once, and leaves no gaps behind (mallopt(3)).
      MALLOC_MMAP_THRESHOLD_: '131072',
      ...process.env,
    },
  },
);
// The child hears of Ctrl+C itself and ends in its own time; this only waits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
child.once('exit', (code, signal) => {
  // As shells tell what a signal has ended, here before the child could hear of it.
  process.exitCode = code ?? 128 + constants.signals[signal];
});
