import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundle, bundleMark, commandLine, sourceState } from './command-line.mjs';

const checkout = mkdtempSync(join(tmpdir(), 'refinery-command-'));
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

test('the command line is the bundle as long as no source is another one', () => {
  const [source, built] = [join(checkout, 'src-main', 'cli', 'main.ts'), join(checkout, bundle, 'main.mjs')];
  mkdirSync(join(checkout, 'src-main', 'cli'), { recursive: true });
  mkdirSync(join(checkout, bundle), { recursive: true });
  for (const name of [source, join(checkout, 'package-lock.json'), join(checkout, 'vite.desktop.config.ts')])
    writeFileSync(name, '//');
  expect(commandLine(checkout)).toBe(source);
  writeFileSync(join(checkout, bundle, bundleMark), sourceState(checkout));
  expect(commandLine(checkout)).toBe(built);
  // A test is no part of it.
  writeFileSync(join(checkout, 'src-main', 'cli', 'main.test.ts'), '//');
  expect(commandLine(checkout)).toBe(built);
  const added = join(checkout, 'src-main', 'other.ts');
  writeFileSync(added, '//');
  expect(commandLine(checkout)).toBe(source);
  rmSync(added);
  expect(commandLine(checkout)).toBe(built);
  writeFileSync(source, '// changed');
  expect(commandLine(checkout)).toBe(source);
});
