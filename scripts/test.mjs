import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { findChromium, findElectron, findNode, root, testElectronFolder } from './lib/places.mjs';
import { run } from './lib/run.mjs';
import { setUp } from './setup/index.mjs';

/**
 * `npm test`: everything that this machine can run: unit and conformance tests, then the real window and the browser.
 * `npm test -- --project engine` and the like go to vitest. The last line counts.
 */
const report = join(tmpdir(), `refinery-test-${process.pid}.json`);

await setUp({ tests: true });
await build();

const screen = process.env.DISPLAY ? undefined : await virtualScreen();
const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];
const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
const environment = {
  ...process.env,
  NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
  REFINERY_NODE: findNode(),
  REFINERY_ELECTRON: findElectron() ?? join(testElectronFolder(), 'fiftyone'),
  REFINERY_CHROMIUM: findChromium() ?? '',
  ...(screen ? { DISPLAY: screen.display } : {}),
};
const { code } = await run(findNode(), [...vitest, ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  env: environment,
});
screen?.close();

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  await readFile(report, 'utf8'),
);
await rm(report, { force: true });
const skipped = testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(({ status }) => status === 'skipped' || status === 'pending'),
);
const reasons = new Set(skipped.map(({ ancestorTitles, title }) => [...ancestorTitles, title].join(' › ')));
if (reasons.size > 0) console.log('\nSkipped here:');
for (const reason of reasons) console.log(`  ${reason}`);
const again = testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0),
);
if (again.length > 0) console.log('\nPassed at the second try:');
for (const { fullName, failureMessages } of again)
  console.log(`  ${fullName}: ${failureMessages[0].split('\n')[0]}`);
// A file that could not even be loaded has no tests to count; it failed all the same.
const unloaded = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
const failed = numFailedTests + unloaded.length;
console.log(`\n${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
process.exitCode = code !== 0 || failed > 0 || numPassedTests === 0 ? 1 : 0;

/** A screen in memory, where Linux has Xvfb. */
async function virtualScreen() {
  const { spawn } = await import('node:child_process');
  const number = 90 + (process.pid % 100);
  const child = spawn('Xvfb', [`:${number}`, '-screen', '0', '2560x1440x24', '-nolisten', 'tcp'], {
    stdio: 'ignore',
  });
  const started = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    setTimeout(() => resolve(child.exitCode === null), 1_000);
  });
  return started ? { display: `:${number}`, close: () => child.kill() } : undefined;
}
