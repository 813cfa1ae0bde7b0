import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { publish, root, row } from './lib.ts';
import { makeRun } from './monitor_runs.ts';

/**
 * A large run and many runs in the real window (web mode in Chromium): time from the wish to the first paint and to all of
 * it, frames while the cursor moves and the charts are panned, memory of the engine. Usage: monitor-window [tags] [steps]
 * [runs]
 */
const [tags = 12_345, steps = 1000, runs = 20] = process.argv.slice(2).map(Number);

interface Window {
  readonly page: Page;
  /** Resident memory of the engine in MB, now and at the most. */
  memory(): { now: number; most: number };
  close(): Promise<void>;
}

async function openWindow(folder: string): Promise<Window> {
  const executablePath = process.env['REFINERY_CHROMIUM'];
  if (!executablePath) throw new Error('There is no Chromium here.');
  const server = spawn(
    process.execPath,
    [join(root, 'src-main', 'cli', 'main.ts'), 'serve', '--json', '--allow', folder],
    {
      env: { ...process.env, NODE_OPTIONS: '', REFINERY_DATA_DIR: join(folder, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const address = await new Promise<string>((resolve, reject) => {
    let printed = '';
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('\n'))
        resolve((JSON.parse(printed.split('\n')[0]!) as { address: string }).address);
    });
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
  await page.getByRole('button', { name: 'Compression', exact: true }).click();
  await page.waitForTimeout(500);
  const engine = childOf(server.pid ?? 0);
  return {
    page,
    memory: () => ({ now: field(engine, 'VmRSS') / 1000, most: field(engine, 'VmHWM') / 1000 }),
    async close() {
      await browser.close();
      server.kill('SIGTERM');
      await new Promise((resolve) => server.once('exit', resolve));
    },
  };
}

const statusOf = (pid: number | string): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
};
const field = (pid: number, name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(statusOf(pid))?.[1] ?? 0);
const childOf = (parent: number): number =>
  Number(
    readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && statusOf(pid).includes(`PPid:\t${parent}\n`)),
  );

async function add(page: Page, path: string): Promise<void> {
  await page.getByRole('textbox', { name: 'File or folder' }).fill(path);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}

/** Milliseconds of each frame while something is done. */
async function frames(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const list: number[] = [];
    Object.assign(window, { frameTimes: list });
    let last = performance.now();
    const next = (now: number): void => {
      list.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await work();
  return page.evaluate(() => [...(window as unknown as { frameTimes: number[] }).frameTimes]);
}

function figures(list: readonly number[]): { perSecond: number; late: number; longest: number } {
  const total = list.reduce((sum, one) => sum + one, 0);
  return {
    perSecond: (1000 * list.length) / total,
    // Of 60 a second a frame has 16.7 ms; one that takes more than one and a half was missed.
    late: list.filter((one) => one > 25).length / list.length,
    longest: Math.max(...list),
  };
}

async function oneLargeRun(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'large');
  mkdirSync(path);
  const bytes = await makeRun(path, tags, steps);
  console.log(`One run of ${tags} tags and ${steps} steps, ${(bytes / 1e6).toFixed(0)} MB`);
  const window = await openWindow(folder);
  const { page } = window;
  try {
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    const started = performance.now();
    await add(page, path);
    await page.getByRole('heading', { name: 'large' }).waitFor();
    const first = performance.now() - started;
    await page.getByText(/^Reading its files/).waitFor({ state: 'hidden', timeout: 300_000 });
    const all = performance.now() - started;
    const clicked = performance.now();
    await page.getByRole('button', { name: 'All metrics' }).click();
    await page.locator('.chart-box canvas').first().waitFor({ timeout: 120_000 });
    const curves = performance.now() - clicked;
    await page.waitForTimeout(1000);
    const box = await page.locator('.chart-box').first().boundingBox();
    if (!box) throw new Error('There is no chart.');
    const cursor = figures(
      await frames(page, async () => {
        for (let at = 0; at < 200; at++) await page.mouse.move(box.x + 70 + at, box.y + 60);
      }),
    );
    await page.locator('.chart-box').first().focus();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    const zoomed = figures(
      await frames(page, async () => {
        for (let at = 0; at < 20; at++) {
          await page.keyboard.press('-');
          await page.keyboard.press('+');
        }
      }),
    );
    const memory = window.memory();
    row('  first paint, s', (first / 1000).toFixed(2));
    row('  all of it, s', (all / 1000).toFixed(1));
    row('  first charts of all metrics, s', (curves / 1000).toFixed(2));
    row(
      '  frames a second, cursor over 24 charts',
      cursor.perSecond.toFixed(0),
      `${(cursor.late * 100).toFixed(0)} % late`,
    );
    row(
      '  frames a second, zooming 24 charts',
      zoomed.perSecond.toFixed(0),
      `${(zoomed.late * 100).toFixed(0)} % late`,
    );
    row('  engine, MB now and at most', memory.now.toFixed(0), memory.most.toFixed(0));
    return { tags, steps, bytes, first, all, curves, cursor, zoomed, memory };
  } finally {
    await window.close();
    await rm(path, { recursive: true, force: true });
  }
}

async function manyRuns(folder: string): Promise<Record<string, unknown>> {
  const paths = Array.from({ length: runs }, (_, index) => join(folder, `run ${index + 1}`));
  for (const path of paths) mkdirSync(path);
  await makeRun(paths[0]!, 1000, 1000);
  const [name] = readdirSync(paths[0]!);
  for (const path of paths.slice(1)) copyFileSync(join(paths[0]!, name!), join(path, name!));
  console.log(`${runs} runs of a million points each, compared`);
  const window = await openWindow(folder);
  const { page } = window;
  try {
    await page.locator('label', { has: page.getByRole('radio', { name: 'Compare', exact: true }) }).click();
    const before = window.memory();
    const started = performance.now();
    for (const [index, path] of paths.entries()) {
      await page.getByRole('button', { name: index === 0 ? 'Choose a folder' : 'Add a training' }).click();
      await add(page, path);
      const title = index === 0 ? 'One training' : `${index + 1} trainings`;
      await page.getByRole('heading', { name: title, exact: true }).waitFor({ timeout: 120_000 });
      await page
        .getByText(`run ${index + 1}`, { exact: true })
        .first()
        .waitFor({ timeout: 120_000 });
    }
    await page.locator('.chart-box canvas').first().waitFor({ timeout: 120_000 });
    const seconds = (performance.now() - started) / 1000;
    await page.waitForTimeout(3000);
    const memory = window.memory();
    row('  all of them, s', seconds.toFixed(1));
    row('  engine before, MB', before.now.toFixed(0));
    row('  engine, MB now and at most', memory.now.toFixed(0), memory.most.toFixed(0));
    return { runs, seconds, before, memory };
  } finally {
    await window.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'refinery-window-'));
try {
  const large = tags > 0 ? await oneLargeRun(folder) : undefined;
  const many = runs > 0 ? await manyRuns(folder) : undefined;
  await publish('monitor-window', { large, many });
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
