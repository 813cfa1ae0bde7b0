import { join } from 'node:path';
import { findNode, root } from './lib/places.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './setup/index.mjs';

/** `npm run check`: types, lint, layers, dead code. Goes through all of them and fails if any failed. */
const bin = (name, ...path) => join(root, 'node_modules', name, ...path);
const checks = [
  ['types of the engine', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.node.json']],
  ['types of the page', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.renderer.json']],
  ['lint and format', [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings']],
  ['layers', [bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), 'src-main', 'src-renderer']],
  ['dead code', [bin('knip', 'bin', 'knip.js')]],
];

await setUp();
const failed = [];
for (const [name, args] of checks) {
  console.log(`— ${name}`);
  const { code } = await run(findNode(), args, { cwd: root });
  if (code !== 0) failed.push(name);
}
console.log(failed.length > 0 ? `failed: ${failed.join(', ')}` : 'all good');
process.exitCode = failed.length > 0 ? 1 : 0;
