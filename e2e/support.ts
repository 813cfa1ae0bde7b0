import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { _electron, type Browser, chromium, type ElectronApplication, type Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, onTestFinished } from 'vitest';
import { hasOpenVino, sample } from '../src-main/engine/host/fixtures/engine.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

export { isAlive } from '../src-main/engine/host/fixtures/process.ts';
export { sample };
export const electronPath = process.env['REFINERY_ELECTRON'] ?? '';
const chromiumPath = process.env['REFINERY_CHROMIUM'] ?? '';
export const node = process.env['REFINERY_NODE'] ?? process.execPath;

/** Why the window can't be tested on this machine; '' where it can. */
export const noWindow = !hasOpenVino
  ? 'OpenVINO is not here'
  : !existsSync(electronPath)
    ? 'there is no Electron here (run through npm test)'
    : process.platform === 'linux' && !process.env['DISPLAY']
      ? 'there is no screen and no Xvfb here'
      : '';

/** Why the browser can't be tested on this machine; '' where it can. */
export const noBrowser = !hasOpenVino
  ? 'OpenVINO is not here'
  : existsSync(chromiumPath)
    ? ''
    : 'there is no Chromium here (run through npm test)';

/** A folder that goes away with the test that took it. */
export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'refinery-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Writes pictures cut from the sample, each of its own. */
export async function makePictures(
  folder: string,
  number: number,
  size: { width: number; height: number } = { width: 120, height: 90 },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const whole = await sharp(sample).metadata();
  return Promise.all(
    Array.from({ length: number }, async (_, index) => {
      const path = join(folder, `picture-${String(index + 1).padStart(2, '0')}.png`);
      const left = (index * 13) % Math.max(1, whole.width - size.width);
      const top = (index * 7) % Math.max(1, whole.height - size.height);
      const width = Math.min(size.width, whole.width);
      const height = Math.min(size.height, whole.height);
      await sharp(sample).extract({ left, top, width, height }).png().toFile(path);
      return path;
    }),
  );
}

/** A JPEG that ends in its middle. */
export async function makeTruncated(path: string): Promise<string> {
  const whole = readFileSync(sample);
  await writeFile(path, whole.subarray(0, Math.floor(whole.length / 3)));
  return path;
}

/** Results in a folder, and whatever else lies there that was not put there. */
export function results(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.includes('_x'))
    .sort();
}

export function leftovers(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.') || name.endsWith('.tmp'));
}

export interface Desktop {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** Process id of the engine that runs now. */
  enginePid(): number;
  quit(): Promise<void>;
}

/** Starts the real window, with its own data folder, on files if any are given. */
export async function openDesktop(dataFolder: string, files: readonly string[] = []): Promise<Desktop> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath: electronPath,
    args: [...sandbox, ...files],
    env: windowEnvironment(dataFolder),
  });
  const page = await app.firstWindow();
  await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
  return {
    app,
    page,
    enginePid: () => engineChild(app.process().pid ?? 0),
    quit: () => app.close(),
  };
}

/** Starts the program once more on files, as the system's "Open with" does: it hands them to the first one and ends. */
export async function startAgain(dataFolder: string, files: readonly string[]): Promise<void> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const second = spawn(electronPath, [...sandbox, ...files], {
    env: windowEnvironment(dataFolder),
    stdio: 'ignore',
  });
  await new Promise((resolve) => second.once('exit', resolve));
}

const windowEnvironment = (dataFolder: string): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  REFINERY_MAIN: join(root, 'dist', 'desktop', 'main.cjs'),
  REFINERY_NODE: node,
  REFINERY_DATA_DIR: dataFolder,
});

/** The engine among the descendants of a process. Linux only, as are the windows that are tested here. */
export function engineChild(parent: number): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (status.includes(`PPid:\t${parent}\n`) && command.includes('entry.')) return Number(name);
    } catch {
      // It ended while it was looked at.
    }
  }
  return 0;
}

/**
 * Drops files on the window the way a file manager does: as one drop event that carries them.
 *
 * @param across part of the window's width at which they are dropped.
 */
export async function dropFiles(page: Page, files: readonly string[], across = 0): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.id = 'test-drop';
    input.hidden = true;
    document.body.append(input);
  });
  await page.locator('#test-drop').setInputFiles([...files]);
  await page.evaluate((across) => {
    const input = document.querySelector<HTMLInputElement>('#test-drop');
    const dataTransfer = new DataTransfer();
    for (const file of input?.files ?? []) dataTransfer.items.add(file);
    const target = document.querySelector('.frame');
    for (const type of ['dragenter', 'dragover', 'drop']) {
      const clientX = across * window.innerWidth;
      const how = { bubbles: true, cancelable: true, dataTransfer, clientX };
      target?.dispatchEvent(new DragEvent(type, how));
    }
    input?.remove();
  }, across);
}

/** Pastes the sample as a picture of this name. */
export async function pasteSample(page: Page, name: string): Promise<void> {
  await page.evaluate(
    ([content, name]) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([new Uint8Array(content)], name, { type: 'image/jpeg' }));
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    },
    [[...readFileSync(sample)], name] as const,
  );
}

/** Chooses a file where a button asks for one. */
export async function chooseFile(page: Page, button: string, path: string): Promise<void> {
  const asked = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: button, exact: true }).click();
  await (await asked).setFiles(path);
}

/** Adds a change to the dataset whose changes are shown, found by its name. */
export async function addChange(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'All changes' }).click();
  const changes = page.getByRole('dialog', { name: 'Add a change' });
  await changes.getByRole('combobox').fill(name);
  await page.keyboard.press('Enter');
  await changes.waitFor({ state: 'hidden' });
}

/** Takes one of a group of radio buttons, once it has come to rest. */
export async function choose(page: Page, name: string): Promise<void> {
  const radio = page.getByRole('radio', { name, exact: true });
  await page.locator('label', { has: radio }).click();
  await expect.poll(() => radio.isChecked()).toBe(true);
}

/** Web mode: names a file or folder on the server where it is asked for, and waits until that was taken. */
export async function nameOnServer(page: Page, path: string): Promise<void> {
  await page.getByRole('textbox', { name: 'File or folder' }).fill(path);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  // What is behind takes no keys until it is gone.
  await page.getByRole('dialog', { name: 'Add from the server' }).waitFor({ state: 'hidden' });
}

/** Waits until nothing is in work any more. */
export async function waitUntilIdle(page: Page, timeout = 120_000): Promise<void> {
  await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor({ state: 'hidden', timeout });
}

/** No rule of WCAG 2.1 A and AA that axe knows is broken. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    // Electron's windows can't be opened by the page, which axe would do to look into frames; there are none.
    .setLegacyMode()
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect(found, `accessibility of ${where}`).toEqual([]);
}

export interface WebMode {
  readonly address: string;
  readonly browser: Browser;
  readonly server: ChildProcess;
  close(): Promise<void>;
}

/** Starts `refinery serve` and a browser, which end with the test that asks for them at the latest. */
export async function openWeb(dataFolder: string, allowed: readonly string[] = []): Promise<WebMode> {
  const allow = allowed.length > 0 ? ['--allow', ...allowed] : [];
  const server = spawn(node, [join(root, 'src-main', 'cli', 'main.ts'), 'serve', '--json', ...allow], {
    env: { ...process.env, NODE_OPTIONS: '', REFINERY_DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const address = await new Promise<string>((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const end = printed.indexOf('\n');
      if (end >= 0) resolve((JSON.parse(printed.slice(0, end)) as { address: string }).address);
    });
    let complaints = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    server.once('exit', () => reject(new Error(`The server ended: ${complaints}`)));
  });
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  async function close(): Promise<void> {
    await browser.close();
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  onTestFinished(close);
  return { address, browser, server, close };
}
